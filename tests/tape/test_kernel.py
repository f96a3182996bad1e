"""Scalar records: from compiled code and from Python, against numeric derivatives and the array tape."""

import math

import numpy as np
import pytest
from tape_oracle import numeric_jvp

import statelint.tape as tape
from statelint.tape import scalars
from statelint.tape.entries import ENTRY


@tape.kernel
def pendulum(theta, omega, gravity, length, damping, steps):
    cost = 0.0
    for _ in range(steps):
        acceleration = 0.1 - gravity * math.sin(theta) / length - damping * omega
        omega = omega + 0.01 * acceleration
        theta = theta + 0.01 * omega
        cost = cost + (theta * theta + omega * omega)
    return cost


@tape.kernel
def everything(x, y, n):
    a = math.sin(x) * math.cos(y) + math.tan(x * 0.3) - math.exp(-y)
    b = math.log(y) + math.sqrt(y) + x**2 + x**3 + y**x + 2.0**x
    c = math.atan2(x, y) + math.hypot(x, y) + math.tanh(x) + math.asin(x / 3) + math.acos(x / 4) + math.atan(x)
    d = abs(x - y) + max(x, y) + min(x, 2.0 * y) + math.log1p(y) + math.expm1(x) + math.sinh(x) + math.cosh(y)
    e = np.exp(x) * np.sqrt(y) + (-x) / y + 1 / x + x % 0.35 - math.erf(y)
    total = 0.0
    for i in range(n):
        if x * i > 1.0:
            total += a * b
        elif i % 2:
            total -= c / (d + i)
        else:
            total = total * 0.5 + e
    return total, a * 1.0, 3.0


POINT = (0.7, -0.2, 9.8, 1.3, 0.25)


def test_values_are_those_of_the_function():
    assert pendulum(*POINT, 20) == pytest.approx(pendulum._f(*POINT, 20), rel=1e-14)


def test_gradient_against_numeric_and_against_arrays():
    g = tape.grad(lambda *p: pendulum(*p, 50), argnums=(0, 1, 2, 3, 4))(*POINT)
    expected = [numeric_jvp(lambda *p: pendulum(*p, 50), POINT, e) for e in np.eye(5)]
    np.testing.assert_allclose(g, expected, rtol=1e-9)
    slow = tape.grad(lambda *p: pendulum.interpreted(*p, 50), argnums=(0, 1, 2, 3, 4))(*POINT)
    np.testing.assert_allclose(g, slow, rtol=1e-12)


@pytest.mark.parametrize("point", [(0.71, 1.9), (0.3, 0.2), (1.43, 0.9)])
def test_every_operation(point):
    value, pullback = tape.vjp(lambda x, y: everything(x, y, 7), *point)
    np.testing.assert_allclose(value, everything._f(*point, 7), rtol=1e-13)
    for k in range(3):
        g = pullback(tuple(float(k == j) for j in range(3)))
        expected = [numeric_jvp(lambda x, y, k=k: everything(x, y, 7)[k], point, e, h=1e-4) for e in np.eye(2)]
        np.testing.assert_allclose(g, expected, rtol=1e-7, atol=1e-9)


def test_some_arguments_only():
    g = tape.grad(lambda x: everything(x, 1.9, 7)[0])(0.7)
    np.testing.assert_allclose(g, tape.grad(lambda x, y: everything(x, y, 7)[0])(0.7, 1.9), rtol=1e-13)


def test_it_composes_with_arrays():
    def f(x):
        return np.sum(x**2) * pendulum(x[0], x[1], np.exp(x[2]), 1.0 + x[2] ** 2, 0.1, 10)

    x = np.array([0.3, -0.4, 1.2])
    np.testing.assert_allclose(tape.grad(f)(x), [numeric_jvp(f, [x], [e]) for e in np.eye(3)], rtol=1e-9)


def test_higher_derivatives_and_forward_mode():
    def f(x):
        return pendulum(x, -0.2, 9.8, 1.3, 0.25, 5)

    second = numeric_jvp(tape.grad(f), (0.7,), (1.0,))
    np.testing.assert_allclose(tape.grad(tape.grad(f))(0.7), second, rtol=1e-9)
    np.testing.assert_allclose(tape.jvp(f, (0.7,), (1.0,))[1], tape.grad(f)(0.7), rtol=1e-12)
    np.testing.assert_allclose(tape.jvp(tape.grad(f), (0.7,), (1.0,))[1], second, rtol=1e-9)


def test_a_pullback_can_be_used_again():
    _, pullback = tape.vjp(lambda *p: pendulum(*p, 30), *POINT)
    first = pullback(1.0)
    pendulum(*POINT, 30)
    tape.grad(lambda x: pendulum(x, 0.1, 9.8, 1.0, 0.2, 40))(0.1)
    np.testing.assert_array_equal(pullback(1.0), first)
    np.testing.assert_allclose(pullback(2.0), 2 * np.array(first), rtol=1e-15)


def test_the_record_is_small_and_grows():
    from statelint.tape.kernel_types import Leaf

    block = tape.kernel.__globals__["Block"](5, room=16)
    pendulum.compiled(*(Leaf(v, k, block.address) for k, v in enumerate(POINT, start=1)), 2000)
    assert 2000 * 5 < len(block) <= 2000 * 8 + 2
    assert ENTRY.itemsize == 24


def test_only_float64_scalars():
    with pytest.raises(TypeError, match="float64 scalar"):
        tape.grad(lambda x: pendulum(x, 0.0, 9.8, 1.0, 0.1, 3))(np.float32(0.3))


def test_check_grad_of_a_kernel():
    found = tape.check_grad(lambda *p: pendulum(*p, 100), *POINT)
    assert found.verdict == "proved"
    assert found.directions == 5


def test_scalar_tape():
    def f(x, y):
        s = 0.0
        for k in range(20):
            s = scalars.sin(x * k) * y + s / (2.0 + x) - 3.0 / (y + k) + x**2 + y**x + 2.0**x
            if s > 5.0:
                s = scalars.log(s) + scalars.exp(-s) - abs(s) + scalars.sqrt(s) * scalars.tanh(s)
        return 1.0 - s + scalars.cos(s) + scalars.tan(x) + scalars.atan(y)

    value, g = scalars.value_and_grad(f, 0.4, 1.7)
    assert value == f(0.4, 1.7)
    np.testing.assert_allclose(g, [numeric_jvp(f, (0.4, 1.7), e, h=1e-4) for e in np.eye(2)], rtol=1e-8)
