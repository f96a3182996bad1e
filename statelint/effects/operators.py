"""Python's operators on arrays, and unpacking."""

from __future__ import annotations

from statelint.effects import fields, writes
from statelint.effects.facts import Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import (
    ABSENT,
    ARRAY,
    CONTAINER,
    IMMUTABLE,
    KEY,
    LIST,
    NDARRAY,
    NUMBER,
    SCALAR,
    TENSOR,
    TF,
    UNKNOWN,
    Value,
)
from statelint.effects.writes import effective, kind_of
from statelint.ir.nodes import Unpack
from statelint.storage import ALL, Index, Linear, Slice

NEEDS_OTHER = {"mul", "div", "matmul", "pow", "remainder"}
"""Operators whose derivative needs an operand: saved if the other one needs a gradient (torch 2.13, by execution: see
the models of the same names; this is what holds where the operands' library is not known).
"""


def operator(frame: Frame, state: State, name: str, left: Value, right: Value, at: Span) -> Value:
    """``left op right`` where either may be an array."""
    lk, rk = kind_of(frame, left), kind_of(frame, right)
    kinds = lk | rk
    if kinds & TENSOR and not kinds & IMMUTABLE:
        model = frame.analyzer.models.function(f"torch.{name}")
        if model is not None and model.params:
            names = [p.name for p in model.params if p.kind == "normal"][:2]
            result = frame.analyzer.library.apply(
                frame, state, model, dict(zip(names, (left, right), strict=False)), at, f"torch.{name}"
            )
            return result
    lh, lg, ld = effective(state, left)
    rh, rg, rd = effective(state, right)
    kind = kinds & ARRAY or UNKNOWN
    if kinds & UNKNOWN and not kinds & ARRAY:
        kind = UNKNOWN
    hist, grad = lh | rh, lg | rg
    if kind & TF:
        kind = TF  # whatever the other operand is
    if state.no_grad or (kind & (IMMUTABLE | NDARRAY) and not kind & (TENSOR | UNKNOWN)):
        return Value(
            kind, frozenset(((frame.new(at, "op"), ALL),)), ABSENT, (), None, ld | rd, grad if kind & IMMUTABLE else 0
        )
    doubt = max(left.doubt, right.doubt)
    bits = 0
    if kind == UNKNOWN and grad and name in NEEDS_OTHER and "torch" in frame.analyzer.dialects(frame.module):
        if rg and lk & ~SCALAR:
            bits |= writes.save(frame, state, left, at, name, "operand", frame.name_of_value(state, left), rg, 1)
        if (lg and rk & ~SCALAR and name != "div") or (name == "div" and lg and rk & ~SCALAR):
            bits |= writes.save(frame, state, right, at, name, "operand", frame.name_of_value(state, right), lg, 1)
    sid = frame.new(at, "op")
    return Value(kind, frozenset(((sid, ALL),)), ABSENT, (), None, ld | rd, grad, hist | bits, doubt)


def in_place(
    frame: Frame, state: State, name: str, target: Value, right: Value, at: Span, target_text: str, text: str
) -> Value:
    """``target op= right`` where the target may be an array: a write if it is a mutable one, and its new history."""
    kind = kind_of(frame, target)
    rk = kind_of(frame, right)
    if (kind == UNKNOWN and rk & IMMUTABLE) or kind & TF:
        return operator(frame, state, name, target, right, at)
    if kind == UNKNOWN and not frame.analyzer.dialects(frame.module) & {"torch", "numpy", "autograd"}:
        return operator(frame, state, name, target, right, at)
    if kind & TENSOR or kind == UNKNOWN:
        model = frame.analyzer.models.method("tensor", f"{name}_")
        if model is not None and model.params and kind & TENSOR:
            names = [p.name for p in model.params if p.kind == "normal"][:2]
            bound = dict(zip(names, (target, right), strict=False))
            texts = {"": text, names[0]: target_text}
            return frame.analyzer.library.apply(
                frame, state, model, bound, at, f"{target_text} {text[-6:]}", texts=texts
            )
    mode = "hidden" if kind == NDARRAY else ("no_grad" if state.no_grad else "recorded")
    hist, grad, deps = effective(state, right)
    if state.no_grad:
        hist = grad = 0
    writes.write(frame, state, target, at, text, target_text, mode, (hist, grad, deps), "augmented", 0, right)
    writes.elements_shared(frame, target, at, text, target_text, name, 0)
    own = effective(state, target)
    scalar = kind == UNKNOWN and not target.views
    if scalar:
        return operator(frame, state, name, target, right, at)
    return Value(target.kind, target.views, ABSENT, (), None, own[2] | deps, own[1], own[0], target.doubt, target.mark)


def unpack(frame: Frame, state: State, instr: Unpack) -> None:
    """``a, b = value``: elements of a tuple, fields of a container, rows of an array."""
    source = frame.regs[instr.src]
    kind = kind_of(frame, source)
    count = len(instr.dsts)
    for position, dst in enumerate(instr.dsts):
        if instr.star >= 0 and position == instr.star and kind == KEY and position == count - 1:
            frame.regs[dst] = fields.view(frame, state, source, (Slice(Linear(0, position), None),))
            continue
        if instr.star >= 0 and position == instr.star:
            sid = frame.new(instr.at, "star")
            state.fields[(sid, fields.ANY)] = fields.element(frame, state, source, instr.at)
            frame.regs[dst] = Value(LIST, frozenset(((sid, ALL),)), deps=source.deps)
            continue
        offset = position if instr.star < 0 or position < instr.star else position - count
        frame.regs[dst] = _component(frame, state, source, kind, offset, instr.at)


def _component(frame: Frame, state: State, source: Value, kind: int, offset: int, at: Span) -> Value:
    if source.items is not None and -len(source.items) <= offset < len(source.items):
        return source.items[offset]
    if kind & (ARRAY | KEY) and not kind & (CONTAINER | UNKNOWN):
        if kind & IMMUTABLE and not kind & (TENSOR | NDARRAY | KEY):
            hist, grad, deps = effective(state, source)
            return Value(kind, frozenset(((frame.new(at, offset), ALL),)), deps=deps, grad=grad)
        return fields.view(frame, state, source, (Index(Linear(0, offset)),))
    if not kind & ~NUMBER:
        return Value(NUMBER, deps=source.deps)
    if source.views:
        from statelint.effects.value import constant

        return fields.get_item(frame, state, source, constant(offset), at)
    hist, grad, deps = effective(state, source)
    return Value(UNKNOWN, frozenset(((frame.new(at, offset), ALL),)), ABSENT, (), None, deps, grad, hist, source.doubt)
