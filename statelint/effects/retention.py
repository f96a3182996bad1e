"""Values attached to a graph that are kept beyond their step.

What is appended or added up is tagged by a bit in its history. If a backward pass later reads that history, the value
was kept to be differentiated, and all is well. If not, and a backward pass has freed the graph that the value holds,
keeping it was of no use: that is sure. A summary hands its tags up, so that a caller who knows what is stored can tell.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from statelint.effects.facts import Key, Retain, Span
from statelint.effects.frame import Frame, SaveRecord
from statelint.effects.state import State
from statelint.effects.value import NUMBER, TENSOR, UNKNOWN, Value, members_of
from statelint.effects.writes import effective, kind_of
from statelint.ir.nodes import InPlace

EXTRA = "%extra"
"""The key of what an in-place write added to an array, in a summary's places."""


class Kept(NamedTuple):
    """A value that was kept: its tag, the fact if it is true, who wrote it, the loops around, and the graph it
    holds."""

    bit: int
    retain: Retain
    writer: Key
    loops: tuple[Span, ...]
    graph: int


class Place(NamedTuple):
    """Where a callee keeps what: a field of an outside storage."""

    sid: int
    key: object
    retain: Retain
    writer: Key


def stored(
    frame: Frame, state: State, container: Value, value: Value, at: Span, target: str, how: str, key: object
) -> Value:
    """A value goes into a container under ``key``; the same value, tagged."""
    reference = None
    for sid, _ in container.views:
        reference = frame.state_ref(sid) or reference
    outside = any(frame.outside(sid) for sid, _ in container.views)
    if reference is None and not frame.loops and not outside:
        return value
    doubt = _attached(frame, state, value)
    if doubt is None:
        return value
    span = frame.argument_span(lambda v: v is value) or at
    doubt += how == "item"  # under a key that may be one of few
    retain = Retain(at, target, _name(frame, state, value), how, bool(frame.loops), reference, doubt, span)
    for sid, _ in container.views:
        if frame.outside(sid):
            frame.kept_at[Place(sid, key, retain, frame.key)] = None
    return _tagged(frame, state, retain, frame.key, value)


def accumulated(frame: Frame, state: State, target: Value, right: Value, instr: InPlace) -> Value:
    """``total += value``, of a name in a loop or of state that holds an array; the value, tagged."""
    reference = None
    for sid, _ in target.views:
        if kind_of(frame, target) & (TENSOR | UNKNOWN) and not instr.target_text.isidentifier():
            reference = frame.state_ref(sid) or reference
    if reference is None and not (frame.loops and instr.target_text.isidentifier()):
        return right
    doubt = _attached(frame, state, right)
    if doubt is None:
        return right
    if reference is not None and not kind_of(frame, target) & TENSOR:
        doubt += 1
    retain = Retain(
        instr.at, instr.target_text, _name(frame, state, right), "add", bool(frame.loops), reference, doubt, instr.at
    )
    for sid, _ in target.views:
        if reference is not None:
            frame.kept_at[Place(sid, EXTRA, retain, frame.key)] = None
    return _tagged(frame, state, retain, frame.key, right)


def renewed(frame: Frame, state: State, old: Value | None, value: Value, at: Span, target: str, place: int) -> Value:
    """``name = value`` (or an attribute, with its storage) where the value holds the graph of the old one and more: a
    sum, a moving average. The same value, tagged.
    """
    if old is None or state.no_grad or not kind_of(frame, value) & (TENSOR | UNKNOWN):
        return value
    hist, grad, _ = effective(state, value)
    before = effective(state, old)[0] & ~frame.kept
    own = frame.origin_of.get(place, 0)
    carried = bool(frame.loops) and hist & before & frame.old_bits and hist & ~before & ~frame.kept
    if not carried and not (own and grad & own and grad & ~own):
        return value
    reference = frame.state_ref(place) if place else None
    doubt = _attached(frame, state, value)
    if doubt is None:
        return value
    retain = Retain(at, target, "", "renew", bool(frame.loops), reference, max(doubt, 2), at)
    if place and frame.outside(place) and frame.storages[place].kind == "field":
        record = frame.storages[place]
        frame.kept_at[Place(record.base, record.key, retain, frame.key)] = None
    return _tagged(frame, state, retain, frame.key, value)


def handed_up(frame: Frame, state: State, place: Place, value: Value, target: int) -> Value:
    """A callee keeps ``value`` in a field of what is ``target`` here; the same value, tagged."""
    if state.no_grad or (not effective(state, value)[0] & ~frame.kept and not value.grad):
        return value
    if frame.outside(target):
        frame.kept_at[place._replace(sid=target)] = None
    return _tagged(frame, state, place.retain, place.writer, value)


def handed_up_extra(frame: Frame, place: Place, hist: int, target: int) -> int:
    """The same for what a callee added to an array in place: the history with the tag."""
    if frame.outside(target):
        frame.kept_at[place._replace(sid=target)] = None
    return hist | _tag(frame, place.retain, place.writer, hist)


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
    return value.doubt + (0 if grad & 1 else 1) + (0 if kind & TENSOR else 1)


def _tagged(frame: Frame, state: State, retain: Retain, writer: Key, value: Value) -> Value:
    bit = _tag(frame, retain, writer, effective(state, value)[0])
    return Value(
        value.kind, value.views, value.const, value.refs, value.items, value.deps, value.grad, value.hist | bit,
        value.doubt, value.mark,
    )  # fmt: skip


def _tag(frame: Frame, retain: Retain, writer: Key, graph: int) -> int:
    graph &= ~frame.kept
    key = (retain, writer)
    bit = frame.save_bits.get(key)
    if bit is None:
        bit = 1 << len(frame.saves)
        frame.save_bits[key] = bit
        frame.kept |= bit
        frame.saves.append(SaveRecord(0, (), retain.how, "kept", retain.target, 1, 0, ()))
        frame.retained[bit] = Kept(bit, retain, writer, tuple(frame.loops), graph)
    elif graph & ~frame.retained[bit].graph:
        known = frame.retained[bit]
        frame.retained[bit] = known._replace(graph=known.graph | graph)
    return bit


def unsettled(frame: Frame, state: State, result: Value) -> tuple[Place, ...]:
    """The places whose values a caller may judge: they were not differentiated here, and do not go on to it as a
    result.
    """
    done = frame.consumed_history
    for value in (result, *(result.items or ())):
        done |= effective(state, value)[0]
    return tuple(p for p in frame.kept_at if not frame.save_bits.get((p.retain, p.writer), 0) & done)


def settle(frame: Frame, returned: int) -> None:
    """At the end of the function: what was kept and not differentiated."""
    for bit, retain, writer, loops, graph in frame.retained.values():
        if bit & frame.consumed_history:
            continue
        freed = graph & frame.ever_freed
        if freed and (retain.state is not None or writer != frame.key or loops):
            doubt = min(frame.saves[index].doubt for index in members_of(freed))
            frame.add_foreign(writer, msgspec.structs.replace(retain, doubt=doubt, useless=True))
        elif writer == frame.key and retain.how != "renew":
            if retain.state is None and (frame.backward_loops.isdisjoint(loops) or bit & returned):
                continue
            frame.add(retain)


__all__ = ["Kept", "Place", "accumulated", "handed_up", "handed_up_extra", "renewed", "settle", "stored"]
