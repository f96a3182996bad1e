"""What any instruction assigns, uses and contains: for passes that treat all instructions alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from statelint.ir import nodes as ir
from statelint.ir.nodes import Block, Instr, Reg

_NO_DST = frozenset(
    (
        ir.Store,
        ir.Delete,
        ir.SetAttr,
        ir.DelAttr,
        ir.SetItem,
        ir.DelItem,
        ir.Append,
        ir.If,
        ir.While,
        ir.Try,
        ir.Return,
        ir.Raise,
        ir.Break,
        ir.Continue,
        ir.Unpack,
        ir.For,
        ir.With,
    )
)
ABRUPT = (ir.Return, ir.Raise, ir.Break, ir.Continue)


def assigned_registers(instruction: Instr) -> tuple[Reg, ...]:
    """The registers that the instruction assigns in its own block."""
    if instruction.__class__ not in _NO_DST:
        return (instruction.dst,)  # type: ignore[attr-defined]
    if isinstance(instruction, ir.Unpack):
        return instruction.dsts
    return ()


def used_registers(instruction: Instr) -> tuple[Reg, ...]:
    """The registers that the instruction reads from its own block, without absent ones. (A `While` reads its test from
    its head, a `Handler` its type from its own.)"""
    uses = _USES.get(instruction.__class__)
    return tuple([register for register in uses(instruction) if register != -1]) if uses is not None else ()


def nested_blocks(instruction: Instr) -> Iterator[Block]:
    """The blocks inside the instruction, in order."""
    if isinstance(instruction, ir.If):
        yield instruction.then
        yield instruction.orelse
    elif isinstance(instruction, ir.For):
        yield instruction.body
        yield instruction.orelse
    elif isinstance(instruction, ir.While):
        yield instruction.head
        yield instruction.body
        yield instruction.orelse
    elif isinstance(instruction, ir.With):
        yield instruction.body
    elif isinstance(instruction, ir.Try):
        yield instruction.body
        for handler in instruction.handlers:
            yield handler.head
            yield handler.body
        yield instruction.orelse
        yield instruction.final


def walk_instructions(block: Block) -> Iterator[Instr]:
    """All instructions of the block and the blocks inside it, in order."""
    pending = [iter(block)]
    while pending:
        for instruction in pending[-1]:
            yield instruction
            inner = tuple(nested_blocks(instruction))
            if inner:
                pending += [iter(part) for part in reversed(inner)]
                break
        else:
            pending.pop()


def _call(i: Any) -> tuple[Reg, ...]:
    return (i.func, *i.args, *[register for _, register in i.keywords])


def _method(i: Any) -> tuple[Reg, ...]:
    return (i.obj, *i.args, *[register for _, register in i.keywords])


def _function(i: Any) -> tuple[Reg, ...]:
    return (*i.defaults, *[register for _, register in i.kw_defaults])


def _class(i: Any) -> tuple[Reg, ...]:
    return (*i.bases, *[register for _, register in i.keywords])


_USES: dict[type[Instr], Callable[[Any], tuple[Reg, ...]]] = {
    ir.Store: lambda i: (i.src,),
    ir.GetAttr: lambda i: (i.obj,),
    ir.SetAttr: lambda i: (i.obj, i.src),
    ir.DelAttr: lambda i: (i.obj,),
    ir.GetItem: lambda i: (i.obj, i.index),
    ir.SetItem: lambda i: (i.obj, i.index, i.src),
    ir.DelItem: lambda i: (i.obj, i.index),
    ir.Binary: lambda i: (i.left, i.right),
    ir.InPlace: lambda i: (i.target, i.right),
    ir.Unary: lambda i: (i.operand,),
    ir.Compare: lambda i: (i.left, i.right),
    ir.Call: _call,
    ir.CallMethod: _method,
    ir.Build: lambda i: i.items,
    ir.BuildDict: lambda i: i.keys + i.values,
    ir.BuildSlice: lambda i: (i.lower, i.upper, i.step),
    ir.BuildString: lambda i: i.parts,
    ir.Append: lambda i: (i.target, i.key, i.value),
    ir.Unpack: lambda i: (i.src,),
    ir.Function: _function,
    ir.Class: _class,
    ir.Yield: lambda i: (i.src,),
    ir.Await: lambda i: (i.src,),
    ir.Opaque: lambda i: i.operands,
    ir.If: lambda i: (i.test,),
    ir.For: lambda i: (i.iterable,),
    ir.With: lambda i: (i.context,),
    ir.Return: lambda i: (i.src,),
    ir.Raise: lambda i: (i.exc, i.cause),
}
