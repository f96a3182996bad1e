"""Primitives that only rearrange elements; those marked as views share their argument's storage."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import unbroadcast
from statelint.tape.record import LINEAR, define, primitive

RESHAPE = define(
    primitive("reshape", lambda x, shape: np.reshape(x, shape), "x"),
    [lambda g, like: np.reshape(g, like.shape)],
    [LINEAR],
)
RESHAPE.view = True


def _inverse(axes: Any) -> tuple[int, ...]:
    return tuple(int(k) for k in np.argsort([a % len(axes) for a in axes]))


TRANSPOSE = define(
    primitive("transpose", lambda x, axes: np.transpose(x, axes), "x"),
    [lambda g, axes: np.transpose(g, _inverse(axes))],
    [LINEAR],
)
TRANSPOSE.view = True

BROADCAST = define(
    primitive("broadcast_to", lambda x, shape: np.broadcast_to(x, shape), "x"),
    [lambda g, like: unbroadcast(g, like)],
    [LINEAR],
)
BROADCAST.view = True


def _diagonal_vjp(g: Any, like: Any, offset: int) -> Any:
    rows, cols = like.shape[-2:]
    down, right = max(-offset, 0), max(offset, 0)
    band = np.eye(rows, cols, k=offset, dtype=bool)
    pad = [(0, 0)] * (g.ndim - 1)
    column = np.expand_dims(np.pad(g, [*pad, (down, rows - down - g.shape[-1])]), -1)
    row = np.expand_dims(np.pad(g, [*pad, (right, cols - right - g.shape[-1])]), -2)
    return np.where(band, column if rows <= cols or down else row, 0.0)


DIAGONAL = define(
    primitive("diagonal", lambda x, offset: np.diagonal(x, offset, -2, -1), "x"), [_diagonal_vjp], [LINEAR]
)
DIAGONAL.view = True


def _piece(g: Any, position: int, bounds: tuple[int, ...], axis: int) -> Any:
    index = [slice(None)] * g.ndim
    index[axis] = slice(bounds[position], bounds[position + 1])
    return g[tuple(index)]


CONCATENATE = define(
    primitive("concatenate", lambda *xs, axis, bounds: np.concatenate(xs, axis=axis), None), [_piece], [LINEAR]
)


def _unpad(g: Any, width: Any) -> Any:
    return g[tuple(slice(low, n - high) for (low, high), n in zip(width, g.shape, strict=True))]


PAD = define(primitive("pad", lambda x, width: np.pad(x, width), "x"), [_unpad], [LINEAR])
ROLL = define(
    primitive("roll", lambda x, shift, axis: np.roll(x, shift, axis), "x"),
    [lambda g, shift, axis: np.roll(g, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, axis)],
    [LINEAR],
)
