"""Arguments that a callee overwrites, seen from the caller: its own parameter again, or a value that it uses later."""

from __future__ import annotations

from statelint.effects.facts import ArgumentWrite, Evidence, Link, Reused, Span
from statelint.effects.frame import Frame, PassedArgument, WriteRecord
from statelint.effects.state import State
from statelint.effects.summary import Summary
from statelint.effects.value import ARRAY, LIST, NONE, TUPLE, UNKNOWN, Value
from statelint.effects.writes import guard_texts, kind_of
from statelint.ir.nodes import Load, Store
from statelint.resolve.bindings import walk

PASSED_STATE = "passed_state"
"""Kind of evidence: an attribute of the receiver is handed to a function that overwrites it."""
HANDED_ON = "handed_on"
"""Kind of evidence, at a write to an argument: a caller passes what is its own argument."""


def _array(frame: Frame, value: Value) -> str:
    kind = kind_of(frame, value)
    return "yes" if kind & ARRAY and not kind & UNKNOWN else ""


def passed(frame: Frame, state: State, summary: Summary, sid: int, target: Value, entry: WriteRecord, at: Span) -> None:
    """A callee overwrites what is ``target`` here. A callee that returns nothing is called for that."""
    param = summary.storages[sid]
    if param.kind != "param":
        return
    op = f"{summary.key[1].rpartition('.')[2]}(...)"
    doubt = entry.doubt + target.doubt
    for place, _ in target.views:
        reference = frame.state_ref(place)
        if reference is not None and reference.root == "attribute":
            details = (("name", reference.name), ("op", op), ("writer", entry.key[1]), ("array", _array(frame, target)))
            write = Link(entry.key[0], entry.at, f"`{entry.op}` writes into it")
            frame.add(Evidence(at, PASSED_STATE, reference.text, doubt, details, (write,)))
            if summary.result.kind != NONE:
                call = Link(frame.module, at, f"`{frame.key[1]}` passes `{reference.text}`, which it keeps")
                _hand_on(frame, entry, reference.text, "kept", target.doubt, call)
    if summary.result.kind == NONE:
        return
    for place, _ in target.views:
        record = frame.storages[place]
        root = frame.root(place)
        if root.kind == "param" and not frame.is_receiver(str(root.key)):
            frame.add(
                ArgumentWrite(
                    at, str(root.key), frame.path(place), "passed", op, state.no_grad, kind_of(frame, target), doubt,
                    guard_texts(frame),
                )
            )  # fmt: skip
            call = Link(frame.module, at, f"`{frame.key[1]}` passes its own argument `{frame.path(place)}` here")
            _hand_on(frame, entry, frame.path(place), "argument", target.doubt, call)
        elif record.kind != "param" and not frame.outside(place):
            for name, value in state.env.items():
                if name[0] != "%" and value.views == target.views and not value.kind & (TUPLE | LIST):
                    frame.passed[PassedArgument(entry.key, entry.at, str(param.key), name, at)] = name


def _hand_on(frame: Frame, entry: WriteRecord, text: str, what: str, doubt: int, call: Link) -> None:
    details = (("what", what), ("caller", f"{frame.key[0]}:{frame.key[1]}"))
    frame.add_foreign(entry.key, Evidence(entry.at, HANDED_ON, text, doubt, details, (call,)))


def settle(frame: Frame) -> None:
    """At the end of the function: which of the overwritten values were used after the call."""
    if not frame.passed:
        return
    loads: dict[str, list[int]] = {}
    stores: dict[str, list[int]] = {}
    for instr in walk(frame.fn.body):
        if type(instr) is Load:
            loads.setdefault(instr.name, []).append(instr.at[0])
        elif type(instr) is Store:
            stores.setdefault(instr.name, []).append(instr.at[0])
    for record in frame.passed:
        last = record.at[2]
        rebound = min((line for line in stores.get(record.name, ()) if line >= record.at[0]), default=None)
        later = [line for line in loads.get(record.name, ()) if line > last and (rebound is None or line <= rebound)]
        if later and (rebound is None or rebound > last):
            link = Link(frame.module, record.at, f"`{record.name}` is passed here and used again on line {later[0]}")
            frame.add_foreign(record.write, Reused(record.write_at, record.param, record.name, frame.key, link))
