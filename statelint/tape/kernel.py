"""``@tape.kernel``: loops over scalars that record themselves from compiled code."""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.apply import fresh
from statelint.tape.arrays import Array, refreshed
from statelint.tape.custom import kept, recorded_call
from statelint.tape.entries import Block
from statelint.tape.modes import vjp
from statelint.tape.record import state


class Kernel:
    """A function of scalars that runs compiled, with or without a record. Made by :func:`kernel`."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._compiled: Any = None
        functools.update_wrapper(self, f)

    @property
    def compiled(self) -> Any:
        """The Numba dispatcher: call it for plain values from other compiled code."""
        if self._compiled is None:
            import numba

            from statelint.tape import kernel_rules  # noqa: F401 (registers the types)
            from statelint.tape.kernel_passes import KernelCompiler

            try:
                self._compiled = numba.njit(cache=True, pipeline_class=KernelCompiler)(self._f)
            except RuntimeError:  # no source file to keep the cache beside
                self._compiled = numba.njit(pipeline_class=KernelCompiler)(self._f)
        return self._compiled

    @functools.cached_property
    def interpreted(self) -> Callable[..., Any]:
        """The function with ``math`` replaced by NumPy's functions, for modes that need arrays all the way."""
        f = self._f
        assert isinstance(f, types.FunctionType)
        names = {name: _Mathematics if value is math else value for name, value in f.__globals__.items()}
        names.update({n: getattr(_Mathematics, v.__name__) for n, v in names.items() if _is_math(v)})
        return types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, f.__closure__)

    def __call__(self, *args: Any) -> Any:
        """The function's value, recorded if an argument carries a derivative.

        Arguments are numbers and 0-d arrays; only float64 ones carry derivatives. Plain NumPy arrays are handed
        through. Results are numbers or tuples of numbers.

        Raises:
            TypeError: if an active argument is not a float64 scalar.
            MemoryError: if the record does not fit; split the loop with :func:`statelint.tape.rollout`.
        """
        values = [refreshed(a) if type(a) is Array else a for a in args]
        if any(type(v) is Array and v.tangents for v in values):
            return self._forward_mode(values)
        nodes = [v.node if type(v) is Array else None for v in values]
        if not state.recording or not any(n is not None for n in nodes):
            return self.compiled(*(_number(v) for v in values))
        active = [k for k, n in enumerate(nodes) if n is not None]
        results, record = self._record(values, active)
        return recorded_call(self, args, results, (record, kept(list(values))), nodes)

    def _record(self, values: list[Any], active: list[int]) -> tuple[Any, _Recorded]:
        """Run on the record of a new block; the arguments ``active`` are its leaves."""
        from statelint.tape.kernel_types import Leaf

        block = Block(len(active))
        given = [_number(v) for v in values]
        for index, k in enumerate(active, start=1):
            if np.shape(given[k]) != () or np.asarray(given[k]).dtype != np.float64:
                raise TypeError(
                    f"argument {k} of kernel {self._f.__name__} must be a float64 scalar to be differentiated"
                )
            given[k] = Leaf(float(given[k]), index, block.address)
        out = self.compiled(*given)
        block.require_whole()
        results = trees.tree_map(lambda v: v.value if type(v) is Leaf else v, out)
        indices = [v.index if type(v) is Leaf else 0 for v in trees.leaves(out)]
        return results, _Recorded(block, indices, active)

    def _forward_mode(self, values: list[Any]) -> Any:
        """Tangents: the rows of the recorded Jacobian times the arguments' tangents.

        Inside another differentiated call, where those rows would need derivatives themselves, the function runs in
        Python on arrays.
        """
        moved = [k for k, v in enumerate(values) if type(v) is Array and v.tangents]
        if state.depth > 1 or any(type(v) is Array and v.node is not None for v in values):
            return self.interpreted(*values)
        results, record = self._record(values, moved)
        outs = []
        for value, index in zip(trees.leaves(results), record.indices, strict=True):
            row = record.block.reverse([(index, 1.0)]) if index else np.zeros(len(moved))
            out = fresh(np.float64(value))
            out.tangents = {}
            for k, slope in zip(moved, row, strict=True):
                for tag, t in values[k].tangents.items():
                    out.tangents[tag] = out.tangents[tag] + slope * t if tag in out.tangents else slope * t
            outs.append(out)
        return trees.rebuild(results, outs)

    def pull(self, residuals: Any, cotangent: Any, args: tuple[Any, ...]) -> list[Any]:
        """Cotangents of the arguments from those of the results."""
        record, values = residuals
        given = trees.leaves(cotangent)
        if any(type(g) is Array for g in given):
            return self._pull_again(record.active, values, cotangent)
        seeds = [(i, float(g)) for i, g in zip(record.indices, given, strict=True) if i]
        adjoint = record.block.reverse(seeds)
        out: list[Any] = [None] * len(args)
        for k, a in zip(record.active, adjoint, strict=True):
            out[k] = a
        return out

    def _pull_again(self, active: list[int], values: list[Any], cotangent: Any) -> list[Any]:
        """For higher derivatives the function runs once more, on arrays."""

        def chosen(*points: Any) -> Any:
            full = list(values)
            for k, p in zip(active, points, strict=True):
                full[k] = p
            return self.interpreted(*full)

        found = iter(vjp(chosen, *(values[k] for k in active))[1](cotangent))
        return [next(found) if k in active else None for k in range(len(values))]


class _Recorded:
    """One record of a kernel: its block, the indices of its results, and which arguments are its leaves."""

    __slots__ = ("active", "block", "indices")

    def __init__(self, block: Block, indices: list[int], active: list[int]) -> None:
        self.block, self.indices, self.active = block, indices, active


class _Mathematics:
    """The functions of ``math`` as NumPy has them."""

    pi, e, tau, inf, nan = math.pi, math.e, math.tau, math.inf, math.nan
    sin, cos, tan, exp, expm1 = np.sin, np.cos, np.tan, np.exp, np.expm1
    asin, acos, atan, atan2 = np.arcsin, np.arccos, np.arctan, np.arctan2
    sinh, cosh, tanh, log, log1p = np.sinh, np.cosh, np.tanh, np.log, np.log1p
    log2, log10, sqrt, fabs, hypot = np.log2, np.log10, np.sqrt, np.fabs, np.hypot
    pow, floor, ceil = np.power, np.floor, np.ceil


def _is_math(value: Any) -> bool:
    return (
        type(value) is types.BuiltinFunctionType
        and value.__module__ == "math"
        and hasattr(_Mathematics, value.__name__)
    )


def _number(v: Any) -> Any:
    raw = v.data if type(v) is Array else v
    return raw[()] if type(raw) is np.ndarray and raw.ndim == 0 else raw


def kernel(f: Callable[..., Any]) -> Kernel:
    """Compile a function of scalars with Numba so that it records itself where it is differentiated.

    The function is written in Numba's subset of Python: loops, branches, ``math`` or NumPy functions of scalars,
    tuples.
    A branch is recorded as it is taken. Called with plain numbers it is the compiled function itself.

    One operation costs at most 24 bytes of record, and less where operations chain. Higher derivatives and forward mode
    run the function in Python on arrays: right, but slow.
    """
    return Kernel(f)
