"""Arguments that a callee overwrites, seen from the caller: its own parameter again, or a value that it uses later."""

from __future__ import annotations

from statelint.effects.facts import ArgumentWrite, Link, Reused, Span
from statelint.effects.frame import Frame, PassedArgument, WriteRecord
from statelint.effects.state import State
from statelint.effects.summary import Summary
from statelint.effects.value import LIST, NONE, TUPLE, Value
from statelint.effects.writes import guard_texts, kind_of
from statelint.ir.nodes import Load, Store
from statelint.resolve.bindings import walk


def passed(frame: Frame, state: State, summary: Summary, sid: int, target: Value, entry: WriteRecord, at: Span) -> None:
    """A callee overwrites what is ``target`` here. A callee that returns nothing is called for that."""
    param = summary.storages[sid]
    if param.kind != "param" or summary.result.kind == NONE:
        return
    for place, _ in target.views:
        record = frame.storages[place]
        if record.kind == "param" and not frame.is_receiver(str(record.key)):
            op = f"{summary.key[1].rpartition('.')[2]}(...)"
            frame.add(
                ArgumentWrite(
                    at, str(record.key), frame.path(place), "array", op, state.no_grad, kind_of(frame, target),
                    entry.doubt + target.doubt, guard_texts(frame),
                )
            )  # fmt: skip
        elif not frame.outside(place):
            for name, value in state.env.items():
                if name[0] != "%" and value.views == target.views and not value.kind & (TUPLE | LIST):
                    frame.passed[PassedArgument(entry.key, entry.at, str(param.key), name, at)] = name


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
