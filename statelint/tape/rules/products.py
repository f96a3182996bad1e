"""Products that contract axes: matmul, einsum of one or two operands, convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import apply, unbroadcast
from statelint.tape.arrays import MATMUL
from statelint.tape.record import LINEAR, define, primitive
from statelint.tape.rules_support import transposed


def _matmul_x(g: Any, y: Any, like: Any) -> Any:
    if y.ndim == 1:
        return unbroadcast(np.expand_dims(g, -1) * y, like)
    if len(like.shape) == 1:
        return unbroadcast(np.matmul(y, np.expand_dims(g, -1))[..., 0], like)
    return unbroadcast(np.matmul(g, transposed(y)), like)


def _matmul_y(g: Any, x: Any, like: Any) -> Any:
    if x.ndim == 1:
        return unbroadcast(np.expand_dims(x, -1) * np.expand_dims(g, -2) if len(like.shape) > 1 else x * g, like)
    if len(like.shape) == 1:
        return unbroadcast(np.matmul(transposed(x), np.expand_dims(g, -1))[..., 0], like)
    return unbroadcast(np.matmul(transposed(x), g), like)


define(MATMUL, [_matmul_x, _matmul_y], [LINEAR, LINEAR])


def _spread_labels(value: Any, have: str, want: str, like: Any) -> Any:
    """Give ``value`` with axes ``have`` the axes ``want``, repeating it along those that it lacks."""
    order = [c for c in want if c in have]
    value = np.transpose(value, [have.index(c) for c in order])
    missing = tuple(k for k, c in enumerate(want) if c not in have)
    return np.broadcast_to(np.expand_dims(value, missing), like.shape) if missing else value


EINSUM1 = define(
    primitive("einsum1", lambda x, a, into: np.einsum(f"{a}->{into}", x), "x"),
    [lambda g, like, a, into: _spread_labels(g, into, a, like)],
    [LINEAR],
)


def _einsum_vjp(g: Any, other: Any, like: Any, mine: str, others: str, into: str) -> Any:
    reach = "".join(c for c in mine if c in into or c in others)
    part = apply(EINSUM2, (g, other), {"a": into, "b": others, "into": reach})
    return _spread_labels(part, reach, mine, like)


EINSUM2 = define(
    primitive("einsum2", lambda x, y, a, b, into: np.einsum(f"{a},{b}->{into}", x, y), "x y"),
    [
        lambda g, y, like, a, b, into: _einsum_vjp(g, y, like, a, b, into),
        lambda g, x, like, a, b, into: _einsum_vjp(g, x, like, b, a, into),
    ],
    [LINEAR, LINEAR],
)

CONVOLVE = define(
    primitive("convolve", lambda x, y: np.convolve(x, y), "x y"),
    [lambda g, y: _valid(g, np.flip(y)), lambda g, x: _valid(g, np.flip(x))],
    [LINEAR, LINEAR],
)


def _valid(g: Any, kernel: Any) -> Any:
    m = kernel.shape[0]
    return apply(CONVOLVE, (g, kernel))[m - 1 : g.shape[0]]
