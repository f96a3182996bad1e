"""NumPy's two protocols: universal functions and all other functions, looked up in tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import apply as engine
from statelint.tape import arrays, mutation

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""NumPy function -> what runs in its place on arrays."""

PLAIN: set[Any] = set()
"""NumPy functions whose results carry no derivative: they run on the plain elements."""


def implements(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter the decorated function into the table for each NumPy function named."""

    def enter(call: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            FUNCTIONS[function] = call
        return call

    return enter


def bare(value: Any) -> Any:
    """``value`` with every array in it, also inside lists and tuples, replaced by its elements."""
    if type(value) is arrays.Array:
        return value.data
    if type(value) in (list, tuple):
        return type(value)(bare(v) for v in value)
    if type(value) is dict:
        return {k: bare(v) for k, v in value.items()}
    return value


def function_call(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Run a NumPy function on arrays.

    Raises:
        NotImplementedError: naming the function, if the tape has no rule for it.
    """
    call = FUNCTIONS.get(func)
    if call is not None:
        out = kwargs.pop("out", None)
        result = call(*args, **kwargs)
        return result if out is None else deliver(result, out, func.__name__)
    if func in PLAIN:
        return func(*bare(args), **bare(kwargs))
    raise NotImplementedError(f"numpy.{func.__name__} is not differentiated by the tape")


def deliver(result: Any, out: Any, name: str) -> Any:
    """Write a result to the ``out=`` argument."""
    if isinstance(out, tuple):
        (out,) = out
    if type(out) is not arrays.Array:
        raise TypeError(f"out= of '{name}' must be a tape array: a derivative written to a plain one would be lost")
    mutation.assign(out, result if type(result) is arrays.Array else np.asarray(result), f"{name} out=")
    return out


def ufunc_call(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a universal function or one of its methods.

    Raises:
        NotImplementedError: naming the function, if the tape has no rule for it.
    """
    from statelint.tape.rules.elementwise import STEPS

    if method == "at":
        return _at(ufunc, *inputs)
    if method == "outer":
        x, y = (v if type(v) is arrays.Array else np.asarray(v) for v in inputs)
        return ufunc(np.reshape(x, (*x.shape, *(1,) * y.ndim)), y, **kwargs)
    if method in ("reduce", "accumulate"):
        return _method(ufunc, method, *inputs, **kwargs)
    if method != "__call__":
        raise NotImplementedError(f"numpy.{ufunc.__name__}.{method} is not differentiated by the tape")
    out = kwargs.pop("out", None)
    where = kwargs.pop("where", True)
    dtype = kwargs.pop("dtype", None)
    if where is not True:
        raise NotImplementedError(
            f"numpy.{ufunc.__name__}(where=...) is not differentiated; use numpy.where on its result"
        )
    kwargs.pop("casting", None), kwargs.pop("order", None), kwargs.pop("subok", None)
    prim = arrays.UFUNCS.get(ufunc)
    if out is not None and prim is not None:
        target = out[0] if isinstance(out, tuple) else out
        if type(target) is arrays.Array:
            inputs = mutation.clone_clobbered(prim, inputs, target)
    if prim is not None:
        result = engine.apply(prim, [as_operand(v) for v in inputs])
    elif ufunc in COMPOSED_UFUNCS:
        result = COMPOSED_UFUNCS[ufunc](*inputs)
    else:
        result = ufunc(*(arrays.plain(v) for v in inputs))
        results = result if isinstance(result, tuple) else (result,)
        if any(np.asarray(r).dtype.kind in "fc" for r in results):
            if ufunc not in STEPS:
                raise NotImplementedError(f"numpy.{ufunc.__name__} is not differentiated by the tape")
            result = engine.fresh(result)
    if dtype is not None:
        result = result.astype(dtype)
    return result if out is None else deliver(result, out, ufunc.__name__)


COMPOSED_UFUNCS: dict[Any, Callable[..., Any]] = {}


def as_operand(value: Any) -> Any:
    """Lists as NumPy reads them; a list of arrays is stacked."""
    if isinstance(value, (list, tuple)):
        return as_array(value)
    return value


def as_array(value: Any) -> Any:
    """As :func:`numpy.asarray`, for values that may be or hold arrays."""
    if type(value) is arrays.Array:
        return value
    if isinstance(value, (list, tuple)) and _holds_array(value):
        return np.stack([as_array(v) for v in value])
    return np.asarray(value)


def _holds_array(value: Any) -> bool:
    return type(value) is arrays.Array or (isinstance(value, (list, tuple)) and any(_holds_array(v) for v in value))


def _at(ufunc: np.ufunc, x: Any, index: Any, *operands: Any) -> None:
    """``ufunc.at``: the write that NumPy does without buffering; for ``add`` repeated indices add up."""
    from statelint.tape.rules.indexing import SPREAD

    if type(x) is not arrays.Array:
        raise TypeError("ufunc.at needs a tape array to write to")
    index = arrays.plain_index(index)
    if ufunc in (np.add, np.subtract):
        (value,) = operands
        value = as_array(value) if ufunc is np.add else -as_array(value)
        value = np.broadcast_to(value, np.shape(x.data[index])) + 0.0
        x += engine.apply(SPREAD, (value,), {"shape": x.shape, "index": index})
        return
    positions = np.arange(x.size).reshape(x.shape)[index]
    if np.unique(positions).size != positions.size:
        raise NotImplementedError(f"numpy.{ufunc.__name__}.at with repeated indices is not differentiated by the tape")
    x[index] = ufunc(x[index], *operands)


def _method(ufunc: np.ufunc, method: str, x: Any, axis: Any = 0, **kwargs: Any) -> Any:
    names: dict[tuple[str, Any], Any] = {
        ("reduce", np.add): np.sum,
        ("reduce", np.multiply): np.prod,
        ("reduce", np.maximum): np.max,
        ("reduce", np.minimum): np.min,
        ("accumulate", np.add): np.cumsum,
        ("accumulate", np.multiply): np.cumprod,
    }
    function = names.get((method, ufunc))
    kwargs = {k: v for k, v in kwargs.items() if v is not None and k in ("keepdims", "out")}
    if function is None:
        if method == "reduce" and ufunc in (np.logaddexp, np.hypot):
            return _fold(ufunc, x, axis)
        if np.dtype(ufunc.types[0][-1]).kind == "b" or ufunc in (np.logical_and, np.logical_or):
            return getattr(ufunc, method)(arrays.plain(x), axis=axis)
        raise NotImplementedError(f"numpy.{ufunc.__name__}.{method} is not differentiated by the tape")
    return function(x, axis=axis, **kwargs)


def _fold(ufunc: np.ufunc, x: Any, axis: int) -> Any:
    parts = [np.take(x, k, axis=axis) for k in range(x.shape[axis])]
    total = parts[0]
    for part in parts[1:]:
        total = ufunc(total, part)
    return total


_PLAIN_NAMES = """
all any allclose isclose array_equal array_equiv argmax argmin nanargmax nanargmin argsort lexsort argpartition argwhere
flatnonzero nonzero count_nonzero searchsorted digitize histogram bincount isin in1d shape ndim size result_type
can_cast may_share_memory shares_memory iscomplexobj isrealobj iscomplex isreal isneginf isposinf array_repr array_str
array2string min_scalar_type common_type unique_counts save savez savetxt packbits unpackbits tril_indices_from
triu_indices_from
""".split()  # noqa: SIM905 (a list of names reads best as one)
for _name in _PLAIN_NAMES:
    if hasattr(np, _name):
        PLAIN.add(getattr(np, _name))
PLAIN.add(np.linalg.matrix_rank)
