"""One run of a function of floats, recorded, and run again in compiled code at many points at once.

The function is called on arrays of :class:`Traced` numbers. NumPy works on such arrays element by element, with real
views and writes, so that the record is a straight line of scalar operations. Each comparison leaves a guard: a point at
which it would come out otherwise took another branch, and is handed back to be computed by a real call.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

UNARY = (
    "negative", "absolute", "sqrt", "exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh",
    "tanh", "log1p", "expm1", "log2", "log10", "exp2", "arcsinh", "arccosh", "arctanh", "floor", "ceil",
)  # fmt: skip
BINARY = ("add", "subtract", "multiply", "divide", "power", "arctan2", "hypot", "remainder")
GUARDS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
CODES = {name: code for code, name in enumerate((*UNARY, *BINARY, *GUARDS))}
FIRST_GUARD = CODES["less"]
MOST = 1_000_000
"""Operations of a record; longer ones are not replayed."""

_WORTH = 1_000_000
"""Operations that are worth a thread."""


class UntraceableError(Exception):
    """The function can't be recorded."""


class _Record:
    def __init__(self, inputs: np.ndarray[Any, Any]) -> None:
        self.inputs = inputs.size
        self.constants: dict[float, int] = {}
        self.codes: list[int] = []
        self.first: list[int] = []
        self.second: list[int] = []
        self.expected: list[bool] = []

    def operand(self, value: Any) -> int:
        """The place of an operand: an input (from 0), an operation (from 0, below zero: ``-1 - k``), a constant."""
        if type(value) is Traced:
            if value.record is not self:
                raise UntraceableError("a number of another record")
            return value.place
        number = float(value)
        return self.inputs + self.constants.setdefault(number, len(self.constants))

    def push(self, name: str, value: Any, x: Any, y: Any = 0.0, expected: bool = False) -> Traced:
        """Append an operation."""
        if len(self.codes) >= MOST:
            raise UntraceableError("too many operations")
        self.codes.append(CODES[name])
        self.first.append(self.operand(x))
        self.second.append(self.operand(y))
        self.expected.append(expected)
        return Traced(float(value), -len(self.codes), self)


class Traced:
    """A float whose operations are recorded."""

    __slots__ = ("place", "record", "value")
    __array_priority__ = 100

    def __init__(self, value: float, place: int, record: _Record) -> None:
        self.value, self.place, self.record = value, place, record

    def __bool__(self) -> bool:
        differs: bool = self.__ne__(0.0)
        return differs

    def __float__(self) -> float:
        raise UntraceableError("the function takes a number out of the record")

    __int__ = __index__ = __complex__ = __float__
    __hash__ = None  # type: ignore[assignment]

    def conjugate(self) -> Traced:
        """Itself."""
        return self

    @property
    def real(self) -> Traced:
        """Itself."""
        return self

    @property
    def imag(self) -> float:
        """Nothing."""
        return 0.0

    def item(self) -> Any:
        """Leaves the record."""
        return self.__float__()


def _plain(value: Any) -> Any:
    return value.value if type(value) is Traced else value


def _is_number(value: Any) -> bool:
    return type(value) is Traced or isinstance(value, (int, float, np.integer, np.floating, np.bool_))


def _unary(name: str) -> Callable[[Traced], Traced]:
    ufunc = getattr(np, name)
    return lambda self: self.record.push(name, ufunc(self.value), self)


def _binary(name: str, swapped: bool = False) -> Callable[[Traced, Any], Any]:
    ufunc = getattr(np, name)

    def call(self: Traced, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        x, y = (other, self) if swapped else (self, other)
        return self.record.push(name, ufunc(_plain(x), _plain(y)), x, y)

    return call


def _guard(name: str) -> Callable[[Traced, Any], Any]:
    ufunc = getattr(np, name)

    def call(self: Traced, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        outcome = bool(ufunc(self.value, _plain(other)))
        self.record.push(name, 0.0, self, other, outcome)
        return outcome

    return call


def _install() -> None:
    for name in UNARY:
        setattr(Traced, name, _unary(name))
    for short, name in {"neg": "negative", "abs": "absolute", "floor": "floor", "ceil": "ceil"}.items():
        setattr(Traced, f"__{short}__", _unary(name))
    setattr(Traced, "__pos__", lambda self: self)  # noqa: B010 (beside the others)
    operators = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power"}
    for short, name in {**operators, "mod": "remainder"}.items():
        setattr(Traced, f"__{short}__", _binary(name))
        setattr(Traced, f"__r{short}__", _binary(name, swapped=True))
    for name in ("arctan2", "hypot"):
        setattr(Traced, name, _binary(name))
    for short, name in zip(("lt", "le", "gt", "ge", "eq", "ne"), GUARDS, strict=True):
        setattr(Traced, f"__{short}__", _guard(name))


_install()


class Replay:
    """A recorded function, ready to run at many points. ``count`` says how many points were computed by it."""

    def __init__(self, record: _Record, result: Any) -> None:
        place = record.operand(result)  # may be one more constant
        inputs, constants = record.inputs, len(record.constants)
        self._inputs = inputs
        self._constants = np.array(list(record.constants), np.float64)
        base = inputs + constants
        self._codes = np.array(record.codes, np.uint8)
        self._expected = np.array(record.expected, np.bool_)
        self._first, self._second = (_places(each, base) for each in (record.first, record.second))
        self._result = base - 1 - place if place < 0 else place
        self.count = 0

    @property
    def size(self) -> int:
        """How many operations it has."""
        return int(self._codes.size)

    def run(self, points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The values at points (a row each); NaN where a guard failed."""
        from statelint.tape.replay_kernel import replay

        out = np.full(len(points), np.nan)
        given = np.ascontiguousarray(points, np.float64)
        work = (self._codes, self._first, self._second, self._expected, self._constants, self._result)
        lanes = min(os.cpu_count() or 1, len(points), 1 + self.size * len(points) // _WORTH)
        with ThreadPoolExecutor(lanes) as pool:
            cuts = [len(points) * k // lanes for k in range(lanes + 1)]
            parts = [slice(cuts[k], cuts[k + 1]) for k in range(lanes)]
            list(pool.map(lambda part: replay(*work, given[part], out[part]), parts))
        self.count += int(np.count_nonzero(~np.isnan(out)))
        return out


def _places(places: list[int], base: int) -> np.ndarray[Any, Any]:
    found = np.array(places, np.int64)
    return np.where(found < 0, base - 1 - found, found)


def record(f: Callable[[list[Any]], Any], points: list[Any]) -> Replay | None:
    """Record a real function of float64 arrays at ``points``; None if it can't be, or would not give the same.

    The record is believed only if it gives what a real call gives, here and at a point near it.
    """
    if not points or any(np.asarray(p).dtype != np.float64 for p in points):
        return None
    flat = np.concatenate([np.ravel(p) for p in points])
    made = _Record(flat)
    try:
        with np.errstate(all="ignore"):
            result = f(_split([Traced(v, k, made) for k, v in enumerate(flat.tolist())], points, object))
        while isinstance(result, np.ndarray) and result.ndim == 0:
            result = result[()]
        if not _is_number(result):
            return None
        found = Replay(made, result)
        return found if _agrees(f, points, flat, found) else None
    except Exception:
        return None  # whatever it is that the function can't do on such numbers, real calls can


def _agrees(f: Callable[[list[Any]], Any], points: list[Any], flat: np.ndarray[Any, Any], found: Replay) -> bool:
    near = flat + 1e-7 * np.maximum(np.abs(flat), 1.0) * np.cos(np.arange(flat.size))
    for at in (flat, near):
        value = found.run(at[None])[0]
        real = float(np.real(f(_split(at, points, np.float64))))
        if at is flat and math.isnan(value):
            return False
        if not math.isnan(value) and abs(value - real) > 1e-11 * max(abs(real), 1e-3):
            return False
    found.count = 0
    return True


def _split(flat: Any, points: list[Any], dtype: Any) -> list[Any]:
    """Values in the shapes of ``points``: numbers for those of no dimension."""
    out: list[Any] = []
    start = 0
    for p in points:
        size = int(np.size(p))
        part = np.empty(size, dtype)
        part[:] = flat[start : start + size]
        out.append(part[0] if np.ndim(p) == 0 else part.reshape(np.shape(p)))
        start += size
    return out
