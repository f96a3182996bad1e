"""New arrays in the likeness of others; they are tape arrays, so that derivatives may be written into them."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import fresh
from statelint.tape.arrays import plain
from statelint.tape.dispatch import as_array, implements


@implements(np.zeros_like)
def _zeros_like(x: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any) -> Any:
    return fresh(np.zeros(x.shape if shape is None else shape, x.dtype if dtype is None else dtype))


@implements(np.ones_like)
def _ones_like(x: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any) -> Any:
    return fresh(np.ones(x.shape if shape is None else shape, x.dtype if dtype is None else dtype))


@implements(np.empty_like)
def _empty_like(x: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any) -> Any:
    return _zeros_like(x, dtype, order, subok, shape)


@implements(np.full_like)
def _full_like(x: Any, value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Any:
    out = _zeros_like(x, dtype, order, subok, shape)
    out[...] = value
    return out


@implements(np.meshgrid)
def _meshgrid(*xs: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    picks = np.meshgrid(*(np.arange(np.size(x)) for x in xs), sparse=sparse, indexing=indexing)  # type: ignore[call-overload]
    return tuple(np.ravel(as_array(x))[pick] for x, pick in zip(xs, picks, strict=True))


@implements(np.linspace)
def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    **_: Any,
) -> Any:
    if retstep or axis != 0:
        raise NotImplementedError("numpy.linspace with retstep= or axis= is not differentiated by the tape")
    steps = np.linspace(0.0, 1.0, num, endpoint=endpoint)
    start, stop = as_array(start), as_array(stop)
    wide = np.reshape(steps, (num, *(1,) * max(start.ndim, stop.ndim)))
    return start + (stop - start) * wide


@implements(np.vander)
def _vander(x: Any, n: Any = None, increasing: bool = False) -> Any:
    count = x.shape[0] if n is None else n
    columns = [x**k for k in range(count)]
    return np.stack(columns if increasing else columns[::-1], axis=-1)


@implements(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    total: Any = 0.0
    for c in p:
        total = total * x + c
    return total


@implements(np.iscomplexobj)
def _iscomplexobj(x: Any) -> bool:
    return bool(plain(x).dtype.kind == "c")
