"""The executor's view of Python's values: operators, cells, materialised generators, and what an `Opaque` means."""

from __future__ import annotations

import inspect
import operator
import re
import types
from collections.abc import Callable, Generator, Iterator
from typing import Any

from statelint.ir.nodes import FunctionIR

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "@": operator.matmul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
}
IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "@": operator.imatmul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "<<": operator.ilshift,
    ">>": operator.irshift,
    "|": operator.ior,
    "^": operator.ixor,
    "&": operator.iand,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}
CONVERSIONS: dict[str, Callable[[Any], Any]] = {"": lambda v: v, "r": repr, "s": str, "a": ascii}

UNBOUND = "cannot access local variable '{}' where it is not associated with a value"
UNBOUND_FREE = "cannot access free variable '{}' where it is not associated with a value in enclosing scope"

Signal = tuple[str, Any] | None
Run = Generator[Any, Any, Signal]


class Cell:
    """A variable that nested functions share."""

    value: Any


class Materialised:
    """A generator expression's values, drawn one by one."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.next = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self.next == len(self.values):
            raise StopIteration
        self.next += 1
        return self.values[self.next - 1]


class Emitted:
    """A value that an asynchronous generator yields, as against one that an ``await`` inside it passes up."""

    def __init__(self, value: Any) -> None:
        self.value = value


class AsyncGenerator:
    """The least of an asynchronous generator: ``async for`` over it works."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __aiter__(self) -> AsyncGenerator:
        return self

    @types.coroutine
    def __anext__(self) -> Generator[Any, Any, Any]:
        sent = None
        while True:
            try:
                item = self.run.send(sent)
            except StopIteration:
                raise StopAsyncIteration from None
            if isinstance(item, Emitted):
                return item.value
            sent = yield item


def drive(run: Run) -> Any:
    """Run what never yields."""
    try:
        next(run)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a yield outside of a generator")


async def as_coroutine(run: Generator[Any, Any, Any]) -> Any:
    """A real coroutine around a generator."""

    @types.coroutine
    def inner() -> Generator[Any, Any, Any]:
        return (yield from run)

    return await inner()


def awaited(value: Any) -> Generator[Any, Any, Any]:
    """What ``await value`` does in a plain generator."""
    return (yield from (value if inspect.isgenerator(value) else value.__await__()))


def unpack(source: Any, count: int, star: int) -> list[Any]:
    """Unpack as Python does, with its own errors."""
    names = [f"{'*' if index == star else ''}x{index}" for index in range(count)]
    found: dict[str, Any] = {"source": source}
    exec(f"[{', '.join(names)}] = source", found)
    return [found[f"x{index}"] for index in range(count)]


def binder(record: FunctionIR, defaults: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """A Python function with the parameters of a lowered one, that answers what they are bound to."""
    parts: list[str] = []
    star = False
    for index, param in enumerate(record.params):
        if param.kind == "keyword" and not star:
            parts.append("*")
            star = True
        star = star or param.kind == "vararg"
        parts.append({"vararg": "*", "kwarg": "**"}.get(param.kind, "") + param.name)
        later = record.params[index + 1].kind if index + 1 < len(record.params) else ""
        if param.kind == "positional" and later != "positional":
            parts.append("/")
    made: dict[str, Any] = {}
    exec(f"def stub({', '.join(parts)}): return locals()", made)
    stub: Any = made["stub"]
    plain = [param.name for param in record.params if param.kind in ("positional", "normal") and param.has_default]
    stub.__defaults__ = tuple(defaults[name] for name in plain)
    stub.__kwdefaults__ = {
        param.name: defaults[param.name] for param in record.params if param.kind == "keyword" and param.has_default
    }
    stub.__qualname__ = re.sub(r"#\d+", "", record.qualname)
    bind: Callable[..., dict[str, Any]] = stub
    return bind


def catches(error: BaseException, kind: Any) -> bool:
    try:
        raise error
    except kind:
        return True
    except BaseException:
        return False


def _format(rest: str, value: Any, spec: str = "") -> str:
    return format(CONVERSIONS[rest.removeprefix("!")](value), spec)


def _match(rest: str, subject: Any, *operands: Any) -> Any:
    """The tests of patterns that have a text (see `statelint.ir.patterns`)."""
    what, *words = rest.split()
    if what == "sequence":
        if isinstance(subject, str | bytes | bytearray) or not isinstance(subject, _SEQUENCE):
            return False
        count = int(words[0].rstrip("+"))
        return len(subject) >= count if words[0].endswith("+") else len(subject) == count
    if what == "mapping":
        return isinstance(subject, _MAPPING) and all(key in subject for key in operands)
    if what == "rest":
        return {key: value for key, value in subject.items() if key not in operands}
    if what == "class":
        cls = operands[0]
        if not isinstance(subject, cls):
            return False
        positional = int(words[0])
        if positional > (1 if cls in _OWN_VALUE else len(getattr(cls, "__match_args__", ()))):
            raise TypeError(f"{cls.__name__}() accepts fewer positional sub-patterns")
        names = words[1:] if cls in _OWN_VALUE else [*cls.__dict__.get("__match_args__", ())[:positional], *words[1:]]
        return all(hasattr(subject, name) for name in names)
    cls = operands[0]
    return subject if cls in _OWN_VALUE else getattr(subject, cls.__match_args__[int(words[0])])


def _split(rest: str, error: Any, kind: Any) -> Any:
    """One clause of ``except*``: its part of the group, or what is left of it."""
    if error is None:
        return None
    if isinstance(error, BaseExceptionGroup):
        part, left = error.split(kind)
    elif isinstance(error, kind):
        part, left = ExceptionGroup("", [error]), None
    else:
        part, left = None, error
    return part if rest == "part" else left


_SEQUENCE = (list, tuple, range)
_MAPPING = (dict, types.MappingProxyType)
_OWN_VALUE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
OPAQUE: dict[str, Callable[..., Any]] = {
    "format": _format,
    "match": _match,
    "except*": _split,
    "type": lambda rest: object(),
}
