"""Leaves: tensors that are made to need a gradient (``x.requires_grad_()``), or to need none."""

from __future__ import annotations

from statelint.effects.facts import Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import CERTAINLY, LEAF, Value
from statelint.effects.writes import effective
from statelint.storage import ALL


def require(state: State, value: Value, needed: bool = True) -> Value:
    """``value.requires_grad = needed`` for all that hold this very tensor; what it is then.

    What needs a gradient already is no leaf by that: it may be the result of an operation.
    """
    if value.grad & CERTAINLY and not (value.mark & LEAF and not needed):
        return value
    grad, mark = (value.grad | CERTAINLY, value.mark | LEAF) if needed else (0, value.mark & ~LEAF)

    def changed(old: Value) -> Value:
        return Value(
            old.kind, old.views, old.const, old.refs, old.items, old.deps, grad, old.hist if needed else 0, old.doubt,
            mark
        )  # fmt: skip

    for name, held in list(state.env.items()):
        if held == value:
            state.env[name] = changed(held)
    for field, held in list(state.fields.items()):
        if held == value:
            state.fields[field] = changed(held)
    return changed(value)


def swap(frame: Frame, state: State, value: Value, at: Span) -> None:
    """``value.data = ...``: all that hold this very tensor see other storage from now on, views of the old one do
    not."""
    if len(value.views) != 1 or any(frame.outside(sid) for sid, _ in value.views):
        return
    hist, grad, deps = effective(state, value)
    new = Value(
        value.kind, frozenset(((frame.new(at, "data"), ALL),)), value.const, value.refs, value.items, deps, grad, hist,
        value.doubt, value.mark & LEAF,
    )  # fmt: skip
    for name, held in list(state.env.items()):
        if held == value:
            state.env[name] = new
    for field, held in list(state.fields.items()):
        if held == value:
            state.fields[field] = new
