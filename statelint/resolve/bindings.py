"""Which names a module body binds, and which attributes a method stores: read off the IR once."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.ir.nodes import (
    Block,
    DelAttr,
    For,
    FunctionIR,
    If,
    Instr,
    Load,
    ModuleIR,
    SetAttr,
    Store,
    Try,
    While,
    With,
)


def walk(block: Block) -> Iterator[Instr]:
    """All instructions of a block and the blocks nested in it, in source order."""
    for instr in block:
        yield instr
        kind = type(instr)
        if kind is If:
            assert isinstance(instr, If)
            yield from walk(instr.then)
            yield from walk(instr.orelse)
        elif kind is For:
            assert isinstance(instr, For)
            yield from walk(instr.body)
            yield from walk(instr.orelse)
        elif kind is While:
            assert isinstance(instr, While)
            yield from walk(instr.head)
            yield from walk(instr.body)
            yield from walk(instr.orelse)
        elif kind is Try:
            assert isinstance(instr, Try)
            yield from walk(instr.body)
            for handler in instr.handlers:
                yield from walk(handler.head)
                yield from walk(handler.body)
            yield from walk(instr.orelse)
            yield from walk(instr.final)
        elif kind is With:
            assert isinstance(instr, With)
            yield from walk(instr.body)


_BOUND: dict[int, tuple[ModuleIR, frozenset[str]]] = {}


def bound_names(module: ModuleIR) -> frozenset[str]:
    """Names that the module's body stores."""
    cached = _BOUND.get(id(module))
    if cached is not None and cached[0] is module:
        return cached[1]
    names = frozenset(i.name for i in walk(module.body.body) if type(i) is Store)
    _BOUND[id(module)] = (module, names)
    return names


def stored_attributes(function: FunctionIR) -> frozenset[str]:
    """Attributes of the first parameter (``self``) that the function assigns or deletes."""
    if not function.params:
        return frozenset()
    receiver = function.params[0].name
    registers: set[int] = set()
    names: set[str] = set()
    for instr in walk(function.body):
        if type(instr) is Load:
            if instr.name == receiver:
                registers.add(instr.dst)
        elif isinstance(instr, (SetAttr, DelAttr)) and instr.obj in registers:
            names.add(instr.name)
    return frozenset(names)
