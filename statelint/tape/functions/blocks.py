"""Putting arrays together and taking them apart."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import plain
from statelint.tape.dispatch import as_array, implements
from statelint.tape.rules import shaping as rules


@implements(np.concatenate, np.concat)
def _concatenate(xs: Any, /, axis: Any = 0, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    xs = [as_array(x) for x in xs]
    if axis is None:
        xs, axis = [np.ravel(x) for x in xs], 0
    axis = axis % xs[0].ndim
    bounds = tuple(int(n) for n in np.cumsum([0, *(x.shape[axis] for x in xs)]))
    return apply(rules.CONCATENATE, xs, {"axis": axis, "bounds": bounds})


@implements(np.stack)
def _stack(xs: Any, axis: int = 0, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return _concatenate(
        [np.expand_dims(as_array(x), axis) for x in xs], axis if axis >= 0 else axis + np.ndim(xs[0]) + 1
    )


@implements(np.vstack)
def _vstack(xs: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return _concatenate([np.atleast_2d(x) for x in xs], 0)


@implements(np.hstack)
def _hstack(xs: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    wide = [np.atleast_1d(x) for x in xs]
    return _concatenate(wide, 0 if wide[0].ndim == 1 else 1)


@implements(np.dstack)
def _dstack(xs: Any) -> Any:
    return _concatenate([np.atleast_3d(x) for x in xs], 2)


@implements(np.column_stack)
def _column_stack(xs: Any) -> Any:
    return _concatenate([np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in xs], 1)


@implements(np.append)
def _append(x: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return _concatenate([np.ravel(as_array(x)), np.ravel(as_array(values))])
    return _concatenate([x, values], axis)


@implements(np.array_split)
def _array_split(x: Any, parts: Any, axis: int = 0) -> Any:
    places = np.array_split(np.arange(x.shape[axis]), plain(parts))
    lead = (slice(None),) * (axis % x.ndim)
    ends = np.cumsum([0, *(p.size for p in places)])
    return [x[(*lead, slice(int(low), int(high)))] for low, high in itertools.pairwise(ends)]


@implements(np.split)
def _split(x: Any, parts: Any, axis: int = 0) -> Any:
    np.split(np.empty(x.shape[axis], bool), parts)  # NumPy's own complaint about an unequal division
    return _array_split(x, parts, axis)


@implements(np.hsplit)
def _hsplit(x: Any, parts: Any) -> Any:
    return _split(x, parts, 1 if x.ndim > 1 else 0)


@implements(np.vsplit)
def _vsplit(x: Any, parts: Any) -> Any:
    return _split(x, parts, 0)


@implements(np.dsplit)
def _dsplit(x: Any, parts: Any) -> Any:
    return _split(x, parts, 2)


@implements(np.unstack)
def _unstack(x: Any, /, *, axis: int = 0) -> Any:
    moved = np.moveaxis(x, axis, 0)
    return tuple(moved[k] for k in range(moved.shape[0]))


@implements(np.tile)
def _tile(x: Any, reps: Any) -> Any:
    x = as_array(x)
    index = np.tile(np.arange(x.size).reshape(x.shape), reps)
    return np.ravel(x)[index]


@implements(np.repeat)
def _repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    x = as_array(x)
    if axis is None:
        x, axis = np.ravel(x), 0
    index = np.repeat(np.arange(x.shape[axis]), plain(repeats))
    return x[(*(slice(None),) * (axis % x.ndim), index)]


@implements(np.resize)
def _resize(x: Any, shape: Any) -> Any:
    return np.ravel(x)[np.resize(np.arange(x.size), shape)]


@implements(np.delete)
def _delete(x: Any, obj: Any, axis: Any = None) -> Any:
    if axis is None:
        x, axis = np.ravel(x), 0
    return x[(*(slice(None),) * (axis % x.ndim), np.delete(np.arange(x.shape[axis]), plain(obj)))]


@implements(np.insert)
def _insert(x: Any, obj: int, values: Any, axis: Any = None) -> Any:
    if axis is None:
        x, axis = np.ravel(x), 0
    if not isinstance(obj, int):
        raise NotImplementedError("numpy.insert is differentiated for one integer position only")
    x = np.moveaxis(x, axis, 0)
    shape = (1, *x.shape[1:]) if np.ndim(values) < x.ndim else None
    block = np.broadcast_to(as_array(values), shape) if shape else np.moveaxis(values, axis, 0)
    return np.moveaxis(_concatenate([x[:obj], block, x[obj:]]), 0, axis)


@implements(np.pad)
def _pad(x: Any, width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    widths = tuple((int(low), int(high)) for low, high in np.broadcast_to(np.asarray(width), (x.ndim, 2)))
    if mode == "constant":
        out = apply(rules.PAD, (x,), {"width": widths})
        fill = kwargs.get("constant_values", 0)
        return (
            out if np.ndim(fill) == 0 and fill == 0 else out + np.pad(np.zeros(x.shape), widths, constant_values=fill)
        )
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        return np.ravel(x)[np.pad(np.arange(x.size).reshape(x.shape), widths, mode, **kwargs)]
    raise NotImplementedError(f"numpy.pad(mode={mode!r}) is not differentiated by the tape")


@implements(np.block)
def _block(parts: Any) -> Any:
    if not isinstance(parts, list):
        return as_array(parts)
    depth, probe = 0, parts
    while isinstance(probe, list):
        depth, probe = depth + 1, probe[0]
    return _block_at(parts, depth, 1)


def _block_at(parts: Any, depth: int, level: int) -> Any:
    if not isinstance(parts, list):
        x = as_array(parts)
        return np.reshape(x, (1,) * max(depth - x.ndim, 0) + x.shape)
    return _concatenate([_block_at(p, depth, level + 1) for p in parts], level - depth - 1)
