"""Sums, extremes, moments and running reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import plain
from statelint.tape.dispatch import as_array, implements
from statelint.tape.record import Primitive
from statelint.tape.rules import reductions as rules
from statelint.tape.rules_support import axes_of, count_of, kept

_NO: Any = np._NoValue


def _flag(value: Any) -> bool:
    return False if value is _NO or value is None else bool(value)


def _reduce(prim: Primitive, x: Any, axis: Any, keepdims: Any, initial: Any, where: Any, dtype: Any = None) -> Any:
    if (where is not _NO and where is not True) or (initial is not _NO and initial is not None):
        raise NotImplementedError(f"numpy.{prim.name} with where= or initial= is not differentiated by the tape")
    x = as_array(x)
    if dtype is not None:
        x = x.astype(dtype)
    return apply(prim, (x,), {"axis": tuple(axis) if isinstance(axis, list) else axis, "keepdims": _flag(keepdims)})


@implements(np.sum)
def _sum(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = _NO, where: Any = True
) -> Any:
    if initial is not _NO:
        return _sum(x, axis, dtype, keepdims, where=where) + initial
    return _reduce(rules.SUM, x, axis, keepdims, initial, where, dtype)


@implements(np.prod)
def _prod(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = _NO, where: Any = True
) -> Any:
    return _reduce(rules.PROD, x, axis, keepdims, initial, where, dtype)


@implements(np.max, np.amax)
def _max(x: Any, axis: Any = None, keepdims: Any = False, initial: Any = _NO, where: Any = True) -> Any:
    return _reduce(rules.MAX, x, axis, keepdims, initial, where)


@implements(np.min, np.amin)
def _min(x: Any, axis: Any = None, keepdims: Any = False, initial: Any = _NO, where: Any = True) -> Any:
    return _reduce(rules.MIN, x, axis, keepdims, initial, where)


@implements(np.ptp)
def _ptp(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return _max(x, axis, keepdims) - _min(x, axis, keepdims)


@implements(np.mean)
def _mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    return _sum(x, axis, dtype, keepdims, where=where) / count_of(np.shape(x), axis)


def _variance(x: Any, axis: Any, ddof: float, keepdims: Any) -> Any:
    x = as_array(x)
    centred = x - kept(_mean(x, axis), x.shape, axis)
    square = np.real(centred * np.conj(centred)) if np.iscomplexobj(x) else centred * centred
    return _sum(square, axis, keepdims=keepdims) / (count_of(x.shape, axis) - ddof)


@implements(np.var)
def _var(x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: Any = False, **other: Any) -> Any:
    if other:
        raise NotImplementedError(f"numpy.var({', '.join(other)}=...) is not differentiated by the tape")
    return _variance(x, axis, ddof, keepdims)


@implements(np.std)
def _std(x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: Any = False, **other: Any) -> Any:
    return np.sqrt(_var(x, axis, dtype, ddof, keepdims, **other))


@implements(np.average)
def _average(x: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    if returned:
        raise NotImplementedError("numpy.average(returned=True) is not differentiated by the tape")
    if weights is None:
        return _mean(x, axis, keepdims=keepdims)
    weights = as_array(weights)
    x = as_array(x)
    if weights.shape != x.shape:
        weights = np.reshape(weights, tuple(n if k in axes_of(axis, x.ndim) else 1 for k, n in enumerate(x.shape)))
        weights = np.broadcast_to(weights, x.shape) * 1.0
    return _sum(x * weights, axis, keepdims=keepdims) / _sum(weights, axis, keepdims=keepdims)


def _running(prim: Primitive, x: Any, axis: Any) -> Any:
    x = as_array(x)
    if axis is None:
        x, axis = np.ravel(x), 0
    return apply(prim, (x,), {"axis": axis})


@implements(np.cumsum)
def _cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    return _running(rules.CUMSUM, x, axis)


@implements(np.cumprod)
def _cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    return _running(rules.CUMPROD, x, axis)


def _without_nan(x: Any, fill: float) -> tuple[Any, Any]:
    missing = np.isnan(plain(x))
    return np.where(missing, fill, x), ~missing


@implements(np.nansum)
def _nansum(x: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    return _sum(_without_nan(x, 0.0)[0], axis, keepdims=keepdims)


@implements(np.nanprod)
def _nanprod(x: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    return _prod(_without_nan(x, 1.0)[0], axis, keepdims=keepdims)


@implements(np.nanmean)
def _nanmean(x: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    values, present = _without_nan(x, 0.0)
    return _sum(values, axis, keepdims=keepdims) / np.sum(present, axis=axis, keepdims=_flag(keepdims))


@implements(np.nanvar)
def _nanvar(x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: Any = False) -> Any:
    values, present = _without_nan(x, 0.0)
    centred = (values - kept(_nanmean(x, axis), x.shape, axis)) * present
    return _sum(centred * centred, axis, keepdims=keepdims) / (
        np.sum(present, axis=axis, keepdims=_flag(keepdims)) - ddof
    )


@implements(np.nanstd)
def _nanstd(x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: Any = False) -> Any:
    return np.sqrt(_nanvar(x, axis, dtype, ddof, keepdims))


@implements(np.nanmax)
def _nanmax(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return _max(_without_nan(x, -np.inf)[0], axis, keepdims)


@implements(np.nanmin)
def _nanmin(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return _min(_without_nan(x, np.inf)[0], axis, keepdims)


@implements(np.quantile)
def _quantile(x: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = False, **other: Any) -> Any:
    if method != "linear" or any(v for v in other.values()):
        raise NotImplementedError("numpy.quantile is differentiated for method='linear' without weights only")
    x = as_array(x)
    axes = axes_of(axis, x.ndim)
    rest = [k for k in range(x.ndim) if k not in axes]
    flat = np.reshape(np.transpose(x, (*rest, *axes)), (*(x.shape[k] for k in rest), count_of(x.shape, axis)))
    ordered = np.sort(flat, axis=-1)
    place = np.asarray(plain(q)) * (flat.shape[-1] - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, flat.shape[-1] - 1)
    out = ordered[..., low] * (1 - (place - low)) + ordered[..., high] * (place - low)
    if np.ndim(plain(q)):
        out = np.moveaxis(out, -1, 0)
    if not _flag(keepdims):
        return out
    return np.expand_dims(out, tuple(a + np.ndim(plain(q)) for a in axes))


@implements(np.percentile)
def _percentile(x: Any, q: Any, axis: Any = None, **other: Any) -> Any:
    return _quantile(x, np.asarray(plain(q)) / 100.0, axis, **other)


@implements(np.median)
def _median(x: Any, axis: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return _quantile(x, 0.5, axis, keepdims=keepdims)


@implements(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    width = dx if x is None else np.diff(as_array(x), axis=axis if np.ndim(x) == np.ndim(y) else -1)
    y = np.moveaxis(as_array(y), axis, -1)
    if x is not None and np.ndim(x) > 1:
        width = np.moveaxis(width, axis, -1)
    return _sum((y[..., 1:] + y[..., :-1]) * 0.5 * width, axis=-1)
