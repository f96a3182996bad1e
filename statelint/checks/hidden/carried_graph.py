"""SL106: state brings the graph of one step to the next, whose backward pass finds it freed."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import CarriedGraph
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL106"


def check(program: Program) -> Iterable[Draft]:
    """Backward passes that read what one before them freed."""
    for info, fact in program.facts(CarriedGraph):
        name = f"`{fact.carrier}`" if fact.carrier else "A value"
        step = "call" if fact.calls else "step"
        message = (
            f"{name} carries its graph from one {step} to the next: this backward pass runs through it a second time"
        )
        help = f"Detach it where a {step} ends: `{fact.carrier or 'state'} = {fact.carrier or 'state'}.detach()`."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt + fact.calls, fact.chain)
