"""Reading elements by index, and the sparse additions that are its transpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import PUT, SELECT, TAKE, apply, unbroadcast
from statelint.tape.arrays import GETITEM
from statelint.tape.record import LINEAR, define, primitive
from statelint.tape.storage import Region, add_region


def _is_basic(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return all(
        isinstance(p, (int, slice, type(None), type(Ellipsis), np.integer)) and not isinstance(p, bool) for p in parts
    )


def add_at(buffer: Any, index: Any, g: Any) -> None:
    """``buffer[index] += g`` where repeated indices add up."""
    if _is_basic(index):
        buffer[index] += g
    else:
        np.add.at(buffer, index, g)


def _spread(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    out = np.zeros(shape, g.dtype)
    add_at(out, index, g)
    return out


SPREAD = define(primitive("spread", _spread, "x"), [lambda g, index: g[index]], [LINEAR])
"""Zeros of ``shape`` with ``x`` added at ``index``: the transpose of indexing."""

define(GETITEM, [lambda g, like, index: apply(SPREAD, (g,), {"shape": like.shape, "index": index})], [LINEAR])
GETITEM.accumulate = lambda buffer, g, static: add_at(buffer, static["index"], g)


def _spread_region(g: Any, shape: tuple[int, ...], region: Region) -> Any:
    out = np.zeros(shape, g.dtype)
    add_region(out, region, g)
    return out


SPREAD_REGION = define(
    primitive("spread_region", _spread_region, "x"), [lambda g, region: apply(TAKE, (g,), {"region": region})], [LINEAR]
)
define(TAKE, [lambda g, like, region: apply(SPREAD_REGION, (g,), {"shape": like.shape, "region": region})], [LINEAR])
TAKE.accumulate = lambda buffer, g, static: add_region(buffer, static["region"], g)


def _put_value(g: Any, like: Any, region: Region) -> Any:
    return unbroadcast(apply(TAKE, (g,), {"region": region}), like)


def _put_tangent(t: Any, out: Any, region: Region) -> Any:
    zeros = np.zeros(out.shape, out.dtype)
    return apply(PUT, (zeros, t), {"region": region})


define(
    PUT,
    [lambda g, region: apply(PUT, (g, 0.0), {"region": region}), _put_value],
    [lambda t, region: apply(PUT, (t, 0.0), {"region": region}), _put_tangent],
)
PUT.accumulate = lambda buffer, g, static: None  # the sweep moves the buffer itself


TAKE_ALONG = primitive("take_along_axis", lambda x, index, axis: np.take_along_axis(x, index, axis), "x")


def _along(index: Any, axis: int, ndim: int) -> tuple[Any, ...]:
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[axis % ndim] = index
    return tuple(grid)


def _spread_along(g: Any, shape: tuple[int, ...], index: Any, axis: int) -> Any:
    out = np.zeros(shape, g.dtype)
    np.add.at(out, _along(index, axis, len(shape)), g)
    return out


SPREAD_ALONG = primitive("spread_along_axis", _spread_along, "x")


def _take_along_vjp(g: Any, like: Any, index: Any, axis: int) -> Any:
    return apply(SPREAD_ALONG, (g,), {"shape": like.shape, "index": index, "axis": axis})


define(TAKE_ALONG, [_take_along_vjp], [LINEAR])
define(SPREAD_ALONG, [lambda g, index, axis: apply(TAKE_ALONG, (g,), {"index": index, "axis": axis})], [LINEAR])

define(SELECT, [lambda g: g], [None])  # the sweep puts it in its place among the results
