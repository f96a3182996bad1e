"""Gives the facade's tensor its operators and methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import ADD, DIVIDE, MULTIPLY, POWER, SUBTRACT
from statelint.tape.dispatch import bare
from statelint.tape.facade.torch import random
from statelint.tape.facade.torch._methods import ELEMENTWISE, OPERATIONS, Size, shape_of, sum_to
from statelint.tape.facade.torch._tensor import Tensor, lifted, plain, raw, wrap

_PRIMS = {"add": ADD, "sub": SUBTRACT, "mul": MULTIPLY, "div": DIVIDE, "pow": POWER}


def _in_place(name: str) -> Callable[..., Any]:
    f, prim = ELEMENTWISE[name], _PRIMS.get(name)

    def call(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if prim is not None and len(args) == 1 and not kwargs:
            return self.operate_in_place(prim, args[0])
        self.require_writable_leaf()
        before = wrap(np.copy(self.array()))  # torch clones what its own rule needs
        return self.write(f(before.array(), *(raw(a) for a in args), **{k: raw(v) for k, v in kwargs.items()}))

    return call


def _operator(f: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def call(self: Tensor, other: Any) -> Any:
        if not isinstance(other, (Tensor, int, float, complex, np.ndarray, np.generic)):
            return NotImplemented
        return wrap(f(self.array(), raw(other)))

    return call


def _to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    dtype = kwargs.get("dtype")
    for a in args:
        if isinstance(a, Tensor):
            dtype = a.array().dtype
        elif not isinstance(a, (str, bool)):
            dtype = a
    x = self.array()
    if dtype is None or x.dtype == np.dtype(dtype):
        return self
    return wrap(x.astype(dtype) if np.dtype(dtype).kind in "fc" else x.data.astype(dtype))  # type: ignore[no-any-return]


def _new(fill: float) -> Callable[..., Any]:
    return lambda self, *shape, **_: wrap(np.full(shape_of(shape), fill, self.array().dtype))


def _install() -> None:
    for name, f in OPERATIONS.items():
        setattr(Tensor, name, lifted(f))
    for name in ELEMENTWISE:
        setattr(Tensor, f"{name}_", _in_place(name))
    methods: dict[str, Any] = {
        "to": _to,
        "type": lambda self, dtype: _to(self, dtype),
        "type_as": lambda self, other: _to(self, other),
        "double": lambda self: _to(self, np.float64),
        "float": lambda self: _to(self, np.float32),
        "long": lambda self: _to(self, np.int64),
        "int": lambda self: _to(self, np.int32),
        "bool": lambda self: _to(self, np.bool_),
        "cpu": lambda self: self,
        "contiguous": lambda self: self,
        "copy_": lambda self, other: self.write(other),
        "fill_": lambda self, value: self.write(value),
        "zero_": lambda self: self.write(0.0),
        "masked_fill_": lambda self, mask, value: self.write(value, np.broadcast_to(plain(mask), self.array().shape)),
        "index_add_": lambda self, dim, index, source: self.write(
            sum_to(wrap(np.copy(self.array())).array(), raw(index), raw(source), dim)
        ),
        "size": lambda self, dim=None: Size(self.array().shape) if dim is None else self.array().shape[dim],
        "numel": lambda self: self.array().size,
        "nelement": lambda self: self.array().size,
        "dim": lambda self: self.array().ndim,
        "is_floating_point": lambda self: self.array().dtype.kind == "f",
        "is_contiguous": lambda self: bool(self.array().data.flags.c_contiguous),
        "data_ptr": lambda self: self.array().data.ctypes.data,
        "uniform_": lambda self, low=0.0, high=1.0: self.write(
            random.source(None).uniform(low, high, self.array().shape)
        ),
        "normal_": lambda self, mean=0.0, std=1.0: self.write(
            mean + std * random.source(None).standard_normal(self.array().shape)
        ),
        "new_zeros": _new(0.0),
        "new_ones": _new(1.0),
        "__add__": _operator(lambda x, y: apply(ADD, (x, y))),
        "__radd__": _operator(lambda x, y: apply(ADD, (y, x))),
        "__sub__": _operator(lambda x, y: apply(SUBTRACT, (x, y))),
        "__rsub__": _operator(lambda x, y: apply(SUBTRACT, (y, x))),
        "__mul__": _operator(lambda x, y: apply(MULTIPLY, (x, y))),
        "__rmul__": _operator(lambda x, y: apply(MULTIPLY, (y, x))),
        "__truediv__": _operator(lambda x, y: apply(DIVIDE, (x, y))),
        "__rtruediv__": _operator(lambda x, y: apply(DIVIDE, (y, x))),
        "__pow__": _operator(lambda x, y: apply(POWER, (x, y))),
        "__rpow__": _operator(lambda x, y: apply(POWER, (y, x))),
        "__mod__": _operator(lambda x, y: x % y),
        "__floordiv__": _operator(lambda x, y: x // y),
        "__matmul__": _operator(lambda x, y: x @ y),
        "__lt__": _operator(lambda x, y: bare(x) < bare(y)),
        "__le__": _operator(lambda x, y: bare(x) <= bare(y)),
        "__gt__": _operator(lambda x, y: bare(x) > bare(y)),
        "__ge__": _operator(lambda x, y: bare(x) >= bare(y)),
        "__eq__": _operator(lambda x, y: bare(x) == bare(y)),
        "__ne__": _operator(lambda x, y: bare(x) != bare(y)),
        "__and__": _operator(lambda x, y: bare(x) & bare(y)),
        "__or__": _operator(lambda x, y: bare(x) | bare(y)),
        "__invert__": lambda self: wrap(~self.array().data),
        "__neg__": lambda self: wrap(-self.array()),
        "__abs__": lambda self: wrap(abs(self.array())),
        "__iadd__": lambda self, other: self.operate_in_place(ADD, other),
        "__isub__": lambda self, other: self.operate_in_place(SUBTRACT, other),
        "__imul__": lambda self, other: self.operate_in_place(MULTIPLY, other),
        "__itruediv__": lambda self, other: self.operate_in_place(DIVIDE, other),
        "__ipow__": lambda self, other: self.operate_in_place(POWER, other),
        "shape": property(lambda self: Size(self.array().shape)),
        "dtype": property(lambda self: self.array().dtype),
        "ndim": property(lambda self: self.array().ndim),
        "T": property(lambda self: wrap(np.transpose(self.array()))),
        "mT": property(lambda self: wrap(np.swapaxes(self.array(), -1, -2))),
        "device": property(lambda self: "cpu"),
        "is_cuda": False,
        "_version": property(lambda self: self.array().storage.version),
    }
    for name, method in methods.items():
        setattr(Tensor, name, method)


_install()
