"""The facade's array: immutable, with ``.at``; behind it a NumPy value, or a tape array under differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.arrays import Array as TapeArray
from statelint.tape.dispatch import as_array, bare


def outside(name: str) -> Any:
    """Refuse what the facade does not cover."""
    raise NotImplementedError(f"{name} is outside the jax facade")


class Array:
    """See ``jax.Array``. Methods that are not here are those of NumPy's arrays."""

    __array_ufunc__ = None

    def __init__(self, value: Any) -> None:
        self._v = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._v, name)
        return lifted(found) if callable(found) else wrap(found)

    @property
    def at(self) -> _At:
        """Updates that give a new array."""
        return _At(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(np.shape(self._v))

    @property
    def dtype(self) -> Any:
        """Type of the elements."""
        return self._v.dtype

    def __getitem__(self, index: Any) -> Array:
        return wrap(self._v[bare(raw(index))])  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("JAX arrays are immutable and do not support in-place item assignment; use x.at[idx].set(y)")

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        return self.shape[0]

    def __bool__(self) -> bool:
        return bool(bare(self._v))

    def __float__(self) -> float:
        return float(self._v)

    def __int__(self) -> int:
        return int(bare(self._v))

    def __index__(self) -> int:
        return int(bare(self._v))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(np.asarray(self._v), dtype=dtype)

    def __repr__(self) -> str:
        return f"Array({bare(self._v)!s})"

    def __format__(self, spec: str) -> str:
        return format(bare(self._v)[()], spec) if spec else repr(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Array:
        return self

    def block_until_ready(self) -> Array:
        """It is."""
        return self

    __hash__ = None  # type: ignore[assignment]


Array.__module__ = "jax"  # programs ask a value's type where it comes from


class _At:
    def __init__(self, x: Array) -> None:
        self._x = x

    def __getitem__(self, index: Any) -> _Update:
        return _Update(self._x, bare(raw(index)))


class _Update:
    """``x.at[index]``."""

    def __init__(self, x: Array, index: Any) -> None:
        self._x, self._index = x, index

    def _written(self, change: Callable[[Any], Any]) -> Array:
        out: Any = np.copy(as_array(raw(self._x)))
        if type(out) is not TapeArray:
            from statelint.tape.modes import array

            out = array(out)  # so that a derivative may be written into it
        change(out)
        return wrap(out if out.active else out.numpy())  # type: ignore[no-any-return]

    def _old(self) -> Any:
        return raw(self._x)[self._index]

    def set(self, value: Any, **_: Any) -> Array:
        """Replace."""
        return self._written(lambda out: out.__setitem__(self._index, raw(value)))

    def add(self, value: Any, **_: Any) -> Array:
        """Add; repeated indices add up."""
        return self._written(lambda out: np.add.at(out, self._index, raw(value)))

    def multiply(self, value: Any, **_: Any) -> Array:
        """Multiply."""
        return self._written(lambda out: out.__setitem__(self._index, self._old() * raw(value)))

    def max(self, value: Any, **_: Any) -> Array:
        """The larger one."""
        return self._written(lambda out: out.__setitem__(self._index, np.maximum(self._old(), raw(value))))

    def min(self, value: Any, **_: Any) -> Array:
        """The smaller one."""
        return self._written(lambda out: out.__setitem__(self._index, np.minimum(self._old(), raw(value))))

    def get(self, **_: Any) -> Array:
        """Read."""
        return self._x[self._index]


def raw(value: Any) -> Any:
    """The value behind an array; containers and other values as they are."""
    if isinstance(value, Array):
        return value._v
    if type(value) in (list, tuple):
        return type(value)(raw(v) for v in value)
    return value


def wrap(value: Any) -> Any:
    """NumPy values and tape arrays as the facade's arrays; other values as they are."""
    if isinstance(value, (np.ndarray, np.generic)) or type(value) is TapeArray:
        return Array(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(wrap(v) for v in value))
    if type(value) in (list, tuple):
        return type(value)(wrap(v) for v in value)
    return value


def raw_tree(tree: Any) -> Any:
    """A container with the values behind its arrays."""
    return trees.tree_map(raw, tree)


def wrap_tree(tree: Any) -> Any:
    """A container of the facade's arrays."""
    return trees.tree_map(wrap, tree)


def lifted(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy values as a function of the facade's arrays."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return wrap(f(*(raw(a) for a in args), **{k: raw(v) for k, v in kwargs.items()}))

    call.__name__ = getattr(f, "__name__", "call")
    return call


def _operator(f: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def call(self: Array, other: Any) -> Any:
        if not isinstance(other, (Array, TapeArray, int, float, complex, np.ndarray, np.generic)):
            return NotImplemented
        return wrap(f(self._v, raw(other)))

    return call


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "radd": lambda x, y: y + x,
    "sub": lambda x, y: x - y,
    "rsub": lambda x, y: y - x,
    "mul": lambda x, y: x * y,
    "rmul": lambda x, y: y * x,
    "truediv": lambda x, y: x / y,
    "rtruediv": lambda x, y: y / x,
    "pow": lambda x, y: x**y,
    "rpow": lambda x, y: y**x,
    "mod": lambda x, y: x % y,
    "floordiv": lambda x, y: x // y,
    "matmul": lambda x, y: x @ y,
    "rmatmul": lambda x, y: y @ x,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
    "and": lambda x, y: x & y,
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
}
for _name, _f in _OPERATORS.items():
    setattr(Array, f"__{_name}__", _operator(_f))
setattr(Array, "__neg__", lambda self: wrap(-self._v))  # noqa: B010 (beside the others)
setattr(Array, "__abs__", lambda self: wrap(abs(self._v)))  # noqa: B010
setattr(Array, "__invert__", lambda self: wrap(~self._v))  # noqa: B010
