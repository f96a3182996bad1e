"""Rollouts, scans, keys, layers, optimizers, fixed points: the programs that differentiation is for."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from tape_oracle import check_rules, numeric_jvp

import statelint.tape as tape
from statelint.tape import keys, layers, optimizers
from statelint.tape.checkpoint import beta, binomial_split

jax.config.update("jax_enable_x64", True)
R = np.random.default_rng(5)
A = R.standard_normal((3, 3)) * 0.5
S = R.standard_normal(3)
U = R.standard_normal((13, 3))


def step(a, s, u):
    return np.tanh(a @ s + u)


def final(schedule, snapshots=None, counts=None):
    def f(a, s, u):
        return np.sum(tape.rollout(step, a, s, u, schedule=schedule, snapshots=snapshots, counts=counts) ** 2)

    return f


@pytest.mark.parametrize("schedule", ["store", "recompute", "binomial"])
def test_schedules_agree_in_all_modes(schedule):
    reference = tape.grad(final("store"), (0, 1, 2))(A, S, U)
    for g, r in zip(tape.grad(final(schedule, 4), (0, 1, 2))(A, S, U), reference, strict=True):
        np.testing.assert_allclose(g, r, rtol=1e-12)
    check_rules(final(schedule, 3), [A, S, U])


@pytest.mark.parametrize("snapshots", [1, 2, 3, 5, 13])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 12, 13])
def test_binomial_counts_are_griewank_and_walthers(length, snapshots):
    counts = tape.Counts()
    tape.grad(final("binomial", snapshots, counts))(A, S, U[:length])
    assert counts.held <= snapshots
    assert counts.recorded == length
    # the first run passes over the first descent's length - 1 steps, and over the last step
    assert counts.advanced == tape.binomial_cost(length, snapshots) + 1


def test_binomial_cost_is_the_optimum():
    @functools.cache
    def best(length, snapshots):
        if length == 1:
            return 0
        if snapshots == 1:
            return length * (length - 1) // 2
        return min(m + best(length - m, snapshots - 1) + best(m, snapshots) for m in range(1, length))

    for snapshots in range(1, 7):
        for length in range(1, 60):
            assert tape.binomial_cost(length, snapshots) == best(length, snapshots)
            if length > 1:
                m = binomial_split(length, snapshots)
                if snapshots > 1:
                    assert m + best(length - m, snapshots - 1) + best(m, snapshots) == best(length, snapshots)
    assert beta(3, 2) == 10


def test_recompute_runs_each_step_twice():
    counts = tape.Counts()
    tape.grad(final("recompute", 4, counts))(A, S, U)
    assert counts.recorded == 13
    assert counts.advanced <= 13 + 13
    assert counts.held <= 4 + 4


def test_captured_values_are_refused():
    with pytest.raises(tape.LeakError, match="captured"):
        tape.grad(lambda a: np.sum(tape.rollout(lambda _, s, u: a @ s, None, S * a[0], U, schedule="binomial")))(A)
    with pytest.raises(tape.LeakError, match="captured"):
        tape.grad(lambda a: np.sum(tape.checkpoint(lambda s: a @ s)(a[0])))(A)


def test_checkpoint():
    calls = []

    def f(a, s):
        calls.append(1)
        return np.tanh(a @ np.sin(s))

    plain = tape.grad(lambda a, s: np.sum(f(a, s) ** 2), (0, 1))(A, S)
    calls.clear()
    again = tape.grad(lambda a, s: np.sum(tape.checkpoint(f)(a, s) ** 2), (0, 1))(A, S)
    assert len(calls) == 2
    for g, r in zip(again, plain, strict=True):
        np.testing.assert_allclose(g, r, rtol=1e-13)
    check_rules(lambda a, s: tape.checkpoint(f)(a, s), [A, S])


@pytest.mark.parametrize("recompute", [False, True])
def test_scan_against_jax(recompute):
    def body(np_):
        def f(carry, x):
            s, w = carry
            s = np_.tanh(w @ s + x)
            return (s, w * 0.99), s * s

        return f

    def ours(w, s, xs):
        (last, _), ys = tape.scan(body(np), (s, w), xs, recompute=recompute)
        return np.sum(last) + np.sum(ys**2)

    def theirs(w, s, xs):
        (last, _), ys = jax.lax.scan(body(jnp), (s, w), xs)
        return jnp.sum(last) + jnp.sum(ys**2)

    expected = jax.grad(theirs, (0, 1, 2))(A, S, U)
    for g, r in zip(tape.grad(ours, (0, 1, 2))(A, S, U), expected, strict=True):
        np.testing.assert_allclose(g, r, rtol=1e-10)


def test_a_rollout_of_kernels_in_bounded_memory():
    @tape.kernel
    def segment(theta, omega, c):
        for _ in range(100):
            omega = omega - 0.01 * (np.sin(theta) + c * omega)
            theta = theta + 0.01 * omega
        return theta, omega

    def f(schedule):
        def g(theta, c):
            last = tape.rollout(
                lambda p, s, u: segment(s[0], s[1], p), c, (theta, 0.0 * theta), length=20, schedule=schedule
            )
            return last[0] * last[1]

        return g

    g = tape.grad(f("recompute"), (0, 1))(0.5, 0.2)
    np.testing.assert_allclose(g, tape.grad(f("store"), (0, 1))(0.5, 0.2), rtol=1e-12)
    np.testing.assert_allclose(g, [numeric_jvp(f("store"), (0.5, 0.2), e) for e in np.eye(2)], rtol=1e-8)


# -- keys --------------------------------------------------------------------------------------------------------------
def test_keys_are_explicit_and_independent():
    k = keys.key(7)
    a, b, c = keys.split(k, 3)
    assert keys.split(k, 2) == (a, b)
    assert len({k, a, b, c, keys.fold_in(k, 0), keys.fold_in(k, 1)}) == 6
    np.testing.assert_array_equal(keys.normal(a, (5,)), keys.normal(a, (5,)))
    draws = np.stack([keys.normal(x, (4000,)) for x in (k, a, b, c, keys.fold_in(k, 3))])
    assert np.all(np.abs(np.corrcoef(draws) - np.eye(5)) < 0.07)
    assert np.all(np.abs(draws.mean(1)) < 0.08)
    assert sorted(keys.permutation(a, 9)) == list(range(9))
    assert keys.uniform(a, (), 2.0, 3.0) >= 2.0
    assert set(np.unique(keys.integers(b, 2, 5, (50,)))) == {2, 3, 4}


def test_reparameterised_samples():
    k = keys.key(1)
    noise = keys.normal(k, (3,))
    gm, gs = tape.grad(lambda m, s: np.sum(keys.sample_normal(k, m, s)), (0, 1))(S, np.ones(3))
    np.testing.assert_allclose(gm, np.ones(3))
    np.testing.assert_allclose(gs, noise)
    check_rules(lambda x: keys.sample_categorical_relaxed(k, x, 0.7), [S])


# -- layers and optimizers ---------------------------------------------------------------------------------------------
def test_a_network_against_torch():
    net = layers.Sequential([layers.Dense(3, 4), layers.BatchNorm(4), layers.Tanh(), layers.Dense(4, 2)])
    params, buffers = net.init(keys.key(0))
    x = R.standard_normal((6, 3))

    def loss(p):
        result = net.apply(p, buffers, x, training=True)
        return np.sum(result.output**2), result

    (value, result), g = tape.value_and_grad(loss, has_aux=True)(params)
    reference = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    ).double()
    with torch.no_grad():
        reference[0].weight.copy_(torch.tensor(params[0]["w"].T))
        reference[0].bias.zero_()
        reference[3].weight.copy_(torch.tensor(params[3]["w"].T))
        reference[3].bias.zero_()
    out = (reference(torch.tensor(x)) ** 2).sum()
    out.backward()
    np.testing.assert_allclose(value, out.item(), rtol=1e-12)
    np.testing.assert_allclose(g[0]["w"], reference[0].weight.grad.numpy().T, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(g[1]["scale"], reference[1].weight.grad.numpy(), rtol=1e-9)
    np.testing.assert_allclose(result.buffers[1]["mean"], reference[1].running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(result.buffers[1]["var"], reference[1].running_var.numpy(), rtol=1e-12)
    assert sorted(result.activations) == ["0", "1", "2", "3"]


def test_dropout_is_a_function_of_its_key():
    layer = layers.Dropout(0.5)
    k = keys.key(3)
    assert tape.check_grad(lambda x: layer.apply({}, {}, x, training=True, key=k).output, S).verdict == "proved"
    with pytest.raises(ValueError, match="key"):
        layer.apply({}, {}, S, training=True)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (optimizers.sgd(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
        (optimizers.momentum(0.1, 0.8), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8)),
        (optimizers.momentum(0.1, 0.8, True), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True)),
        (optimizers.adam(0.1), lambda p: torch.optim.Adam(p, lr=0.1)),
    ],
)
def test_optimizers_against_torch(ours, theirs):
    p, state = {"a": A, "s": S}, ours.init({"a": A, "s": S})
    loss = lambda q: np.sum(np.tanh(q["a"] @ q["s"]) ** 2)  # noqa: E731
    t = [torch.tensor(A, requires_grad=True), torch.tensor(S, requires_grad=True)]
    optimizer = theirs(t)
    for _ in range(4):
        p, state = ours.update(tape.grad(loss)(p), state, p)
        optimizer.zero_grad()
        (torch.tanh(t[0] @ t[1]) ** 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(p["a"], t[0].detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(p["s"], t[1].detach().numpy(), rtol=1e-10)


@pytest.mark.parametrize("make", [lambda r: optimizers.momentum(r, 0.9), lambda r: optimizers.adam(r, eps_root=1e-8)])
def test_meta_gradients_through_optimizer_steps(make):
    def inner(p):
        return np.sum(np.sin(A @ p) ** 2)

    def after_training(rate, p):
        optimizer = make(rate)
        state = optimizer.init(p)
        for _ in range(5):
            p, state = optimizer.update(tape.grad(inner)(p), state, p)
        return inner(p)

    check_rules(after_training, [np.array(0.05), S], orders=1)
    rate_only = tape.grad(lambda r: after_training(r, S))
    np.testing.assert_allclose(tape.grad(rate_only)(0.05), numeric_jvp(rate_only, (0.05,), (1.0,)), rtol=1e-6)


# -- implicit differentiation ------------------------------------------------------------------------------------------
def test_fixed_point_to_second_order():
    def f(p, x):
        return 0.4 * np.tanh(p["a"] @ x) + p["b"]

    def solved(a, b):
        return np.sum(tape.fixed_point(f, {"a": a, "b": b}, np.zeros(3)) ** 2)

    x = S
    for _ in range(200):
        x = f({"a": A, "b": S}, x)
    assert solved(A, S) == pytest.approx(np.sum(x**2), rel=1e-12)
    ga, gb = tape.grad(solved, (0, 1))(A, S)
    jac = np.diag(0.4 / np.cosh(A @ x) ** 2)
    u = np.linalg.solve(np.eye(3) - (jac @ A).T, 2 * x)
    np.testing.assert_allclose(gb, u, rtol=1e-10)
    np.testing.assert_allclose(ga, np.outer(jac @ u, x), rtol=1e-10)
    slope = tape.grad(solved, 1)
    second = tape.grad(lambda b: np.sum(slope(A, b) * S))(S)
    expected = [numeric_jvp(lambda b: np.sum(slope(A, b) * S), [S], [e]) for e in np.eye(3)]
    np.testing.assert_allclose(second, expected, rtol=1e-7)


def test_a_diverging_iteration_is_refused():
    with pytest.raises(tape.NonDifferentiableError, match="no fixed point"):
        tape.grad(lambda p: tape.fixed_point(lambda q, x: q * x + 1.0, p, 1.0, steps=50))(2.0)
