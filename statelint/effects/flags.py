"""Flags of the receiver: attributes with a known constant that a method tests. What it does is found for their values.

``Ghost(mode="original")`` and ``Ghost(mode="shortcut")`` are one class, but their ``forward`` takes different ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import ABSENT, SCALAR, InstRef, Value
from statelint.ir.nodes import Compare, FunctionIR, GetAttr, If, Load, Unary
from statelint.resolve.bindings import walk

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer

PREFIX = "."
"""Marks, among the types for which a function is analysed anew, those of the receiver's attributes."""


def tested(fn: FunctionIR) -> tuple[str, ...]:
    """The attributes of the receiver that stand in a method's tests."""
    if not fn.class_qualname or not fn.params or {"staticmethod", "classmethod"} & set(fn.decorators):
        return ()
    receiver = fn.params[0].name
    tests: set[int] = set()
    for instr in reversed(list(walk(fn.body))):
        if type(instr) is If:
            tests.add(instr.test)
        elif isinstance(instr, Unary) and instr.dst in tests:
            tests.add(instr.operand)
        elif isinstance(instr, Compare) and instr.dst in tests:
            tests |= {instr.left, instr.right}
    names: set[str] = set()
    receivers: set[int] = set()
    for instr in walk(fn.body):
        if type(instr) is Load and instr.name == receiver:
            receivers.add(instr.dst)
        elif type(instr) is GetAttr and instr.obj in receivers and instr.dst in tests:
            names.add(instr.name)
    return tuple(sorted(names))


def of_receiver(
    analyzer: Analyzer, frame: Frame, state: State, fn: FunctionIR, receiver: Value
) -> list[tuple[str, Value]]:
    """The receiver's tested attributes that are constants here."""
    names = analyzer.tested_attributes(frame.module, fn)
    if not names or receiver.doubt:
        return []
    changing: set[str] = set()
    for ref in receiver.refs:
        if isinstance(ref, InstRef):
            changing |= analyzer.rewritten_attributes(ref.module, ref.qualname)
    found = []
    for name in names:
        values = [_known(frame, state, sid, name) for sid, _ in receiver.views]
        first = values[0] if values else None
        if first is None or name in changing or any(v is None or v.const != first.const for v in values):
            continue
        found.append((PREFIX + name, Value(first.kind, const=first.const)))
    return found


def _known(frame: Frame, state: State, sid: int, name: str) -> Value | None:
    value = state.fields.get((sid, name)) or frame.initials.get((sid, name))
    if value is None:
        shape = frame.shapes.get(sid)
        child = shape.children.get(name) if shape is not None else None
        value = child.value if child is not None else None
    if value is None or value.doubt or value.kind & ~SCALAR or value.const is ABSENT:
        return None
    return value if isinstance(value.const, (bool, int, str, type(None))) else None
