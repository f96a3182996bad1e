"""Abstract values: what is known of a name at a point.

A value says which kinds of thing it may be, which regions of which storages it may view, what calling it would run,
what it depends on, which parties' need for a gradient makes it need one, and which saves a backward pass through it
reads. The last three are bit sets: ``deps`` and ``grad`` over the function's origins (parameters and state read), with
bit 0 of ``grad`` for "certainly", and ``hist`` over its saves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from statelint.storage import ALL, Region

TENSOR: Final = 1
NDARRAY: Final = 2
JAX: Final = 4
NUMBER: Final = 8
TEXT: Final = 16
NONE: Final = 32
LIST: Final = 64
TUPLE: Final = 128
DICT: Final = 256
SET: Final = 512
OBJECT: Final = 1 << 10
FUNCTION: Final = 1 << 11
CLASS: Final = 1 << 12
MODULE: Final = 1 << 13
KEY: Final = 1 << 14
ITERATOR: Final = 1 << 15
PLAIN: Final = 1 << 16
"""Something immutable that holds no array: a dtype, a shape, a slice."""
TF: Final = 1 << 17
"""An immutable tensor of TensorFlow; with `OBJECT`, a variable, which can be assigned to."""
UNKNOWN: Final = 1 << 20

ARRAY: Final = TENSOR | NDARRAY | JAX | TF
IMMUTABLE: Final = JAX | TF
"""Arrays that nothing can overwrite: what would be a view is a new value."""
CONTAINER: Final = LIST | TUPLE | DICT | SET | ITERATOR
SCALAR: Final = NUMBER | TEXT | NONE | PLAIN
MUTABLE: Final = TENSOR | NDARRAY | LIST | DICT | SET | OBJECT | UNKNOWN
CERTAINLY: Final = 1
"""Bit 0 of ``grad``."""

KIND_NAMES: Final = {
    TENSOR: "tensor",
    NDARRAY: "ndarray",
    JAX: "jax",
    NUMBER: "number",
    TEXT: "str",
    NONE: "none",
    LIST: "list",
    TUPLE: "tuple",
    DICT: "dict",
    SET: "set",
    OBJECT: "object",
    FUNCTION: "function",
    CLASS: "class",
    MODULE: "module",
    KEY: "key",
    ITERATOR: "iterator",
    PLAIN: "plain",
    TF: "tf",
    UNKNOWN: "unknown",
}


class _Absent:
    """The constant of a value whose constant is not known."""

    def __repr__(self) -> str:
        return "-"


ABSENT: Final = _Absent()

View = tuple[int, Region]


class FuncRef(msgspec.Struct, frozen=True):
    """A function of the project; ``frame`` is the storage of the enclosing function's variables (0: none)."""

    module: str
    qualname: str
    frame: int = 0


class ClassRef(msgspec.Struct, frozen=True):
    """A class of the project."""

    module: str
    qualname: str


class InstRef(msgspec.Struct, frozen=True):
    """An instance of a class of the project."""

    module: str
    qualname: str


class LibRef(msgspec.Struct, frozen=True):
    """A function, class or module of a library, by dotted name."""

    name: str


class LibInst(msgspec.Struct, frozen=True):
    """An instance of a library's class; ``options`` are the constant arguments of its construction."""

    name: str
    options: tuple[tuple[str, object], ...] = ()


class ModRef(msgspec.Struct, frozen=True):
    """A module of the project."""

    module: str


class BoundRef(msgspec.Struct, frozen=True):
    """``receiver.name`` where name is a method: of a project class (``module`` not empty) or a library's."""

    receiver: Value
    name: str


class PartialRef(msgspec.Struct, frozen=True):
    """functools.partial: ``func`` with leading and keyword arguments bound."""

    func: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


class WrapRef(msgspec.Struct, frozen=True):
    """A function transformed by a library: calling it runs ``func`` in a region of ``kind`` (grad, jit, vmap ...), or
    as it is (``kind`` empty: a decorator that keeps behaviour). ``static`` are parameters that are not traced."""

    kind: str
    func: Value
    static: tuple[object, ...] = ()
    options: tuple[tuple[str, object], ...] = ()


Ref = FuncRef | ClassRef | InstRef | LibRef | LibInst | ModRef | BoundRef | PartialRef | WrapRef


class Value(msgspec.Struct, frozen=True):
    """See the module's text. ``items`` are the elements of a tuple of known length. ``doubt`` counts the facts that
    were assumed. ``mark``: `LEAF` for a leaf that requires grad (its own in-place change is an error), `DETACHED` for
    an alias outside the graph (what writes add to the storage's history is not its own), `EXPANDED` for a view whose
    elements may share memory with each other, `MAYBE` for what may be a copy of what it views, `STRIDED` for a view
    whose elements may not lie in their order without gaps, `MASK` for the result of a comparison, which as an index
    selects a copy; the rest is which version counter sees its writes (`counter_of`).
    """

    kind: int
    views: frozenset[View] = frozenset()
    const: object = ABSENT
    refs: tuple[Ref, ...] = ()
    items: tuple[Value, ...] | None = None
    deps: int = 0
    grad: int = 0
    hist: int = 0
    doubt: int = 0
    mark: int = 0


LEAF: Final = 1
DETACHED: Final = 2
EXPANDED: Final = 4
MAYBE: Final = 8
STRIDED: Final = 16
MASK: Final = 32
_COUNTER: Final = 6
"""The bits of ``mark`` below the counter's number."""
UNCOUNTED: Final = -1
"""The counter of a save whose version nobody remembers."""
NO_VIEWS: Final[frozenset[View]] = frozenset()
NOTHING = Value(NONE, const=None)
UNKNOWN_VALUE = Value(UNKNOWN)
MAX_REFS: Final = 4
MAX_VIEWS: Final = 12


def only(value: Value, ref: Ref) -> Value:
    """The value where it is this one of what it may be."""
    if len(value.refs) == 1:
        return value
    return Value(
        value.kind, value.views, value.const, (ref,), value.items, value.deps, value.grad, value.hist, value.doubt,
        value.mark,
    )  # fmt: skip


def unsure(value: Value, doubt: int) -> Value:
    """The value with at least so much doubt."""
    if value.doubt >= doubt:
        return value
    return Value(
        value.kind, value.views, value.const, value.refs, value.items, value.deps, value.grad, value.hist, doubt,
        value.mark,
    )  # fmt: skip


def constant(value: object) -> Value:
    """The value of a literal."""
    if value is None:
        return NOTHING
    if isinstance(value, (bool, int, float, complex)):
        return Value(NUMBER, const=value)
    if isinstance(value, (str, bytes)):
        return Value(TEXT, const=value)
    return Value(PLAIN, const=value)


def members_of(bits: int) -> Iterator[int]:
    """The positions of a set's bits, in rising order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def same_constant(a: object, b: object) -> bool:
    """Equality that tells True from 1 and is safe for NaN."""
    return a is b or (type(a) is type(b) and a == b)


def join(a: Value, b: Value) -> Value:
    """The least value that covers both."""
    if a is b or a == b:
        return a
    if a.items is not None and b.items is not None and len(a.items) == len(b.items):
        items: tuple[Value, ...] | None = tuple(join(x, y) for x, y in zip(a.items, b.items, strict=True))
    else:
        items = None
    refs = a.refs if a.refs == b.refs else union_refs(a.refs, b.refs)
    views = a.views if a.views == b.views else a.views | b.views
    if len(views) > MAX_VIEWS:
        views = frozenset((sid, ALL) for sid, _ in views)
    return Value(
        a.kind | b.kind,
        views,
        a.const if same_constant(a.const, b.const) else ABSENT,
        refs,
        items,
        a.deps | b.deps,
        a.grad | b.grad,
        a.hist | b.hist,
        max(a.doubt, b.doubt),
        (a.mark | b.mark) & (LEAF | MAYBE | STRIDED) | _shared_mark(a.mark, b.mark) | _detached(a, b) | _detached(b, a),
    )


def _shared_mark(a: int, b: int) -> int:
    return a & b if a >> _COUNTER == b >> _COUNTER else a & b & (DETACHED | EXPANDED)


def counter_of(value: Value) -> int:
    """Which version counter sees writes through a value: 0 the storage's own, else that of an alias which counts for
    itself (``x.data``), by a number of the function.
    """
    return value.mark >> _COUNTER


def counted_by(mark: int, counter: int) -> int:
    """A mark with another counter."""
    return mark & ((1 << _COUNTER) - 1) | counter << _COUNTER


def _detached(a: Value, b: Value) -> int:
    """A detached tensor or else a container of such is detached as a whole."""
    return a.mark & DETACHED if b.kind & CONTAINER and not b.grad and not b.hist else 0


def join_all(values: Iterable[Value]) -> Value | None:
    """The join of any number of values; None of none."""
    result: Value | None = None
    for value in values:
        result = value if result is None else join(result, value)
    return result


def union_refs(a: tuple[Ref, ...], b: tuple[Ref, ...]) -> tuple[Ref, ...]:
    """Both sets of targets in a fixed order; too many are none."""
    merged = a + tuple(r for r in b if r not in a)
    return merged if len(merged) <= MAX_REFS else ()


def kind_text(kind: int) -> str:
    """``tensor|none``."""
    return "|".join(name for bit, name in KIND_NAMES.items() if kind & bit) or "nothing"
