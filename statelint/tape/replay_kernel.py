"""The compiled interpreter of :mod:`statelint.tape.replay`. It holds no lock: several threads run it at a time."""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from statelint.tape.replay import CODES, FIRST_GUARD

(
    NEG, ABS, SQRT, EXP, LOG, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH, LOG1P, EXPM1, LOG2, LOG10, EXP2, ASINH,
    ACOSH, ATANH, FLOOR, CEIL, ADD, SUB, MUL, DIV, POW, ATAN2, HYPOT, MOD, LT, LE, GT, GE, EQ, NE,
) = range(len(CODES))  # fmt: skip


@numba.njit(cache=True, error_model="numpy", inline="never")
def _function(code: int, x: float, y: float) -> Any:
    if code == EXP:
        return math.exp(x)
    if code == LOG:
        return math.log(x) if x > 0 else -np.inf if x == 0 else np.nan
    if code == SQRT:
        return math.sqrt(x) if x >= 0 else np.nan
    if code == SIN:
        return math.sin(x)
    if code == COS:
        return math.cos(x)
    if code == TAN:
        return math.tan(x)
    if code == TANH:
        return math.tanh(x)
    if code == POW:
        return np.power(x, y)
    if code == ABS:
        return abs(x)
    if code == NEG:
        return -x
    if code == ASIN:
        return np.arcsin(x)
    if code == ACOS:
        return np.arccos(x)
    if code == ATAN:
        return math.atan(x)
    if code == SINH:
        return math.sinh(x)
    if code == COSH:
        return math.cosh(x)
    if code == LOG1P:
        return np.log1p(x)
    if code == EXPM1:
        return math.expm1(x)
    if code == LOG2:
        return np.log2(x)
    if code == LOG10:
        return np.log10(x)
    if code == EXP2:
        return np.exp2(x)
    if code == ASINH:
        return math.asinh(x)
    if code == ACOSH:
        return np.arccosh(x)
    if code == ATANH:
        return np.arctanh(x)
    if code == FLOOR:
        return np.floor(x)
    if code == CEIL:
        return np.ceil(x)
    if code == ATAN2:
        return math.atan2(x, y)
    if code == HYPOT:
        return math.hypot(x, y)
    return np.remainder(x, y)


@numba.njit(cache=True, inline="never")
def _outcome(code: int, x: float, y: float) -> bool:
    if code == LT:
        return x < y
    if code == LE:
        return x <= y
    if code == GT:
        return x > y
    if code == GE:
        return x >= y
    if code == EQ:
        return x == y
    return x != y


@numba.njit(cache=True, nogil=True, error_model="numpy")
def replay(
    codes: Any, first: Any, second: Any, expected: Any, constants: Any, result: int, points: Any, out: Any
) -> None:
    """Write the value at each row of ``points`` into ``out``; leave it alone where a guard fails."""
    inputs, base = points.shape[1], points.shape[1] + constants.size
    values = np.empty(base + codes.size)
    values[inputs:base] = constants
    for p in range(points.shape[0]):
        values[:inputs] = points[p]
        fine = True
        for k in range(codes.size):
            code, x, y = codes[k], values[first[k]], values[second[k]]
            if code == ADD:
                values[base + k] = x + y
            elif code == MUL:
                values[base + k] = x * y
            elif code == SUB:
                values[base + k] = x - y
            elif code == DIV:
                values[base + k] = x / y
            elif code >= FIRST_GUARD:
                if _outcome(code, x, y) != expected[k]:
                    fine = False
                    break
            else:
                values[base + k] = _function(code, x, y)
        if fine:
            out[p] = values[result]
