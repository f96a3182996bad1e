"""What recorded scalars can do in compiled code: values with their partials, as Numba-compatible functions."""
# mypy: allow-untyped-calls, allow-untyped-decorators, allow-subclassing-any

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from statelint.tape.kernel_types import PENDING, Parts, Pending, put_together, recorded, take_apart

NUMBERS = (types.Float, types.Integer)

UNARY: dict[Any, Callable[[float], tuple[float, float]]] = {
    operator.neg: lambda x: (-x, -1.0),
    operator.pos: lambda x: (x, 1.0),
    abs: lambda x: (abs(x), float((x > 0.0) - (x < 0.0))),
    float: lambda x: (x, 1.0),
    math.fabs: lambda x: (abs(x), float((x > 0.0) - (x < 0.0))),
    math.sin: lambda x: (math.sin(x), math.cos(x)),
    math.cos: lambda x: (math.cos(x), -math.sin(x)),
    math.tan: lambda x: (math.tan(x), 1.0 + math.tan(x) ** 2),
    math.asin: lambda x: (math.asin(x), 1.0 / math.sqrt(1.0 - x * x)),
    math.acos: lambda x: (math.acos(x), -1.0 / math.sqrt(1.0 - x * x)),
    math.atan: lambda x: (math.atan(x), 1.0 / (1.0 + x * x)),
    math.sinh: lambda x: (math.sinh(x), math.cosh(x)),
    math.cosh: lambda x: (math.cosh(x), math.sinh(x)),
    math.tanh: lambda x: (math.tanh(x), 1.0 - math.tanh(x) ** 2),
    math.exp: lambda x: (math.exp(x), math.exp(x)),
    math.expm1: lambda x: (math.expm1(x), math.exp(x)),
    math.log: lambda x: (math.log(x), 1.0 / x),
    math.log1p: lambda x: (math.log1p(x), 1.0 / (1.0 + x)),
    math.log2: lambda x: (math.log2(x), 1.0 / (x * 0.6931471805599453)),
    math.log10: lambda x: (math.log10(x), 1.0 / (x * 2.302585092994046)),
    math.sqrt: lambda x: (math.sqrt(x), 0.5 / math.sqrt(x)),
    math.erf: lambda x: (math.erf(x), 1.1283791670955126 * math.exp(-x * x)),
}
NUMPY_NAMES = {
    np.sin: math.sin,
    np.cos: math.cos,
    np.tan: math.tan,
    np.arcsin: math.asin,
    np.arccos: math.acos,
    np.arctan: math.atan,
    np.sinh: math.sinh,
    np.cosh: math.cosh,
    np.tanh: math.tanh,
    np.exp: math.exp,
    np.expm1: math.expm1,
    np.log: math.log,
    np.log1p: math.log1p,
    np.log2: math.log2,
    np.log10: math.log10,
    np.sqrt: math.sqrt,
    np.absolute: abs,
    np.fabs: math.fabs,
    np.negative: operator.neg,
}

BINARY: dict[Any, Callable[[float, float], tuple[float, float, float]]] = {
    operator.add: lambda x, y: (x + y, 1.0, 1.0),
    operator.sub: lambda x, y: (x - y, 1.0, -1.0),
    operator.mul: lambda x, y: (x * y, y, x),
    operator.truediv: lambda x, y: (x / y, 1.0 / y, -(x / y) / y),
    operator.mod: lambda x, y: (x % y, 1.0, -math.floor(x / y)),
    math.atan2: lambda x, y: (math.atan2(x, y), y / (x * x + y * y), -x / (x * x + y * y)),
    math.hypot: lambda x, y: (math.hypot(x, y), x / math.hypot(x, y), y / math.hypot(x, y)),
    min: lambda x, y: (min(x, y), 1.0 * (x < y) + 0.5 * (x == y), 1.0 * (y < x) + 0.5 * (x == y)),
    max: lambda x, y: (max(x, y), 1.0 * (x > y) + 0.5 * (x == y), 1.0 * (y > x) + 0.5 * (x == y)),
}
IN_PLACE = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
    operator.imod: operator.mod,
    operator.ipow: operator.pow,
    np.minimum: min,
    np.maximum: max,
    np.arctan2: math.atan2,
    np.hypot: math.hypot,
    math.pow: operator.pow,
}
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)


def _power(x: float, y: float) -> tuple[float, float, float]:
    value = x**y
    partial = y * x ** (y - 1.0) if y != 0.0 else 0.0
    return value, partial, (value * math.log(x) if x > 0.0 else 0.0)


def _square(x: float, y: float) -> tuple[float, float, float]:
    return x * x, 2.0 * x, 0.0


def _count(ty: Any) -> int:
    return max(ty.parents, 1) if isinstance(ty, Pending) else 0


def _is_operand(ty: Any) -> bool:
    return isinstance(ty, (Pending, *NUMBERS))


def _some_pending(args: tuple[Any, ...]) -> bool:
    return any(isinstance(a, Pending) for a in args) and all(_is_operand(a) for a in args)


def _type_unary(function: Any) -> None:
    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 1 and isinstance(args[0], Pending) and not kws:
                return signature(PENDING[_count(args[0])], args[0])
            return None

    infer_global(function)(Template)


def _type_binary(function: Any) -> None:
    class Template(AbstractTemplate):
        prefer_literal = True

        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and _some_pending(args) and not kws:
                return signature(PENDING[min(_count(args[0]) + _count(args[1]), 2)], *args)
            return None

    infer_global(function)(Template)


def _type_comparison(function: Any) -> None:
    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and _some_pending(args):
                return signature(types.boolean, *args)
            return None

    infer_global(function)(Template)


def _lower_unary(function: Any, rule: Callable[..., Any]) -> None:
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x = take_apart(context, builder, sig.args[0], args[0])
        pair = types.UniTuple(types.float64, 2)
        out = context.compile_internal(builder, rule, pair(types.float64), [x.value])
        value, partial = builder.extract_value(out, 0), builder.extract_value(out, 1)
        return put_together(context, builder, sig.return_type, Parts(value, x.scaled(builder, partial)))

    lower_builtin(function, Pending)(lower)


def _settled(context: Any, builder: Any, parts: Parts, room: int) -> Parts:
    """A number with at most ``room`` parents: on the record if it had more."""
    if len(parts.parents) <= room:
        return parts
    return Parts(parts.value, [(recorded(context, builder, parts), None)])


def _lower_binary(function: Any, rule: Callable[..., Any]) -> None:
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, y = (take_apart(context, builder, t, v) for t, v in zip(sig.args, args, strict=True))
        if len(x.parents) + len(y.parents) > 2:
            x, y = _settled(context, builder, x, 1), _settled(context, builder, y, 1)
        chosen = rule
        if function in POWERS and isinstance(sig.args[1], types.IntegerLiteral) and sig.args[1].literal_value == 2:
            chosen = _square
        triple = types.UniTuple(types.float64, 3)
        out = context.compile_internal(builder, chosen, triple(types.float64, types.float64), [x.value, y.value])
        value, dx, dy = (builder.extract_value(out, k) for k in range(3))
        parents = x.scaled(builder, dx) + y.scaled(builder, dy)
        return put_together(context, builder, sig.return_type, Parts(value, parents))

    for left, right in _operand_classes():
        lower_builtin(function, left, right)(lower)


def _lower_comparison(function: Any) -> None:
    def compare(x: float, y: float) -> bool:
        return bool(function(x, y))

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, y = (take_apart(context, builder, t, v) for t, v in zip(sig.args, args, strict=True))
        plain = signature(types.boolean, types.float64, types.float64)
        return context.compile_internal(builder, COMPARE[function], plain, [x.value, y.value])

    del compare
    for left, right in _operand_classes():
        lower_builtin(function, left, right)(lower)


COMPARE: dict[Any, Callable[[float, float], bool]] = {
    operator.lt: lambda x, y: x < y,
    operator.le: lambda x, y: x <= y,
    operator.gt: lambda x, y: x > y,
    operator.ge: lambda x, y: x >= y,
    operator.eq: lambda x, y: x == y,
    operator.ne: lambda x, y: x != y,
}
POWERS = (operator.pow, operator.ipow, math.pow)


def _operand_classes() -> list[tuple[Any, Any]]:
    return [(Pending, Pending), *((Pending, n) for n in NUMBERS), *((n, Pending) for n in NUMBERS)]


def _install() -> None:
    unary = {**UNARY, **{name: UNARY[f] for name, f in NUMPY_NAMES.items()}}
    for function, rule in unary.items():
        _type_unary(function)
        _lower_unary(function, rule)
    binary = {**BINARY, operator.pow: _power}
    binary.update({name: binary[f] for name, f in IN_PLACE.items()})
    for function, rule2 in binary.items():
        _type_binary(function)
        _lower_binary(function, rule2)
    for function in COMPARISONS:
        _type_comparison(function)
        _lower_comparison(function)


_install()
