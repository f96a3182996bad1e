"""One call of a lowered function, instruction by instruction.

Each block runs as a Python generator, so that a ``Yield`` of the program is a ``yield`` of its function, and an
``Await`` a ``yield from``. A generator *expression* is materialised where it stands, as the IR has it.
"""

from __future__ import annotations

import importlib
import operator
import types
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from statelint.ir import nodes as ir
from statelint.ir.nodes import Block, FunctionIR

from .values import (
    BINARY,
    COMPARE,
    IN_PLACE,
    OPAQUE,
    UNARY,
    UNBOUND,
    UNBOUND_FREE,
    Cell,
    Emitted,
    Materialised,
    Run,
    Signal,
    awaited,
    catches,
    drive,
    unpack,
)

if TYPE_CHECKING:
    from .executor import Program


class Activation:
    """One call of a function, or one run of a class or module body."""

    def __init__(self, program: Program, record: FunctionIR, closure: dict[str, Cell], namespace: Any) -> None:
        self.program = program
        self.record = record
        self.values: dict[int, Any] = {}
        self.names: dict[str, Any] = {}
        self.namespace = namespace
        self.first: Any = None
        self.cells = {name: closure[name] for name in record.free}
        for name in record.cells:
            self.cells[name] = Cell()

    # names

    def load(self, name: str, scope: str) -> Any:
        if scope == "global":
            return self.program.global_value(name)
        if scope == "class":
            return self.namespace[name] if name in self.namespace else self.program.global_value(name)
        if scope == "local":
            if name not in self.names:
                raise UnboundLocalError(UNBOUND.format(name))
            return self.names[name]
        cell = self.cells[name]
        if not hasattr(cell, "value"):
            raise NameError(UNBOUND_FREE.format(name)) if scope == "free" else UnboundLocalError(UNBOUND.format(name))
        return cell.value

    def store(self, name: str, scope: str, value: Any) -> None:
        if scope == "global":
            self.program.namespace[name] = value
        elif scope == "class":
            self.namespace[name] = value
        elif scope == "local":
            self.names[name] = value
        else:
            self.cells[name].value = value

    def delete(self, name: str, scope: str) -> None:
        if scope in ("global", "class"):
            namespace = self.namespace if scope == "class" else self.program.namespace
            if name not in namespace:
                raise NameError(f"name {name!r} is not defined")
            del namespace[name]
            return
        self.load(name, scope)
        if scope == "local":
            del self.names[name]
        else:
            del self.cells[name].value

    # blocks

    def block(self, block: Block) -> Run:
        """Run a block; the answer is how it was left, if abruptly."""
        for instruction in block:
            compound = _COMPOUND.get(type(instruction))
            if compound is not None:
                signal = yield from compound(self, instruction)
                if signal is not None:
                    return signal
            elif isinstance(instruction, ir.Yield | ir.Await):
                self.values[instruction.dst] = yield from self.suspend(instruction)
            else:
                _SIMPLE[type(instruction)](self, instruction)
        return None

    def suspend(self, i: ir.Yield | ir.Await) -> Generator[Any, Any, Any]:
        value = self.values[i.src]
        if isinstance(i, ir.Await):
            return (yield from awaited(value))
        if i.delegate:
            return (yield from value)
        if self.record.is_async:
            value = Emitted(value)
        return (yield value)

    def run_if(self, i: ir.If) -> Run:
        return (yield from self.block(i.then if self.values[i.test] else i.orelse))

    def run_for(self, i: ir.For) -> Run:
        source = self.values[i.iterable]
        iterator = source.__aiter__() if i.is_async else iter(source)
        while True:
            try:
                if i.is_async:
                    item = yield from awaited(iterator.__anext__())
                else:
                    item = next(iterator)
            except (StopIteration, StopAsyncIteration) as end:
                if isinstance(end, StopAsyncIteration) is not i.is_async:
                    raise
                return (yield from self.block(i.orelse))
            self.values[i.item] = item
            signal = yield from self.block(i.body)
            if signal is not None and signal[0] != "continue":
                return None if signal[0] == "break" else signal

    def run_while(self, i: ir.While) -> Run:
        while True:
            yield from self.block(i.head)
            if not self.values[i.test]:
                return (yield from self.block(i.orelse))
            signal = yield from self.block(i.body)
            if signal is not None and signal[0] != "continue":
                return None if signal[0] == "break" else signal

    def run_with(self, i: ir.With) -> Run:
        manager = self.values[i.context]
        if not i.is_async:
            with manager as self.values[i.entered]:
                return (yield from self.block(i.body))
            return None
        self.values[i.entered] = yield from awaited(type(manager).__aenter__(manager))
        try:
            signal = yield from self.block(i.body)
        except BaseException as error:
            if not (yield from awaited(type(manager).__aexit__(manager, type(error), error, error.__traceback__))):
                raise
            return None
        yield from awaited(type(manager).__aexit__(manager, None, None, None))
        return signal

    def run_try(self, i: ir.Try) -> Run:
        signal: Signal = None
        try:
            signal = yield from self.run_handlers(i)
        finally:
            left = yield from self.block(i.final)
            if left is not None:
                return left  # noqa: B012 - as the program does
        return signal

    def run_handlers(self, i: ir.Try) -> Run:
        try:
            signal = yield from self.block(i.body)
        except BaseException as error:
            for handler in i.handlers:
                yield from self.block(handler.head)
                if handler.kind == -1 or catches(error, self.values[handler.kind]):
                    self.values[handler.exception] = error
                    return (yield from self.block(handler.body))
            raise
        if signal is not None:
            return signal
        return (yield from self.block(i.orelse))

    def run_return(self, i: ir.Return) -> Run:
        yield from ()
        return ("return", self.values[i.src])

    def run_jump(self, i: ir.Break | ir.Continue) -> Run:
        yield from ()
        return ("break" if isinstance(i, ir.Break) else "continue", None)

    # simple instructions

    def arguments(self, i: ir.Call | ir.CallMethod) -> tuple[list[Any], dict[str, Any]]:
        args: list[Any] = []
        for index, register in enumerate(i.args):
            if i.starred >> index & 1:
                args.extend(self.values[register])
            else:
                args.append(self.values[register])
        return args, self.keywords(i.keywords)

    def keywords(self, keywords: tuple[tuple[str | None, int], ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, register in keywords:
            value = self.values[register]
            added = dict(value) if name is None else {name: value}
            if set(added) & set(found):
                raise TypeError("multiple values for a keyword argument")
            found.update(added)
        return found

    def call(self, i: ir.Call) -> None:
        func = self.values[i.func]
        args, kwargs = self.arguments(i)
        if func is super and not args:
            args = [self.program.classes[self.defining_class()], self.first]
        if func is locals and not args:
            self.values[i.dst] = dict(self.names)
            return
        self.values[i.dst] = func(*args, **kwargs)

    def defining_class(self) -> str:
        record = self.record
        while not record.class_qualname:
            record = self.program.module.functions[record.parent]
        return record.class_qualname

    def build(self, i: ir.Build) -> None:
        items: list[Any] = []
        for index, register in enumerate(i.items):
            if i.starred >> index & 1:
                items.extend(self.values[register])
            else:
                items.append(self.values[register])
        made: Any = (
            Materialised() if i.kind == "generator" else {"tuple": tuple, "list": list, "set": set}[i.kind](items)
        )
        self.values[i.dst] = made

    def build_dict(self, i: ir.BuildDict) -> None:
        made: dict[Any, Any] = {}
        for key, value in zip(i.keys, i.values, strict=True):
            if key == -1:
                made.update(self.values[value])
            else:
                made[self.values[key]] = self.values[value]
        self.values[i.dst] = made

    def append(self, i: ir.Append) -> None:
        target, value = self.values[i.target], self.values[i.value]
        if i.key != -1:
            target[self.values[i.key]] = value
        elif isinstance(target, Materialised):
            target.values.append(value)
        elif isinstance(target, set):
            target.add(value)
        else:
            target.append(value)

    def unpack(self, i: ir.Unpack) -> None:
        values = unpack(self.values[i.src], len(i.dsts), i.star)
        for dst, value in zip(i.dsts, values, strict=True):
            self.values[dst] = value

    def make_function(self, i: ir.Function) -> None:
        record = self.program.module.functions[i.qualname]
        closure = {name: self.cells[name] for name in record.free}
        names = [param.name for param in record.params if param.kind in ("positional", "normal") and param.has_default]
        defaults = {name: self.values[register] for name, register in zip(names, i.defaults, strict=True)}
        defaults.update({name: self.values[register] for name, register in i.kw_defaults})
        self.values[i.dst] = self.program.function(record, closure, defaults)

    def make_class(self, i: ir.Class) -> None:
        record = self.program.module.functions[f"{i.qualname}.<body>"]
        closure = {name: self.cells[name] for name in record.free}

        def fill(namespace: Any) -> None:
            namespace["__qualname__"] = i.qualname
            namespace["__module__"] = self.program.namespace.get("__name__", "main")
            if record.docstring:
                namespace["__doc__"] = record.docstring
            drive(Activation(self.program, record, closure, namespace).block(record.body))

        bases = types.resolve_bases(tuple(self.values[base] for base in i.bases))
        made = types.new_class(record.name, bases, self.keywords(i.keywords), fill)
        self.program.classes[i.qualname] = made
        self.values[i.dst] = made

    def make_import(self, i: ir.Import) -> None:
        module = importlib.import_module(i.module)
        if i.name == "*":
            names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
            self.program.namespace.update({name: getattr(module, name) for name in names})
        self.values[i.dst] = getattr(module, i.name) if i.name not in ("", "*") else module

    def load_path(self, i: ir.LoadPath) -> None:
        value = self.program.global_value(i.name)
        for name in i.path:
            value = getattr(value, name)
        self.values[i.dst] = value

    def raise_(self, i: ir.Raise) -> None:
        if i.exc == -1:
            raise
        if i.cause != -1:
            raise self.values[i.exc] from self.values[i.cause]
        raise self.values[i.exc]

    def opaque(self, i: ir.Opaque) -> None:
        word, _, rest = i.what.partition(" ")
        operands = [self.values[operand] for operand in i.operands]
        self.values[i.dst] = OPAQUE[word](rest, *operands)


def _set(f: Activation, register: int, value: Any) -> None:
    f.values[register] = value


_SIMPLE: dict[type, Callable[[Activation, Any], None]] = {
    ir.Const: lambda f, i: _set(f, i.dst, i.value),
    ir.Load: lambda f, i: _set(f, i.dst, f.load(i.name, i.scope)),
    ir.LoadPath: Activation.load_path,
    ir.Store: lambda f, i: f.store(i.name, i.scope, f.values[i.src]),
    ir.Delete: lambda f, i: f.delete(i.name, i.scope),
    ir.GetAttr: lambda f, i: _set(f, i.dst, getattr(f.values[i.obj], i.name)),
    ir.SetAttr: lambda f, i: setattr(f.values[i.obj], i.name, f.values[i.src]),
    ir.DelAttr: lambda f, i: delattr(f.values[i.obj], i.name),
    ir.GetItem: lambda f, i: _set(f, i.dst, f.values[i.obj][f.values[i.index]]),
    ir.SetItem: lambda f, i: operator.setitem(f.values[i.obj], f.values[i.index], f.values[i.src]),
    ir.DelItem: lambda f, i: operator.delitem(f.values[i.obj], f.values[i.index]),
    ir.Binary: lambda f, i: _set(f, i.dst, BINARY[i.op](f.values[i.left], f.values[i.right])),
    ir.InPlace: lambda f, i: _set(f, i.dst, IN_PLACE[i.op](f.values[i.target], f.values[i.right])),
    ir.Unary: lambda f, i: _set(f, i.dst, UNARY[i.op](f.values[i.operand])),
    ir.Compare: lambda f, i: _set(f, i.dst, COMPARE[i.op](f.values[i.left], f.values[i.right])),
    ir.Call: Activation.call,
    ir.CallMethod: lambda f, i: _method(f, i),
    ir.Build: Activation.build,
    ir.BuildDict: Activation.build_dict,
    ir.BuildSlice: lambda f, i: _set(f, i.dst, slice(*[f.values.get(r) for r in (i.lower, i.upper, i.step)])),
    ir.BuildString: lambda f, i: _set(f, i.dst, "".join([format(f.values[part]) for part in i.parts])),
    ir.Append: Activation.append,
    ir.Unpack: Activation.unpack,
    ir.Function: Activation.make_function,
    ir.Class: Activation.make_class,
    ir.Import: Activation.make_import,
    ir.Opaque: Activation.opaque,
    ir.Raise: Activation.raise_,
}
_COMPOUND: dict[type, Callable[[Activation, Any], Run]] = {
    ir.If: Activation.run_if,
    ir.For: Activation.run_for,
    ir.While: Activation.run_while,
    ir.With: Activation.run_with,
    ir.Try: Activation.run_try,
    ir.Return: Activation.run_return,
    ir.Break: Activation.run_jump,
    ir.Continue: Activation.run_jump,
}


def _method(f: Activation, i: ir.CallMethod) -> None:
    method = getattr(f.values[i.obj], i.name)
    args, kwargs = f.arguments(i)
    f.values[i.dst] = method(*args, **kwargs)
