"""The facades beside the frameworks: the same source, run on both."""

import importlib
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from statelint.tape import facade

jax.config.update("jax_enable_x64", True)
R = np.random.default_rng(2)

TORCH = {
    "views and writes": """
        a = x * 2
        v = a[1:]
        v.mul_(x[:-1])
        a[0] += 1.0
        a.t()[1].add_(x[:, 0])
        return (a * x).sum()
    """,
    "reductions": "return x.mean() * x.var() + x.max(1)[0].sum() + x.std(dim=0).sum() + x.norm() + x.softmax(1)[0, 1]",
    "shapes": "return (x.view(-1)[2:5].unsqueeze(0).expand(2, 3) * x[:2].flip(0).permute(0, 1)).sum()",
    "in place forms clone what they need": "y = x.sin(); y.mul_(2).sin_(); return y.sum()",
    "gather": "return (x.gather(1, torch.tensor([[0, 2], [1, 1], [2, 0]])) ** 2).sum()",
    "sort": "return x.sort(1).values[:, 0].prod() + x.cumsum(0)[2].prod()",
    "gelu": "return F.gelu(x)[0, 1] + F.gelu(x, approximate='tanh').sum() + nn.GELU()(x).prod() + torch.erf(x)[1, 1]",
    "scatter": "return (x.scatter(1, torch.tensor([[0], [2], [1]]), 2 * x[:, :1]) ** 2).sum()",
    "masks keep their dtype": "return x.masked_fill(torch.ones(3, 3, dtype=torch.bool).triu(1), 0.0).pow(2).sum()",
    "losses": "return F.cross_entropy(x, torch.tensor([0, 2, 1])) + F.smooth_l1_loss(x, x.detach() + 1.5)",
    "normalize": "return F.normalize(x)[0, 1] + F.softplus(x).sum() + F.layer_norm(x, (3,))[0, 0]",
    "linear algebra": "return torch.linalg.inv(x @ x.t() + torch.eye(3)).sum() + torch.logsumexp(x, 0).sum()",
    "convolution": "return F.conv2d(x[None, None], x[None, None, :2, :2], padding=1, stride=2).pow(2).sum()",
    "double backward": """
        y = (x**3).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        return (g * x.detach()).sum()
    """,
    "custom function": """
        class Cube(torch.autograd.Function):
            @staticmethod
            def forward(ctx, v):
                ctx.save_for_backward(v)
                return v**3

            @staticmethod
            def backward(ctx, g):
                (v,) = ctx.saved_tensors
                return 3 * g * v**2

        return Cube.apply(torch.sin(x)).sum()
    """,
    "no_grad and detach": """
        with torch.no_grad():
            c = x.sum()
        return (x * c).sum() + (x.detach() * x).sum()
    """,
    "module and optimizer": """
        torch.set_grad_enabled(True)
        net = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
        with torch.no_grad():
            for k, p in enumerate(net.parameters()):
                p.copy_(torch.linspace(-1, 1, p.numel(), dtype=torch.float64).reshape(p.shape) * (k + 1))
        opt = torch.optim.Adam(net.parameters(), lr=0.1)
        for _ in range(3):
            opt.zero_grad()
            net(x.detach()).pow(2).mean().backward()
            opt.step()
        return net(x).sum()
    """,
    "batch norm": """
        bn = nn.BatchNorm1d(3)
        y = (bn(x) ** 3).sum()
        bn.eval()
        return y + bn(x).sum()
    """,
    "recurrence": """
        cell = nn.LSTMCell(3, 2)
        with torch.no_grad():
            for p in cell.parameters():
                p.copy_(torch.linspace(-1, 1, p.numel(), dtype=torch.float64).reshape(p.shape))
        h = None
        for _ in range(3):
            h = cell(x, h)
        return h[0].sum()
    """,
}

TORCH_ERRORS = {
    "saved value overwritten": (
        "a = x * 1; y = a * a; a[0] = 1.0; y.sum().backward()",
        "modified by an inplace operation",
    ),
    "result overwritten": ("y = torch.sigmoid(x); y[0] = 1.0; y.sum().backward()", "modified by an inplace operation"),
    "leaf": ("x.add_(1.0)", "a leaf Variable that requires grad"),
    "twice": ("y = (x * x).sum(); y.backward(); y.backward()", "second time"),
    "no graph": ("x.detach().sum().backward()", "does not require grad"),
    "not scalar": ("(x * x).backward()", "only for scalar outputs"),
}


def compiled(body, names):
    source = "def f(x):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    scope = dict(names)
    exec(source, scope)
    return scope["f"]


def torch_names(module):
    return {"torch": module, "nn": module.nn, "F": module.nn.functional}


@pytest.fixture
def facade_torch():
    module = importlib.import_module("statelint.tape.facade.torch")
    module.set_default_dtype(module.float64)
    yield module
    module.set_default_dtype(module.float32)


@pytest.fixture
def _double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize("name", TORCH)
def test_torch_programs(name, facade_torch):
    point = R.standard_normal((3, 3))
    x = facade_torch.tensor(point, requires_grad=True)
    t = torch.tensor(point, requires_grad=True)
    ours, theirs = compiled(TORCH[name], torch_names(facade_torch))(x), compiled(TORCH[name], torch_names(torch))(t)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-10)
    ours.backward()
    theirs.backward()
    np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", TORCH_ERRORS)
def test_torch_refusals(name, facade_torch):
    body, message = TORCH_ERRORS[name]
    point = R.standard_normal((3, 3))
    for module in (facade_torch, torch):
        x = module.tensor(point, requires_grad=True)
        with pytest.raises(RuntimeError, match=message):
            compiled(body, torch_names(module))(x)


def test_accumulation_and_growth(facade_torch):
    x = facade_torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    (x * x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [4.0, 8.0])
    total, sizes = 0.0, []
    for _ in range(3):
        total = total + (x * x).sum()
        count, stack = 0, [total.grad_fn]
        while stack:
            count += 1
            stack += [n for n, _ in stack.pop().next_functions]
        sizes.append(count)
    assert sizes[0] < sizes[1] < sizes[2]


def test_state_dict_and_training_mode(facade_torch):
    nn = facade_torch.nn
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    assert list(net.state_dict()) == [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
    ]  # fmt: skip
    before = {k: v.clone() for k, v in net.state_dict().items()}
    net(facade_torch.randn(5, 2))
    assert not facade_torch.equal(net[1].running_mean, before["1.running_mean"])
    net.load_state_dict(before)
    assert facade_torch.equal(net[1].running_mean, before["1.running_mean"])
    assert not net.eval()[0].training


JAX = {
    "at": "return jnp.sum(x.at[0].set(2 * x[1]).at[1, 1].add(x[0, 0]).at[:, 2].multiply(x[:, 0]) ** 2)",
    "scan": """
        def body(c, u):
            c = jnp.tanh(c * u + x[0])
            return c, c.sum()

        c, ys = jax.lax.scan(body, x[0], x)
        return c.sum() + (ys**2).sum()
    """,
    "control": """
        y = jax.lax.fori_loop(0, 3, lambda i, v: v * 1.1 + i, x)
        y = jax.lax.cond(y[0, 0] > 100, lambda v: v, lambda v: v * v, y)
        return jnp.sum(jax.lax.stop_gradient(y) * y)
    """,
    "vmap": "return jnp.sum(jax.vmap(lambda r, s: jnp.dot(r, s) ** 2, in_axes=(0, None))(x, x[0]))",
    "nested grad": "return jnp.sum(jax.grad(lambda v: jnp.sum(jnp.sin(v) * x**2))(x) ** 2)",
    "jvp": "return jax.jvp(lambda v: jnp.sum(v**3), (x,), (jnp.cos(x),))[1]",
    "trees": "p = jax.tree.map(lambda v: v * 2, {'a': x, 'b': [x[0]]}); return jnp.sum(p['a']) * jnp.sum(p['b'][0])",
    "custom": """
        @jax.custom_vjp
        def f(v):
            return jnp.sin(v)

        f.defvjp(lambda v: (f(v), jnp.cos(v)), lambda c, g: (2.0 * g * c,))
        return jnp.sum(f(x))
    """,
    "nn": "return jnp.sum(jax.nn.softmax(jax.nn.relu(x), axis=1) * jax.nn.sigmoid(x))",
    "jit": "return jax.jit(lambda v, k: jnp.linalg.norm(v) * k, static_argnums=1)(x, 3)",
    "checkpoint": "return jnp.sum(jax.checkpoint(lambda v: jnp.sin(jnp.cos(v)))(x))",
}


@pytest.mark.parametrize("name", JAX)
def test_jax_programs(name):
    point = R.standard_normal((3, 3))
    theirs = jax.value_and_grad(compiled(JAX[name], {"jax": jax, "jnp": jnp}))(jnp.asarray(point))
    with facade.installed("jax") as module:
        f = compiled(JAX[name], {"jax": module, "jnp": module.numpy})
        ours = module.value_and_grad(f)(module.numpy.asarray(point))
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-10)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-9, atol=1e-11)


def test_jax_arrays_are_immutable_and_keys_explicit():
    with facade.installed("jax") as module:
        x = module.numpy.zeros(3)
        with pytest.raises(TypeError, match="immutable"):
            x[0] = 1.0
        a, b = module.random.split(module.random.key(0))
        draws = [np.asarray(module.random.normal(k, (4,))) for k in (a, a, b)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.allclose(draws[0], draws[2])


def test_what_is_outside_is_named(facade_torch):
    for call, name in (
        (lambda: facade_torch.stft, "torch.stft"),
        (lambda: facade_torch.nn.Transformer, "torch.nn.Transformer"),
        (lambda: facade_torch.optim.LBFGS, "torch.optim.LBFGS"),
    ):
        with pytest.raises(NotImplementedError, match=name):
            call()
    with facade.installed("jax") as module, pytest.raises(NotImplementedError, match=r"jax\.pmap"):
        _ = module.pmap


def test_installing_leaves_no_trace(tmp_path):
    before = sys.modules["torch"]
    lines = ["import torch", "import torch.nn.functional as F", "from torch import nn", "x = F.relu(torch.ones(2))"]
    (tmp_path / "program.py").write_text("\n".join(lines))
    module = facade.load(tmp_path / "program.py", "torch")
    assert module.x.tolist() == [1.0, 1.0]
    assert "statelint" in module.torch.__name__
    assert sys.modules["torch"] is before
    with pytest.raises(ValueError, match="no"), facade.installed("tensorflow"):
        pass
