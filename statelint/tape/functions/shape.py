"""Views and rearrangements."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import plain
from statelint.tape.dispatch import as_array, implements
from statelint.tape.rules import shaping as rules


@implements(np.reshape)
def _reshape(x: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    shape = newshape if shape is None else shape
    if order != "C":
        if order != "F":
            raise NotImplementedError(f"numpy.reshape(order={order!r}) is not differentiated by the tape")
        reverse = tuple(shape)[::-1] if isinstance(shape, (tuple, list)) else (shape,)
        return _transpose(_reshape(_transpose(x), reverse))
    whole = np.reshape(np.empty(x.shape, bool), plain(shape)).shape if _has_unknown(shape) else shape
    return apply(rules.RESHAPE, (x,), {"shape": whole})


def _has_unknown(shape: Any) -> bool:
    return True if not isinstance(shape, tuple) else any(n < 0 for n in shape)


@implements(np.ravel)
def _ravel(x: Any, order: str = "C") -> Any:
    return _reshape(x, (-1,), order)


@implements(np.transpose, np.permute_dims)
def _transpose(x: Any, axes: Any = None) -> Any:
    x = as_array(x)
    axes = tuple(range(x.ndim))[::-1] if axes is None else tuple(int(a) % x.ndim for a in axes)
    return apply(rules.TRANSPOSE, (x,), {"axes": axes})


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def _matrix_transpose(x: Any) -> Any:
    return _swapaxes(x, -1, -2)


@implements(np.swapaxes)
def _swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    axes = list(range(x.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return _transpose(x, axes)


@implements(np.moveaxis)
def _moveaxis(x: Any, source: Any, destination: Any) -> Any:
    order = np.moveaxis(np.empty(tuple(range(2, 2 + x.ndim)), np.bool_), source, destination).shape
    return _transpose(x, [n - 2 for n in order]) if x.ndim < 12 else _refuse("moveaxis over 12 axes")


def _refuse(what: str) -> Any:
    raise NotImplementedError(f"numpy.{what} is not differentiated by the tape")


@implements(np.rollaxis)
def _rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    axis, start = axis % x.ndim, start + x.ndim if start < 0 else start
    return _moveaxis(x, axis, start - 1 if axis < start else start)


@implements(np.squeeze)
def _squeeze(x: Any, axis: Any = None) -> Any:
    return _reshape(x, np.squeeze(np.empty(x.shape, bool), axis).shape)


@implements(np.expand_dims)
def _expand_dims(x: Any, axis: Any) -> Any:
    return _reshape(x, np.expand_dims(np.empty(x.shape, bool), axis).shape)


@implements(np.broadcast_to)
def _broadcast_to(x: Any, shape: Any, subok: bool = False) -> Any:
    return apply(rules.BROADCAST, (x,), {"shape": shape if isinstance(shape, tuple) else tuple(np.atleast_1d(shape))})


@implements(np.broadcast_arrays)
def _broadcast_arrays(*xs: Any, subok: bool = False) -> Any:
    shape = np.broadcast_shapes(*(np.shape(x) for x in xs))
    return tuple(np.broadcast_to(x, shape) for x in xs)


def _at_least(x: Any, wide: Any) -> Any:
    x = as_array(x)
    return _reshape(x, wide(np.empty(x.shape, bool)).shape) if type(x) is not np.ndarray else wide(x)


@implements(np.atleast_1d)
def _atleast_1d(*xs: Any) -> Any:
    out = tuple(_at_least(x, np.atleast_1d) for x in xs)
    return out[0] if len(out) == 1 else out


@implements(np.atleast_2d)
def _atleast_2d(*xs: Any) -> Any:
    out = tuple(_at_least(x, np.atleast_2d) for x in xs)
    return out[0] if len(out) == 1 else out


@implements(np.atleast_3d)
def _atleast_3d(*xs: Any) -> Any:
    out = tuple(_at_least(x, np.atleast_3d) for x in xs)
    return out[0] if len(out) == 1 else out


@implements(np.flip)
def _flip(x: Any, axis: Any = None) -> Any:
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in np.atleast_1d(axis)]
    return x[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(x.ndim))]


@implements(np.flipud)
def _flipud(x: Any) -> Any:
    return _flip(x, 0)


@implements(np.fliplr)
def _fliplr(x: Any) -> Any:
    return _flip(x, 1)


@implements(np.rot90)
def _rot90(x: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    for _ in range(k % 4):
        x = _flip(_swapaxes(x, axes[0], axes[1]), axes[0])
    return x


@implements(np.roll)
def _roll(x: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return _reshape(apply(rules.ROLL, (_ravel(x),), {"shift": shift, "axis": 0}), x.shape)
    return apply(rules.ROLL, (x,), {"shift": tuple(shift) if np.ndim(shift) else shift, "axis": axis})


@implements(np.diagonal)
def _diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    if (axis1 % x.ndim, axis2 % x.ndim) != (x.ndim - 2, x.ndim - 1):
        x = _moveaxis(x, (axis1, axis2), (-2, -1))
    return apply(rules.DIAGONAL, (x,), {"offset": offset})


@implements(np.linalg.diagonal)
def _linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return apply(rules.DIAGONAL, (x,), {"offset": offset})


@implements(np.real)
def _real(x: Any) -> Any:
    from statelint.tape.rules.elementwise import REAL

    return apply(REAL, (x,))


@implements(np.imag)
def _imag(x: Any) -> Any:
    from statelint.tape.rules.elementwise import IMAG

    return apply(IMAG, (x,))


@implements(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    out = np.arctan2(_imag(z), _real(z))
    return np.rad2deg(out) if deg else out


@implements(np.copy)
def _copy(x: Any, order: str = "K", subok: bool = False) -> Any:
    from statelint.tape.rules.elementwise import COPY

    return apply(COPY, (x,))
