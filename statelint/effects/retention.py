"""Values attached to a graph that are kept beyond their step.

What is appended or added up is tagged by a bit in its history. If a backward pass later reads that history, the value was
kept to be differentiated, and all is well.
"""

from __future__ import annotations

from statelint.effects.facts import Retain, Span
from statelint.effects.frame import Frame, SaveRecord
from statelint.effects.state import State
from statelint.effects.value import NUMBER, TENSOR, UNKNOWN, Value
from statelint.effects.writes import effective, kind_of
from statelint.ir.nodes import InPlace


def stored(frame: Frame, state: State, container: Value, value: Value, at: Span, target: str, how: str) -> Value:
    """A value goes into a container; the same value, tagged."""
    reference = None
    for sid, _ in container.views:
        reference = frame.state_ref(sid) or reference
    if reference is None and not frame.loops:
        return value
    doubt = _attached(frame, state, value)
    if doubt is None:
        return value
    span = frame.argument_span(lambda v: v is value) or at
    retain = Retain(at, target, _name(frame, state, value), how, bool(frame.loops), reference, doubt, span)
    return _tagged(frame, retain, value)


def accumulated(frame: Frame, state: State, right: Value, instr: InPlace) -> Value:
    """``total += value`` in a loop; the value, tagged."""
    if not instr.target_text.isidentifier():
        return right
    doubt = _attached(frame, state, right)
    if doubt is None:
        return right
    retain = Retain(instr.at, instr.target_text, _name(frame, state, right), "add", True, None, doubt, instr.at)
    return _tagged(frame, retain, right)


def _name(frame: Frame, state: State, value: Value) -> str:
    return frame.name_of_value(state, value)


def _attached(frame: Frame, state: State, value: Value) -> int | None:
    """The doubt that a value is attached to a graph; None if it is not."""
    if state.no_grad:
        return None
    _, grad, _ = effective(state, value)
    kind = kind_of(frame, value)
    if not grad or not kind & (TENSOR | UNKNOWN) or not kind & ~NUMBER:
        return None
    dialects = frame.analyzer.dialects(frame.module)
    if not kind & TENSOR and dialects and not dialects & {"torch", "tensorflow"}:
        return None  # an array of a framework whose arrays hold no graph
    return value.doubt + (0 if grad & 1 else 1) + (0 if kind & TENSOR else 1)


def _tagged(frame: Frame, retain: Retain, value: Value) -> Value:
    bit = frame.save_bits.get(retain)
    if bit is None:
        bit = 1 << len(frame.saves)
        frame.save_bits[retain] = bit
        frame.kept |= bit
        frame.saves.append(SaveRecord(0, (), retain.how, "kept", retain.target, 1, 0, ()))
        frame.retained.append((bit, retain))
    return Value(
        value.kind, value.views, value.const, value.refs, value.items, value.deps, value.grad, value.hist | bit,
        value.doubt, value.mark,
    )  # fmt: skip


def settle(frame: Frame, returned: int) -> None:
    """At the end of the function: what was kept, in a function that runs backward, and neither differentiated nor returned."""
    for bit, retain in frame.retained:
        if bit & frame.consumed_history:
            continue
        if retain.state is None and (not frame.backward or bit & returned):
            continue
        frame.add(retain)
