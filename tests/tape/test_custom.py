"""Custom rules: used, differentiated again, and refused where they do not fit."""

import numpy as np
import pytest
from tape_oracle import check_rules

import statelint.tape as tape

X = np.array([0.4, -1.2, 0.9])


@tape.custom_vjp
def softplus(x):
    return np.log1p(np.exp(x))


def softplus_forward(x):
    e = np.exp(x)
    return np.log1p(e), e


softplus.defvjp(softplus_forward, lambda e, g: (g * e / (1.0 + e),))


@tape.custom_jvp
def hypotenuse(x, y):
    return np.sqrt(x * x + y * y)


def hypotenuse_rule(primals, tangents):
    x, y = primals
    r = np.sqrt(x * x + y * y)
    return r, (x * tangents[0] + y * tangents[1]) / r


hypotenuse.defjvp(hypotenuse_rule)


def test_custom_vjp_to_third_order():
    s = 1 / (1 + np.exp(-X))
    np.testing.assert_allclose(tape.grad(lambda x: np.sum(softplus(x)))(X), s)
    first = tape.grad(lambda x: np.sum(softplus(x)))
    np.testing.assert_allclose(tape.grad(lambda x: np.sum(first(x)))(X), s * (1 - s))
    second = tape.grad(lambda x: np.sum(first(x)))
    np.testing.assert_allclose(tape.grad(lambda x: np.sum(second(x)))(X), s * (1 - s) * (1 - 2 * s))


def test_custom_vjp_of_containers_and_several_results():
    @tape.custom_vjp
    def f(p, k):
        return {"a": p["x"] * k, "b": p["y"] ** 2}

    f.defvjp(
        lambda p, k: ({"a": p["x"] * k, "b": p["y"] ** 2}, (p, k)),
        lambda r, g: ({"x": g["a"] * r[1], "y": 2.0 * g["b"] * r[0]["y"]}, None),
    )
    g = tape.grad(lambda p: np.sum(f(p, 3.0)["a"]) + f(p, 3.0)["b"])({"x": X, "y": 2.0})
    np.testing.assert_allclose(g["x"], [3.0] * 3)
    assert g["y"] == 4.0


def test_custom_jvp_in_all_modes():
    check_rules(hypotenuse, [X, X + 2.0])


def test_wrong_shapes_are_refused():
    @tape.custom_vjp
    def f(x):
        return np.sum(x)

    with pytest.raises(TypeError, match="defvjp"):
        tape.grad(f)(X)
    f.defvjp(lambda x: (np.sum(x), None), lambda _, g: (g,))
    with pytest.raises(ValueError, match="cotangent 0 has shape"):
        tape.grad(f)(X)


def test_a_residual_overwritten_before_the_sweep_is_refused():
    @tape.custom_vjp
    def f(x):
        return x * x

    f.defvjp(lambda x: (x * x, x), lambda x, g: (2.0 * g * x,))

    def program(x):
        a = x * 1.0
        y = f(a)
        a[0] = 7.0
        return np.sum(y)

    with pytest.raises(tape.MutationError, match="residual"):
        tape.grad(program)(X)
