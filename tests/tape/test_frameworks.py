"""The tape beside torch and jax, in float64: values, gradients and second derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import statelint.tape as tape

jax.config.update("jax_enable_x64", True)
R = np.random.default_rng(3)
X = R.standard_normal((3, 3))
POS = R.uniform(0.5, 2.0, (3, 3))
Z = X + 1j * R.standard_normal((3, 3))
SPD = X @ X.T + np.diag([1.0, 4.0, 9.0])

# name -> (point, numpy, torch); jax.numpy takes the numpy form
SAME = {
    "exp": (X, np.exp, torch.exp),
    "log": (POS, np.log, torch.log),
    "log1p": (POS, np.log1p, torch.log1p),
    "expm1": (X, np.expm1, torch.expm1),
    "sqrt": (POS, np.sqrt, torch.sqrt),
    "tanh": (X, np.tanh, torch.tanh),
    "sin": (X, np.sin, torch.sin),
    "arctan": (X, np.arctan, torch.atan),
    "arcsinh": (X, np.arcsinh, torch.asinh),
    "abs": (X, np.abs, torch.abs),
    "abs at kink": (np.zeros((3, 3)), np.abs, torch.abs),
    "power": (POS, lambda v: v**2.5, lambda v: v**2.5),
    "maximum tie": (
        np.ones((3, 3)),
        lambda v: np.maximum(v, 1.0),
        lambda v: torch.maximum(v, torch.ones(3, 3).double()),
    ),
    "clip": (X, lambda v: np.clip(v, -0.5, 0.5), lambda v: torch.clip(v, -0.5, 0.5)),
    "sum": (X, lambda v: np.sum(v, axis=0), lambda v: v.sum(0)),
    "mean": (X, lambda v: np.mean(v, axis=1), lambda v: v.mean(1)),
    "var": (X, lambda v: np.var(v, axis=1), lambda v: v.var(1, unbiased=False)),
    "std": (X, np.std, lambda v: v.std(unbiased=False)),
    "prod": (X, lambda v: np.prod(v, axis=1), lambda v: v.prod(1)),
    "prod zero": (X * (X > 0), lambda v: np.prod(v, axis=1), lambda v: v.prod(1)),
    "max": (X, lambda v: np.max(v, axis=1), lambda v: v.amax(1)),
    "max tie": (np.ones((3, 3)), lambda v: np.max(v, axis=1), lambda v: v.amax(1)),
    "cumsum": (X, lambda v: np.cumsum(v, axis=1), lambda v: v.cumsum(1)),
    "cumprod": (X, lambda v: np.cumprod(v, axis=0), lambda v: v.cumprod(0)),
    "sort": (X, lambda v: np.sort(v, axis=0), lambda v: v.sort(0).values),
    "where": (X, lambda v: np.where(v > 0, v * v, -v), lambda v: torch.where(v > 0, v * v, -v)),
    "matmul": (X, lambda v: v @ v, lambda v: v @ v),
    "einsum": (X, lambda v: np.einsum("ij,jk,kl->il", v, v, v), lambda v: torch.einsum("ij,jk,kl->il", v, v, v)),
    "kron": (X, lambda v: np.kron(v, v), lambda v: torch.kron(v, v)),
    "inv": (SPD, np.linalg.inv, torch.linalg.inv),
    "det": (X, np.linalg.det, torch.linalg.det),
    "slogdet": (X, lambda v: np.linalg.slogdet(v)[1], lambda v: torch.linalg.slogdet(v)[1]),
    "solve": (SPD, lambda v: np.linalg.solve(v, v * v), lambda v: torch.linalg.solve(v, v * v)),
    "cholesky": (SPD, np.linalg.cholesky, torch.linalg.cholesky),
    "eigh": (SPD, lambda v: np.linalg.eigh(v)[1] ** 2, lambda v: torch.linalg.eigh(v)[1] ** 2),
    "eigvalsh": (SPD, np.linalg.eigvalsh, torch.linalg.eigvalsh),
    "qr": (X, lambda v: np.linalg.qr(v)[0] ** 2, lambda v: torch.linalg.qr(v)[0] ** 2),
    "svd": (
        X,
        lambda v: np.linalg.svd(v, full_matrices=False)[0] ** 2,
        lambda v: torch.linalg.svd(v, full_matrices=False)[0] ** 2,
    ),
    "norm": (X, np.linalg.norm, torch.linalg.norm),
    "logaddexp": (X, lambda v: np.logaddexp(v, v.T), lambda v: torch.logaddexp(v, v.T)),
    "arctan2": (X, lambda v: np.arctan2(v, v.T + 3), lambda v: torch.atan2(v, v.T + 3)),
    "fft": (X, lambda v: np.abs(np.fft.fft(v, axis=0)), lambda v: torch.fft.fft(v, dim=0).abs()),
    "rfft": (X, lambda v: np.abs(np.fft.rfft(v)), lambda v: torch.fft.rfft(v).abs()),
    "irfft": (X, lambda v: np.fft.irfft(v * (1 + 2j), 5), lambda v: torch.fft.irfft(v * (1 + 2j), 5)),
    "tril": (X, np.tril, torch.tril),
    "diagonal": (X, np.diagonal, torch.diagonal),
    "gather": (X, lambda v: v[[0, 2, 0], 1], lambda v: v[[0, 2, 0], 1]),
    "roll": (X, lambda v: np.roll(v, 1, axis=0), lambda v: torch.roll(v, 1, 0)),
    "flip": (X, lambda v: np.flip(v, 0), lambda v: torch.flip(v, (0,))),
    "complex abs": (Z, np.abs, torch.abs),
    "complex product": (Z, lambda v: np.real(v * v * np.conj(v)), lambda v: torch.real(v * v * torch.conj(v))),
    "complex exp": (Z, lambda v: np.imag(np.exp(v)), lambda v: torch.imag(torch.exp(v))),
    "complex inv": (Z, lambda v: np.real(np.linalg.inv(v)), lambda v: torch.real(torch.linalg.inv(v))),
    "complex angle": (Z, np.angle, torch.angle),
}


def weights_like(value):
    return np.cos(np.arange(np.size(value))).reshape(np.shape(value))


@pytest.mark.parametrize("name", SAME)
def test_against_torch(name):
    x, f, g = SAME[name]
    w = weights_like(f(x))
    value, pullback = tape.vjp(f, x)
    t = torch.tensor(x, requires_grad=True)
    out = g(t)
    out.backward(torch.tensor(w))
    np.testing.assert_allclose(value, out.detach().numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pullback(w)[0], np.conj(t.grad.numpy()), rtol=1e-9, atol=1e-10)


def as_jax(f):
    """``f`` with ``jax.numpy`` as its ``np``."""
    if f.__name__ == "<lambda>":
        return type(f)(f.__code__, {**f.__globals__, "np": jnp}, f.__name__, f.__defaults__, f.__closure__)
    for module in (jnp, jnp.linalg):
        if hasattr(module, f.__name__):
            return getattr(module, f.__name__)
    raise AssertionError(f.__name__)


JAX_DIFFERS = {"abs at kink": "jax gives 1 at 0 in reverse, torch and the tape give 0"}


@pytest.mark.parametrize("name", [n for n in SAME if n not in JAX_DIFFERS])
def test_against_jax(name):
    x, f, _ = SAME[name]
    if name == "gather":
        f = lambda v: v[np.array([0, 2, 0]), 1]  # noqa: E731
    w = weights_like(f(x))
    value, pullback = tape.vjp(f, x)
    out, back = jax.vjp(as_jax(f), jnp.asarray(x))
    np.testing.assert_allclose(value, out, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pullback(w)[0], back(jnp.asarray(w, out.dtype))[0], rtol=1e-9, atol=1e-10)
    t = np.cos(np.arange(9.0)).reshape(3, 3).astype(x.dtype)
    if name in ("cholesky", "eigh", "eigvalsh"):
        t = t + t.T
    _, ours = tape.jvp(f, (x,), (t,))
    _, theirs = jax.jvp(as_jax(f), (jnp.asarray(x),), (jnp.asarray(t),))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)


SECOND = [
    n
    for n in SAME
    if n not in JAX_DIFFERS and "tie" not in n and "complex" not in n and n not in ("prod zero", "gather")
]


@pytest.mark.parametrize("name", SECOND)
def test_hessian_vector_products_against_jax(name):
    x, f, _ = SAME[name]
    w = weights_like(f(x))
    t = np.cos(np.arange(9.0)).reshape(3, 3)
    if name in ("cholesky", "eigh", "eigvalsh"):
        t = t + t.T
    ours = tape.hvp(lambda v: np.sum(np.sin(f(v)) * w), (x,), (t,))
    h = as_jax(f)
    theirs = jax.jvp(jax.grad(lambda v: jnp.sum(jnp.sin(h(v)) * w)), (jnp.asarray(x),), (jnp.asarray(t),))[1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-8)


def test_in_place_programs_against_torch():
    def ours(x):
        a = x * 2.0
        v = a[1:]
        v *= x[:-1]
        a[0] += v[0]
        np.sin(a.T, out=a.T)
        return np.sum(a * x)

    def theirs(x):
        a = x * 2.0
        v = a[1:]
        v *= x[:-1]
        a[0] += v[0].clone()
        a.T.sin_()
        return torch.sum(a * x)

    t = torch.tensor(X, requires_grad=True)
    theirs(t).backward()
    np.testing.assert_allclose(tape.grad(ours)(X), t.grad.numpy(), rtol=1e-12)


def test_third_derivatives_and_mixed_modes_against_jax():
    def ours(x):
        return np.sum(np.tanh(x) * x**2)

    def theirs(x):
        return jnp.sum(jnp.tanh(x) * x**2)

    x = X[0]
    third = tape.jacobian(tape.hessian(ours), mode="reverse")(x)
    np.testing.assert_allclose(third, jax.jacrev(jax.hessian(theirs))(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(tape.jacobian(tape.jacobian(tape.grad(ours)))(x), third, rtol=1e-9, atol=1e-9)
    forward = tape.jacobian(tape.jacobian(tape.jacobian(ours, mode="forward"), mode="forward"), mode="forward")(x)
    np.testing.assert_allclose(forward, third, rtol=1e-9, atol=1e-9)


def test_no_perturbation_confusion():
    inner = lambda x: x * tape.jvp(lambda y: x + y, (1.0,), (1.0,))[1]  # noqa: E731
    assert tape.jvp(inner, (2.0,), (1.0,))[1] == 1.0
    assert tape.grad(lambda x: x * tape.grad(lambda y: x + y)(1.0))(2.0) == 1.0
    assert tape.grad(lambda x: x * tape.jvp(lambda y: x * y, (3.0,), (1.0,))[1])(2.0) == 4.0
    assert tape.jvp(lambda x: x * tape.grad(lambda y: x * y * y)(3.0), (2.0,), (1.0,))[1] == 24.0
