"""Values attached to a graph that are kept beyond their step."""

from __future__ import annotations

from statelint.effects.facts import Retain, Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import NUMBER, TENSOR, UNKNOWN, Value
from statelint.effects.writes import effective, kind_of


def stored(frame: Frame, state: State, container: Value, value: Value, at: Span, target: str, how: str) -> None:
    """A value goes into a container that outlives it."""
    if state.no_grad:
        return
    hist, grad, _ = effective(state, value)
    kind = kind_of(frame, value)
    if not grad or not kind & (TENSOR | UNKNOWN) or kind & NUMBER:
        return
    reference = None
    for sid, _ in container.views:
        reference = frame.state_ref(sid) or reference
    certain = grad & 1
    doubt = value.doubt + (0 if certain else 1) + (0 if kind & TENSOR else 1)
    frame.retained.append((Retain(at, target, frame.name_of_value(state, value), how, bool(frame.loops), reference, doubt, at), container, value))
