"""SL902: graph-attached values pile up."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Lasting, Retain, StateWrite
from statelint.effects.program import Program
from statelint.effects.value import TENSOR
from statelint.findings import Draft

CODE = "SL902"
HELP = "Store a number or a detached value: `.item()` or `.detach()`."


def check(program: Program) -> Iterable[Draft]:
    """Appends and accumulations of values that hold a graph."""
    for info, fact in program.facts(Retain):
        doubt = fact.doubt
        if fact.state is not None and fact.state.root == "free":
            outer = program.functions.get(fact.state.owner)
            # A list of the enclosing call dies with it, unless that call takes many steps.
            doubt += 0 if outer is not None and outer.backward else 1
        target = f"`{fact.target}`" if fact.target else "a container that outlives the step"
        value = f"`{fact.value}`" if fact.value else "A value"
        message = f"{value} is kept in {target} with its whole graph: memory grows with each step"
        hint = {"span": ",".join(map(str, fact.value_at))} if fact.value_at != fact.at else {}
        yield draft(program, CODE, info, fact.at, message, HELP, doubt, (), hint)
    handed = {(f.writer, f.write_at) for _, f in program.facts(Lasting) if f.graph}
    for info, fact in program.facts(StateWrite):
        if fact.how != "augmented" or not fact.graph or fact.no_grad or fact.state.root not in ("attribute", "global"):
            continue
        if any(r.kind != "taped" for r in program.regions_of(info)):
            continue
        name = fact.state.text
        message = f"`{name}` accumulates a value with its whole graph: memory grows with each call"
        seen = ((info.module, info.qualname), fact.at) in handed
        doubt = fact.doubt + (0 if fact.kind & TENSOR else 1 if seen else 2)
        yield draft(program, CODE, info, fact.at, message, HELP, doubt)
