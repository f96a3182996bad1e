"""Differentiable arrays with NumPy's semantics, real views and real writes included."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from statelint.tape.errors import LeakError
from statelint.tape.record import Primitive, primitive
from statelint.tape.storage import Raw, Storage

if TYPE_CHECKING:
    from statelint.tape.record import Node

ADD = primitive("add", operator.add, "x y")
SUBTRACT = primitive("subtract", operator.sub, "x y")
MULTIPLY = primitive("multiply", operator.mul, "x y")
DIVIDE = primitive("divide", operator.truediv, "x y")
UFUNCS: dict[Any, Primitive] = {}
"""Universal functions that have derivative rules."""

POWER = primitive("power", operator.pow, "x y")
NEGATIVE = primitive("negative", operator.neg, "x")
MOD = primitive("remainder", operator.mod, "x y")
FLOOR_DIVIDE = primitive("floor_divide", operator.floordiv, "x y")
MATMUL = primitive("matmul", operator.matmul, "x y")
GETITEM = primitive("getitem", lambda x, index: x[index], "x")
GETITEM.view = True
ASTYPE = primitive("astype", lambda x, dtype: np.asarray(x).astype(dtype), "x")


class Array:
    """A view of a storage that takes part in differentiation.

    Made by :func:`statelint.tape.array` and by every operation on arrays. It behaves as a NumPy array does: basic
    indexing, ``reshape``, ``.T`` and their like give views, in-place operators and ``x[i] = v`` write to the shared
    memory, an element read with ``x[i]`` is a scalar (immutable, so ``y = x[i]; y += 1`` rebinds ``y``). Comparisons
    and integer results are plain NumPy values.

    Leaving the record raises :class:`~statelint.tape.errors.LeakError` where it would lose a derivative
    (``np.asarray(x)``, ``float(x)``); ``x.numpy()`` and ``x.item()`` leave it on purpose.
    """

    __slots__ = ("data", "node", "stopped", "storage", "tangents", "version")

    data: Raw
    storage: Storage
    node: Node | None
    version: int
    tangents: dict[int, Array] | None
    stopped: bool

    def __init__(self, data: Raw, storage: Storage, node: Node | None = None) -> None:
        self.data = data
        self.storage = storage
        self.node = node
        self.version = storage.version
        self.tangents = None
        self.stopped = False

    # -- what it is ------------------------------------------------------------------------------------------------
    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self.data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self.data.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.size  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return self.data.nbytes  # type: ignore[no-any-return]

    @property
    def active(self) -> bool:
        """Does a derivative flow through it?"""
        refreshed(self)
        return self.node is not None or bool(self.tangents)

    def numpy(self) -> np.ndarray[Any, Any]:
        """A plain copy of the elements; no derivative flows through it."""
        return np.array(self.data)

    def item(self) -> Any:
        """The only element as a Python number; no derivative flows through it."""
        return self.data.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers; no derivative flows through them."""
        return self.data.tolist()

    def __repr__(self) -> str:
        return (
            f"tape.array({np.array2string(np.asarray(self.data), separator=', ')}{', active' if self.active else ''})"
        )

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Array]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self.data)))

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    # -- leaving the record ----------------------------------------------------------------------------------------
    def _leave(self, how: str) -> Raw:
        if self.active:
            raise LeakError(
                f"{how} would drop the derivative of this array; use tape.stop_gradient(x), x.item() or x.numpy() to "
                "leave the record on purpose, or the NumPy function of the same name to stay on it"
            )
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        data = np.asarray(self._leave("np.asarray(x)"))
        if copy or (dtype is not None and dtype != data.dtype):
            return np.array(data, dtype=dtype)
        shared = data.view()
        shared.flags.writeable = False
        return shared

    def __float__(self) -> float:
        return float(self._leave("float(x)"))

    def __complex__(self) -> complex:
        return complex(self._leave("complex(x)"))

    def __int__(self) -> int:
        return int(self.data)

    def __index__(self) -> int:
        return operator.index(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    # -- NumPy's protocols -----------------------------------------------------------------------------------------
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if not kwargs and method == "__call__" and len(inputs) == 1:
            prim = UFUNCS.get(ufunc)
            if prim is not None and not prim.view:
                return unary(prim, self)
        return dispatch.ufunc_call(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        return dispatch.function_call(func, args, kwargs)

    # -- operators -------------------------------------------------------------------------------------------------
    def __add__(self, other: Any) -> Any:
        return binary(ADD, self, other)

    def __radd__(self, other: Any) -> Any:
        return binary(ADD, other, self)

    def __sub__(self, other: Any) -> Any:
        return binary(SUBTRACT, self, other)

    def __rsub__(self, other: Any) -> Any:
        return binary(SUBTRACT, other, self)

    def __mul__(self, other: Any) -> Any:
        return binary(MULTIPLY, self, other)

    def __rmul__(self, other: Any) -> Any:
        return binary(MULTIPLY, other, self)

    def __truediv__(self, other: Any) -> Any:
        return binary(DIVIDE, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return binary(DIVIDE, other, self)

    def __pow__(self, other: Any) -> Any:
        return binary(POWER, self, other)

    def __rpow__(self, other: Any) -> Any:
        return binary(POWER, other, self)

    def __mod__(self, other: Any) -> Any:
        return binary(MOD, self, other)

    def __rmod__(self, other: Any) -> Any:
        return binary(MOD, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return binary(FLOOR_DIVIDE, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return binary(FLOOR_DIVIDE, other, self)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return np.matmul(other, self)

    def __neg__(self) -> Any:
        return unary(NEGATIVE, self)

    def __pos__(self) -> Any:
        return np.positive(self)

    def __abs__(self) -> Any:
        return np.absolute(self)

    def __iadd__(self, other: Any) -> Any:
        return mutation.in_place(ADD, self, other)

    def __isub__(self, other: Any) -> Any:
        return mutation.in_place(SUBTRACT, self, other)

    def __imul__(self, other: Any) -> Any:
        return mutation.in_place(MULTIPLY, self, other)

    def __itruediv__(self, other: Any) -> Any:
        return mutation.in_place(DIVIDE, self, other)

    def __ipow__(self, other: Any) -> Any:
        return mutation.in_place(POWER, self, other)

    def __imod__(self, other: Any) -> Any:
        return mutation.in_place(MOD, self, other)

    def __ifloordiv__(self, other: Any) -> Any:
        return mutation.in_place(FLOOR_DIVIDE, self, other)

    def __lt__(self, other: Any) -> Any:
        return self.data < plain(other)

    def __le__(self, other: Any) -> Any:
        return self.data <= plain(other)

    def __gt__(self, other: Any) -> Any:
        return self.data > plain(other)

    def __ge__(self, other: Any) -> Any:
        return self.data >= plain(other)

    def __eq__(self, other: object) -> Any:
        return self.data == plain(other)

    def __ne__(self, other: object) -> Any:
        return self.data != plain(other)

    __hash__ = None  # type: ignore[assignment]

    # -- indexing --------------------------------------------------------------------------------------------------
    def __getitem__(self, index: Any) -> Any:
        return apply(GETITEM, (self,), {"index": plain_index(index)})

    def __setitem__(self, index: Any, value: Any) -> None:
        mutation.set_item(self, plain_index(index), value)

    # -- methods that NumPy arrays have ----------------------------------------------------------------------------
    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        """Axes reversed: a view."""
        return np.transpose(self)

    @property
    def real(self) -> Any:
        """Real part."""
        return np.real(self)

    @property
    def imag(self) -> Any:
        """Imaginary part."""
        return np.imag(self)

    def astype(self, dtype: Any) -> Any:
        """A copy in another dtype; only floating and complex results stay differentiable."""
        return apply(ASTYPE, (self,), {"dtype": np.dtype(dtype)})

    def reshape(self, *shape: Any) -> Any:
        """As :func:`numpy.reshape`: a view."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """As :func:`numpy.transpose`: a view."""
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def fill(self, value: Any) -> None:
        """Write ``value`` to every element."""
        self[...] = value

    def copy(self) -> Any:
        """A copy in its own storage, with the derivative of the original."""
        return np.copy(self)

    def flatten(self) -> Any:
        """A 1-d copy."""
        return np.copy(np.ravel(self))

    def sort(self, axis: int = -1) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis=axis)

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(np, name)(self, *args, **kwargs)


def _method(name: str) -> Callable[..., Any]:
    def call(self: Array, *args: Any, **kwargs: Any) -> Any:
        return self._method(name, *args, **kwargs)

    call.__name__, call.__doc__ = name, f"As :func:`numpy.{name}`."
    return call


METHODS = (  # noqa: SIM905 (a list of names reads best as one)
    "sum prod mean var std max min argmax argmin argsort all any cumsum cumprod clip dot ravel repeat squeeze swapaxes "
    "diagonal trace round take conj conjugate nonzero ptp searchsorted"
).split()
for _name in METHODS:
    setattr(Array, _name, _method(_name))


def refreshed(x: Array) -> Array:
    """``x`` with the derivative history of its storage's present version."""
    if x.version != x.storage.version:
        refresh(x)
    return x


def plain(value: Any) -> Any:
    """The elements behind an array; anything else as it is."""
    return value.data if type(value) is Array else value


def plain_index(index: Any) -> Any:
    """An index with every array in it replaced by a copy of its elements: it may change before the sweep."""
    if type(index) is tuple:
        return tuple(plain_index(part) for part in index)
    if type(index) is Array:
        index = index.data
    if type(index) is np.ndarray:
        return index.copy()
    return np.array(index, dtype=None if index else np.intp) if type(index) is list else index


# The modules below need the class above; the package imports this module first.
from statelint.tape import dispatch, mutation  # noqa: E402
from statelint.tape.apply import apply, binary, refresh, unary  # noqa: E402
