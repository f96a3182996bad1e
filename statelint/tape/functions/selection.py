"""Choosing elements: where, clip, take, sort, triangles, diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import apply, fresh
from statelint.tape.arrays import Array, plain
from statelint.tape.dispatch import as_array, implements
from statelint.tape.rules import elementwise, indexing, sorting

implements(np.sort)(sorting.sort)
implements(np.partition)(sorting.partition)


@implements(np.where)
def _where(condition: Any, *choices: Any) -> Any:
    condition = np.array(plain(condition))  # a copy: it may change before the sweep
    if not choices:
        return np.where(condition)
    x, y = (v if type(v) is Array else (as_array(v) if isinstance(v, (list, tuple)) else v) for v in choices)
    return apply(elementwise.WHERE, (x, y), {"condition": condition})


@implements(np.clip)
def _clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None, **kwargs: Any) -> Any:
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    if type(low) is Array or type(high) is Array:
        x = x if low is None else np.maximum(x, low)
        return x if high is None else np.minimum(x, high)
    raw = plain(x)
    inside = np.ones(raw.shape, bool)
    if low is not None:
        inside = inside & (raw >= low)
    if high is not None:
        inside = inside & (raw <= high)
    return apply(elementwise.WHERE, (x, np.clip(raw, low, high)), {"condition": inside})


@implements(np.take)
def _take(x: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    x = as_array(x)
    index = plain(indices)
    if axis is None:
        return np.ravel(x)[np.asarray(index)] if np.ndim(index) else np.ravel(x)[index]
    if mode != "raise":
        index = np.take(np.arange(x.shape[axis]), index, mode="wrap" if mode == "wrap" else "clip")
    picked = index if np.ndim(index) == 0 else np.asarray(index)
    return x[(*(slice(None),) * (axis % x.ndim), picked)]


@implements(np.take_along_axis)
def _take_along_axis(x: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        x, axis = np.ravel(x), 0
    return apply(indexing.TAKE_ALONG, (x,), {"index": np.array(plain(indices)), "axis": axis})


@implements(np.put_along_axis)
def _put_along_axis(x: Any, indices: Any, values: Any, axis: Any) -> None:
    x[indexing._along(plain(indices), axis, x.ndim)] = values


@implements(np.compress)
def _compress(condition: Any, x: Any, axis: Any = None) -> Any:
    return _take(x, np.flatnonzero(plain(condition)), axis)


@implements(np.extract)
def _extract(condition: Any, x: Any) -> Any:
    return np.ravel(x)[np.flatnonzero(plain(condition))]


@implements(np.select)
def _select(conditions: Any, choices: Any, default: Any = 0) -> Any:
    out = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        out = _where(condition, choice, out)
    return out


@implements(np.choose)
def _choose(index: Any, choices: Any) -> Any:
    index = np.asarray(plain(index))
    return _select([index == k for k in range(len(choices))], list(choices))


@implements(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    raw = plain(x)
    return apply(
        elementwise.WHERE,
        (x, np.nan_to_num(raw, nan=nan, posinf=posinf, neginf=neginf)),
        {"condition": np.isfinite(raw)},
    )


@implements(np.tril)
def _tril(x: Any, k: int = 0) -> Any:
    return _where(np.tril(np.ones(x.shape[-2:], bool), k), x, x.dtype.type(0))


@implements(np.triu)
def _triu(x: Any, k: int = 0) -> Any:
    return _where(np.triu(np.ones(x.shape[-2:], bool), k), x, x.dtype.type(0))


@implements(np.diag)
def _diag(x: Any, k: int = 0) -> Any:
    if x.ndim != 1:
        return np.diagonal(x, k)
    n = x.shape[0] + abs(k)
    rows = np.arange(x.shape[0])
    return apply(indexing.SPREAD, (x,), {"shape": (n, n), "index": (rows + max(-k, 0), rows + max(k, 0))})


@implements(np.diagflat)
def _diagflat(x: Any, k: int = 0) -> Any:
    return _diag(np.ravel(x), k)


@implements(np.trace, np.linalg.trace)
def _trace(x: Any, offset: int = 0, axis1: int = -2, axis2: int = -1, dtype: Any = None) -> Any:
    if x.ndim == 2:
        return np.sum(np.diagonal(x, offset))
    return np.sum(np.diagonal(x, offset, axis1, axis2), axis=-1)


@implements(np.fill_diagonal)
def _fill_diagonal(x: Any, value: Any, wrap: bool = False) -> None:
    n = min(x.shape)
    x[tuple(np.arange(n) for _ in x.shape)] = value


@implements(np.copyto)
def _copyto(target: Any, source: Any, casting: str = "same_kind", where: Any = True) -> None:
    if type(target) is not Array:
        raise TypeError(
            "numpy.copyto needs a tape array to write to: a derivative written to a plain one would be lost"
        )
    if where is True:
        target[...] = source
    else:
        target[...] = _where(where, source, target)


@implements(np.putmask)
def _putmask(x: Any, mask: Any, values: Any) -> None:
    x[...] = _where(mask, np.resize(values, x.shape) if np.shape(values) != x.shape else values, x)


@implements(np.unique)
def _unique(x: Any, *args: Any, **kwargs: Any) -> Any:
    if args or kwargs:
        return np.unique(plain(x), *args, **kwargs)
    _, first = np.unique(plain(x), return_index=True)
    return np.ravel(x)[first]


@implements(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    if left is not None or right is not None or period is not None:
        raise NotImplementedError("numpy.interp with left=, right= or period= is not differentiated by the tape")
    x, xp, fp = as_array(x), as_array(xp), as_array(fp)
    k = np.clip(np.searchsorted(plain(xp), plain(x), side="right") - 1, 0, xp.shape[0] - 2)
    inner = np.clip(x, plain(xp)[0], plain(xp)[-1])
    return fp[k] + (fp[k + 1] - fp[k]) * (inner - xp[k]) / (xp[k + 1] - xp[k])


@implements(np.searchsorted)
def _searchsorted(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
    return np.searchsorted(plain(x), plain(v), *args, **kwargs)


@implements(np.around, np.round)
def _round(x: Any, decimals: int = 0) -> Any:
    return fresh(np.round(plain(x), decimals))


@implements(np.fix)
def _fix(x: Any) -> Any:
    return fresh(np.fix(plain(x)))
