"""A recorded run gives what calls give, hands back points of other branches, and is not believed where it can't be."""

import math

import numpy as np
import pytest

import statelint.tape as tape
from statelint.tape.replay import record

X = np.array([0.3, -0.8, 1.1])
POINTS = X + 0.01 * np.random.default_rng(0).standard_normal((50, 3))


def written(points):
    (x,) = points
    a = x * 2.0
    v = a[1:]
    v *= x[:-1]
    a[0] += np.exp(x[1])
    return np.sum(np.tanh(a) * x) + np.dot(a, x) / np.sqrt(1.0 + x @ x)


def branching(points):
    (x,) = points
    total = 0.0
    for value in x:
        total = total + (np.sin(value) if value > 0.3 else value**2)
    return total + np.maximum(x, 0.0).sum() + np.where(x > 1.1, x, -x).sum()


FUNCTIONS = {
    "views and writes": written,
    "scalars": lambda p: math.fsum([1.0]) * np.log1p(p[0][0] ** 2) + abs(p[0][1]) + np.arctan2(p[0][2], 2.0),
    "matrices": lambda p: np.sum(np.outer(p[0], p[0]) @ np.diag([1.0, 2.0, 3.0])),
    "sorted": lambda p: np.sort(p[0])[1] * np.cumsum(p[0])[2] + np.max(p[0]) - np.mean(p[0]),
    "a number that is no result of the input": lambda p: 2.5,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_gives_what_calls_give(name):
    f = FUNCTIONS[name]
    found = record(f, [X])
    assert found is not None
    np.testing.assert_allclose(found.run(POINTS), [f([p]) for p in POINTS], rtol=1e-12)
    assert found.count == len(POINTS)


def test_a_guard_that_flips_is_handed_back():
    found = record(branching, [X])
    values = found.run(POINTS)
    inside = (POINTS[:, 0] > 0.3) == (X[0] > 0.3)
    inside &= (POINTS[:, 2] > 1.1) == (X[2] > 1.1)
    assert 0 < inside.sum() < len(POINTS)
    assert (~np.isnan(values) == inside).all()
    np.testing.assert_allclose(values[inside], [branching([p]) for p in POINTS[inside]], rtol=1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda p: float(np.sum(p[0])),
        lambda p: math.sin(p[0][0]),
        lambda p: np.linalg.det(np.outer(p[0], p[0])),
        lambda p: np.sum(p[0]) if p[0].dtype == object else np.sum(p[0] ** 2),
        lambda p: np.sum(p[0].astype(np.float32)),
    ],
)
def test_what_cannot_be_recorded_is_called(f):
    assert record(f, [X]) is None


def test_only_double_precision():
    assert record(lambda p: np.sum(p[0]), [X.astype(np.float32)]) is None


@pytest.mark.parametrize("f", [lambda x: written([x]), lambda x: branching([x + 0.05])])
def test_check_grad_proves_with_it(f):
    found = tape.check_grad(f, X, replay=True)
    assert (found.verdict, found.replayed > 0) == ("proved", True), str(found)
    assert tape.check_grad(f, X, replay=False).replayed == 0


def test_check_grad_refutes_with_it():
    def wrong(x):
        return np.sum(x * x.numpy()) if isinstance(x, tape.Array) else np.sum(x * x)

    found = tape.check_grad(wrong, X, replay=True)
    assert (found.verdict, found.replayed > 0) == ("refuted", True)


def test_kinks_are_seen_through_calls():
    found = tape.check_grad(lambda x: np.sum(np.abs(x) + np.where(x > 0.0, x, 0.0)), np.zeros(1), replay=True)
    assert found.verdict == "inconclusive"
    assert {c.kind for c in found.complaints} == {"kink"}


def test_a_short_check_loads_no_compiler():
    assert tape.check_grad(lambda x: written([x]), X).replayed == 0


def test_a_long_loop_pays():
    def rollout(x):
        a, v = x[0], x[1]
        for _ in range(1500):
            a, v = a + 0.01 * v, v - 0.01 * (np.sin(a) + x[2] * v)
        return a * v

    assert tape.check_grad(rollout, X, replay=True).replayed > 0
