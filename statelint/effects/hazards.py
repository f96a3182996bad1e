"""Hazards: a backward pass that would read an overwritten save."""

from __future__ import annotations

from statelint.effects import training
from statelint.effects.facts import Hazard, Link, Span
from statelint.effects.frame import Frame, SaveRecord, WriteRecord
from statelint.effects.state import State
from statelint.effects.value import LIST, NONE, TENSOR, Value, members_of
from statelint.effects.writes import effective


def consume(frame: Frame, state: State, value: Value, at: Span, how: str, frees: bool = True, beyond: int = 0) -> None:
    """A backward pass through ``value`` begins here or, for *callee*, in what is called here: every overwritten save in
    its history is a hazard, but for those that lie ``beyond`` where it ends. ``frees``: what it read can't be read
    again.
    """
    hist = history(state, value) & ~beyond
    frame.consumed_history |= hist
    if how == "backward" and not training.backward(frame, state, value, hist, at, frees):
        stepped(frame, state, hist, at)
    if how in ("backward", "callee"):
        how = "backward"
        frame.backward = True
        if any(frame.outside(sid) for sid, _ in value.views):
            frame.consumed_values.append(value)
    report(frame, state, hist & state.clobbered, at, how)


def stepped(frame: Frame, state: State, hist: int, at: Span) -> None:
    """Hazards by optimizers' steps."""
    report(frame, state, hist & state.stepped, at, "backward", step=True)


def beyond(frame: Frame, state: State, inputs: Value | None) -> int:
    """The saves that a backward pass down to some ``inputs`` does not read: what lies behind all of them."""
    if inputs is None or inputs.kind == NONE:
        return 0
    parts = list(inputs.items or ())
    for sid, _ in inputs.views if inputs.kind & LIST else ():
        parts += state.fields.of(sid).values()
    if not parts and inputs.kind == TENSOR:
        parts = [inputs]
    bits = -1 if parts else 0
    for part in parts:
        bits &= effective(state, part)[0]
    return bits


def history(state: State, value: Value) -> int:
    """All saves that a backward pass through a value, or through what a container holds, reads."""
    bits = effective(state, value)[0]
    for item in value.items or ():
        bits |= history(state, item)
    if value.views and not bits:
        for sid, _ in value.views:
            for key, held in state.fields.of(sid).items():
                if isinstance(key, str) and key.startswith("["):
                    bits |= effective(state, held)[0]
    return bits


def report(frame: Frame, state: State, bits: int, at: Span, how: str, *, step: bool = False) -> None:
    """Facts for a set of saves that were overwritten (by steps, or by other writes)."""
    for index in members_of(bits):
        entries = [e for e in frame.clobbers.get(index, ()) if (e.mode == training.STEP) is step]
        for entry in entries[:4]:
            _hazard(frame, frame.saves[index], entry, at, how)


def _hazard(frame: Frame, record: SaveRecord, entry: WriteRecord, at: Span, how: str) -> None:
    certain = record.grad & 1
    conditional = () if certain else tuple(sorted({frame.path(s) for s in frame.origin_sids(record.grad)} - {""}))
    doubt = record.doubt + entry.doubt
    message = f"`{entry.target}` is overwritten here" if entry.target else "it is overwritten here"
    module = entry.key[0]
    chain = [*record.chain, *entry.chain, Link(module, entry.at, message)]
    if how == "backward":
        chain.append(Link(frame.module, at, "this backward pass needs the value that was saved"))
    else:
        chain.append(
            Link(frame.module, at, f"whoever differentiates `{frame.fn.qualname}` needs the value that was saved")
        )
    frame.add_foreign(
        entry.key,
        Hazard(
            entry.at, record.name, record.op, record.what, entry.op, entry.target, entry.mode, how, conditional,
            tuple(chain), doubt, entry.apart, frame.key,
        ),
    )  # fmt: skip
