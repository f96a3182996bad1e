"""Elementwise primitives: the whole set of NumPy's universal functions.

Each rule multiplies by a diagonal, so that one function serves vjp and jvp. At kinks: ``abs`` has derivative 0 at 0,
``maximum`` and its like give half to each of two equal arguments, step functions have derivative 0. For complex values
the cotangent of a real loss is the transpose's (JAX's convention): torch's gradient is its conjugate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import arrays as a
from statelint.tape.apply import IDENTITY
from statelint.tape.record import define, elementwise, primitive

a.UFUNCS.update(
    {
        np.add: a.ADD,
        np.subtract: a.SUBTRACT,
        np.multiply: a.MULTIPLY,
        np.divide: a.DIVIDE,
        np.power: a.POWER,
        np.negative: a.NEGATIVE,
        np.remainder: a.MOD,
        np.matmul: a.MATMUL,
    }
)

STEPS = {np.floor, np.ceil, np.trunc, np.rint, np.sign, np.floor_divide, np.heaviside, np.spacing, np.nextafter}
"""Floating results whose derivative is zero wherever it exists."""


def _times(fresh: Any, g: Any) -> Any:
    """``fresh * g``, in the memory of a factor that was made for it."""
    if type(fresh) is np.ndarray and fresh.shape == np.shape(g) and fresh.dtype == g.dtype:
        return np.multiply(fresh, g, out=fresh)
    return fresh * g


def _power_x(g: Any, x: Any, y: Any) -> Any:
    if type(y) in (int, float):
        if y == 2:
            return g * (2.0 * x)
        return g * 0.0 if y == 0 else g * (y * x ** (y - 1))
    exponent = np.where(a.plain(y) == 0, 1.0, y - 1.0)
    return g * y * x**exponent


def _power_y(g: Any, x: Any, ans: Any) -> Any:
    return g * ans * np.log(np.where(a.plain(x) == 0, 1.0, x))


elementwise(a.ADD, lambda g: g, lambda g: g)
elementwise(a.SUBTRACT, lambda g: g, lambda g: -g)
elementwise(a.MULTIPLY, lambda g, y: g * y, lambda g, x: g * x)
elementwise(a.DIVIDE, lambda g, y: g / y, lambda g, y, ans: -g * ans / y)
elementwise(a.POWER, _power_x, _power_y)
elementwise(a.NEGATIVE, lambda g: -g)
elementwise(a.MOD, lambda g: g, lambda g, x, y: -g * np.floor(a.plain(x) / a.plain(y)))
elementwise(a.ASTYPE, lambda g: g)
elementwise(IDENTITY, lambda g: g)


def _unary(ufunc: np.ufunc, rule: Callable[..., Any]) -> None:
    a.UFUNCS[ufunc] = elementwise(primitive(ufunc.__name__, ufunc, "x"), rule)


def _binary(ufunc: np.ufunc, left: Callable[..., Any], right: Callable[..., Any]) -> None:
    a.UFUNCS[ufunc] = elementwise(primitive(ufunc.__name__, ufunc, "x y"), left, right)


def _absolute(g: Any, x: Any, ans: Any) -> Any:
    if x.dtype.kind != "c":
        return g * np.sign(a.plain(x))
    return g * np.conj(x) / np.where(a.plain(ans) == 0, 1.0, ans)


LN2, LN10 = float(np.log(2.0)), float(np.log(10.0))
DEGREE = float(np.pi / 180)

_unary(np.positive, lambda g: g)
_unary(np.absolute, _absolute)
_unary(np.fabs, lambda g, x: g * np.sign(a.plain(x)))
_unary(np.conjugate, lambda g: np.conj(g))
_unary(np.exp, lambda g, ans: g * ans)
_unary(np.exp2, lambda g, ans: g * (ans * LN2))
_unary(np.expm1, lambda g, ans: g * (ans + 1.0))
_unary(np.log, lambda g, x: g / x)
_unary(np.log2, lambda g, x: g / (x * LN2))
_unary(np.log10, lambda g, x: g / (x * LN10))
_unary(np.log1p, lambda g, x: g / (1.0 + x))
_unary(np.sqrt, lambda g, ans: g * 0.5 / ans)
_unary(np.cbrt, lambda g, ans: g / (3.0 * ans * ans))
_unary(np.square, lambda g, x: _times(2.0 * x, g))
_unary(np.reciprocal, lambda g, ans: -g * ans * ans)
_unary(np.sin, lambda g, x: _times(np.cos(x), g))
_unary(np.cos, lambda g, x: _times(-np.sin(x), g))
_unary(np.tan, lambda g, ans: g * (1.0 + ans * ans))
_unary(np.arcsin, lambda g, x: g / np.sqrt(1.0 - x * x))
_unary(np.arccos, lambda g, x: -g / np.sqrt(1.0 - x * x))
_unary(np.arctan, lambda g, x: g / (1.0 + x * x))
_unary(np.sinh, lambda g, x: g * np.cosh(x))
_unary(np.cosh, lambda g, x: g * np.sinh(x))
_unary(np.tanh, lambda g, ans: _times(1.0 - ans * ans, g))
_unary(np.arcsinh, lambda g, x: g / np.sqrt(x * x + 1.0))
_unary(np.arccosh, lambda g, x: g / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)))
_unary(np.arctanh, lambda g, x: g / (1.0 - x * x))
_unary(np.deg2rad, lambda g: g * DEGREE)
_unary(np.radians, lambda g: g * DEGREE)
_unary(np.rad2deg, lambda g: g / DEGREE)
_unary(np.degrees, lambda g: g / DEGREE)

_binary(np.float_power, _power_x, _power_y)
_binary(np.fmod, lambda g: g, lambda g, x, y: -g * np.trunc(a.plain(x) / a.plain(y)))
_binary(np.arctan2, lambda g, x, y: g * y / (x * x + y * y), lambda g, x, y: -g * x / (x * x + y * y))
_binary(
    np.hypot,
    lambda g, x, ans: g * x / np.where(a.plain(ans) == 0, 1.0, ans),
    lambda g, y, ans: g * y / np.where(a.plain(ans) == 0, 1.0, ans),
)
_binary(np.logaddexp, lambda g, x, ans: g * np.exp(x - ans), lambda g, y, ans: g * np.exp(y - ans))
_binary(np.logaddexp2, lambda g, x, ans: g * np.exp2(x - ans), lambda g, y, ans: g * np.exp2(y - ans))
_binary(np.copysign, lambda g, x, ans: g * np.sign(a.plain(x)) * np.sign(a.plain(ans)), lambda g: g * 0.0)
_binary(np.ldexp, lambda g, y: np.ldexp(g, y), lambda g: g * 0.0)


def _share(chosen: Any, other: Any) -> Any:
    """1 where an argument was chosen, 1/2 where both are equal."""
    return (chosen > other) + 0.5 * (chosen == other)


def _larger(g: Any, x: Any, y: Any) -> Any:
    return g * _share(a.plain(x), a.plain(y))


def _smaller(g: Any, x: Any, y: Any) -> Any:
    return g * _share(-a.plain(x), -a.plain(y))


_binary(np.maximum, _larger, lambda g, x, y: _larger(g, y, x))
_binary(np.minimum, _smaller, lambda g, x, y: _smaller(g, y, x))


def _present(share: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    x, y = a.plain(x), a.plain(y)
    return np.where(np.isnan(x), 0.0, np.where(np.isnan(y), 1.0, share(x, y)))


def _below(x: Any, y: Any) -> Any:
    return _share(-x, -y)


_binary(np.fmax, lambda g, x, y: g * _present(_share, x, y), lambda g, x, y: g * _present(_share, y, x))
_binary(np.fmin, lambda g, x, y: g * _present(_below, x, y), lambda g, x, y: g * _present(_below, y, x))

REAL = elementwise(primitive("real", np.real, "x"), lambda g: g)
REAL.view = True
IMAG = define(primitive("imag", lambda x: np.array(np.imag(x)), "x"), [lambda g: -1j * g], [lambda t: np.imag(t)])
WHERE = elementwise(
    primitive("where", lambda x, y, condition: np.where(condition, x, y), "x y"),
    lambda g, condition: np.where(condition, g, 0.0),
    lambda g, condition: np.where(condition, 0.0, g),
)
RELU = elementwise(primitive("relu", lambda x: np.maximum(x, 0.0), "x"), lambda g, ans: g * (a.plain(ans) > 0))
SIGMOID = elementwise(
    primitive("sigmoid", lambda x: 0.5 * (np.tanh(0.5 * x) + 1.0), "x"), lambda g, ans: g * ans * (1.0 - ans)
)


def _erf(x: Any) -> Any:
    values = np.asarray(x)
    out = np.fromiter(map(math.erf, values.reshape(-1).tolist()), np.float64, values.size).reshape(values.shape)
    return out.astype(values.dtype)[()] if values.dtype.kind == "f" else out[()]


ERF = elementwise(primitive("erf", _erf, "x"), lambda g, x: g * (2.0 / math.sqrt(math.pi)) * np.exp(-(x**2)))
COPY = elementwise(primitive("copy", lambda x: np.array(x), "x"), lambda g: g)
