"""A scalar tape for interpreted programs of very many cheap operations: the same flat entries, pushed from Python."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from statelint.tape.entries import ENTRY, sweep

_pack = struct.Struct("=IIdd").pack


class Record:
    """The growing entries behind a set of :class:`Scalar`."""

    __slots__ = ("entries", "leaves", "size")

    def __init__(self, leaves: int) -> None:
        self.leaves = leaves
        self.size = leaves + 1
        self.entries = bytearray()

    def push(self, p0: int, d0: float, p1: int = 0, d1: float = 0.0) -> int:
        """Append an entry; returns its index."""
        self.entries += _pack(p0, p1, d0, d1)
        index = self.size
        self.size = index + 1
        return index

    def reverse(self, index: int, g: float = 1.0) -> np.ndarray[Any, Any]:
        """Adjoints of the leaves, float64, for the cotangent ``g`` of one scalar."""
        adjoint = np.zeros(self.size)
        adjoint[index] = g
        entries = np.frombuffer(bytes(self.entries), ENTRY)
        if entries.size:
            sweep()(entries, adjoint, self.leaves + 1)
        return adjoint[1 : self.leaves + 1]


class Scalar:
    """A float that records what is done with it. Comparisons look at its value."""

    __slots__ = ("index", "record", "value")

    def __init__(self, value: float, index: int, record: Record) -> None:
        self.value, self.index, self.record = value, index, record

    def __repr__(self) -> str:
        return f"Scalar({self.value!r})"

    def _one(self, value: float, d: float) -> Scalar:
        return Scalar(value, self.record.push(self.index, d), self.record)

    def _two(self, other: Scalar, value: float, d0: float, d1: float) -> Scalar:
        if other.record is not self.record:
            raise ValueError("the scalars are on different records")
        return Scalar(value, self.record.push(self.index, d0, other.index, d1), self.record)

    def __add__(self, other: Any) -> Scalar:
        if type(other) is Scalar:
            return self._two(other, self.value + other.value, 1.0, 1.0)
        return self._one(self.value + other, 1.0)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Scalar:
        if type(other) is Scalar:
            return self._two(other, self.value - other.value, 1.0, -1.0)
        return self._one(self.value - other, 1.0)

    def __rsub__(self, other: float) -> Scalar:
        return self._one(other - self.value, -1.0)

    def __mul__(self, other: Any) -> Scalar:
        if type(other) is Scalar:
            return self._two(other, self.value * other.value, other.value, self.value)
        return self._one(self.value * other, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Scalar:
        if type(other) is Scalar:
            value = self.value / other.value
            return self._two(other, value, 1.0 / other.value, -value / other.value)
        return self._one(self.value / other, 1.0 / other)

    def __rtruediv__(self, other: float) -> Scalar:
        value = other / self.value
        return self._one(value, -value / self.value)

    def __pow__(self, other: Any) -> Scalar:
        x = self.value
        if type(other) is Scalar:
            value = x**other.value
            d1 = value * math.log(x) if x > 0 else 0.0
            return self._two(other, value, other.value * x ** (other.value - 1.0) if other.value else 0.0, d1)
        return self._one(x**other, other * x ** (other - 1) if other else 0.0)

    def __rpow__(self, other: float) -> Scalar:
        value = other**self.value
        return self._one(value, value * math.log(other))

    def __neg__(self) -> Scalar:
        return self._one(-self.value, -1.0)

    def __abs__(self) -> Scalar:
        return self._one(abs(self.value), float(np.sign(self.value)))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < value_of(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= value_of(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > value_of(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= value_of(other))

    def __eq__(self, other: object) -> bool:
        return bool(self.value == value_of(other))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.value)


def value_of(x: Any) -> Any:
    """The number behind a scalar; anything else as it is."""
    return x.value if type(x) is Scalar else x


def _function(value: Callable[[float], float], partial: Callable[[float, float], float]) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        if type(x) is not Scalar:
            return value(x)
        y = value(x.value)
        return x._one(y, partial(x.value, y))

    call.__name__ = value.__name__
    call.__doc__ = f"As ``math.{value.__name__}``, for scalars and numbers."
    return call


sin = _function(math.sin, lambda x, y: math.cos(x))
cos = _function(math.cos, lambda x, y: -math.sin(x))
tan = _function(math.tan, lambda x, y: 1.0 + y * y)
exp = _function(math.exp, lambda x, y: y)
log = _function(math.log, lambda x, y: 1.0 / x)
sqrt = _function(math.sqrt, lambda x, y: 0.5 / y)
tanh = _function(math.tanh, lambda x, y: 1.0 - y * y)
atan = _function(math.atan, lambda x, y: 1.0 / (1.0 + x * x))


def value_and_grad(f: Callable[..., Any], *args: float) -> tuple[float, tuple[float, ...]]:
    """Value and gradient of a function of floats that is written with operators and this module's functions.

    Args:
        f: returns one number.
        args: floats; all are differentiated.
    """
    record = Record(len(args))
    out = f(*(Scalar(float(v), k, record) for k, v in enumerate(args, start=1)))
    if type(out) is not Scalar:
        return float(out), (0.0,) * len(args)
    found: Sequence[float] = record.reverse(out.index).tolist()
    return out.value, tuple(found)
