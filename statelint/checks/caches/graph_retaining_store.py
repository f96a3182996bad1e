"""SL902: graph-attached values pile up."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import ArgumentWrite, FunctionFacts, Retain, StateWrite
from statelint.effects.program import Program
from statelint.effects.value import TENSOR
from statelint.findings import Draft

CODE = "SL902"
HELP = "Store a number or a detached value: `.item()` or `.detach()`."
CONSTRUCTORS = ("__init__", "__new__", "setup", "__post_init__")


def check(program: Program) -> Iterable[Draft]:
    """Appends and accumulations of values that hold a graph."""
    handed = _handed(program)
    outside = _emptied_from_outside(program)
    hooks = {info.module for info, _ in program.evidence("forward_hook")}
    for info, fact in program.facts(Retain):
        doubt = fact.doubt
        if not fact.useless:
            if fact.state is not None and (fact.state.name in outside or _emptied(program, info, fact)):
                continue
            if doubt >= 2 and (_given(info, fact, handed) or (info.module in hooks and _is_hook(info))):
                doubt = 1
        target = f"`{fact.target}`" if fact.target else "a container that outlives the step"
        value = f"`{fact.value}`" if fact.value else "A value"
        verb = "is added to" if fact.how == "add" else "is kept in"
        subject = (
            f"{value} {verb} {target}" if fact.how != "renew" else f"{target} is made of its old value and a new one,"
        )
        message = f"{subject} with its whole graph: memory grows with each step"
        hint = {"span": ",".join(map(str, fact.value_at))} if fact.value_at != fact.at else {}
        yield draft(program, CODE, info, fact.at, message, HELP, doubt, (), hint)
    for info, write in program.facts(StateWrite):
        if write.how != "augmented" or not write.graph or write.no_grad:
            continue
        if write.state.root not in ("attribute", "global"):
            continue
        if not write.kind & TENSOR or any(r.kind != "taped" for r in program.regions_of(info)):
            continue
        name = write.state.text
        message = f"`{name}` accumulates a value with its whole graph: memory grows with each call"
        yield draft(program, CODE, info, write.at, message, HELP, write.doubt)


def _emptied(program: Program, info: FunctionFacts, fact: Retain) -> bool:
    """Whether another function than the constructor empties or replaces the container."""
    assert fact.state is not None
    for writer, write in program.writes.get(program.place(fact.state), ()):
        if (writer.qualname == info.qualname and write.at == fact.at) or writer.name in CONSTRUCTORS:
            continue
        if write.how == "item" and write.constant:
            return True
        if write.how == "rebind" or (write.how == "call" and write.op.startswith("del ")) or "clear(" in write.op:
            return True
    return False


def _emptied_from_outside(program: Program) -> set[str]:
    """Attributes that functions empty or replace on an object they are given: ``del policy.log_probs[:]``."""
    return {
        fact.text.rpartition(".")[2]
        for _, fact in program.facts(ArgumentWrite)
        if fact.how == "rebind" or fact.op.startswith("del ") or "clear(" in fact.op
    }


def _handed(program: Program) -> set[tuple[str, int]]:
    """Methods of unknown objects that are called with a value whose graph has been freed: name and place of the
    argument.
    """
    return {(fact.subject, int(fact.detail("position"))) for _, fact in program.evidence("freed_argument")}


def _given(info: FunctionFacts, fact: Retain, handed: set[tuple[str, int]]) -> bool:
    head = fact.value.partition(".")[0].partition("[")[0]
    params = [p for p in info.params if p not in ("self", "cls")]
    if not info.owner or (head and head not in params):
        return False
    positions = range(len(params)) if not head else (params.index(head),)
    return any((info.name, position) in handed for position in positions)


def _is_hook(info: FunctionFacts) -> bool:
    return len([p for p in info.params if p not in ("self", "cls")]) == 3
