"""SL504: an optimizer steps while a graph that saved its parameters still waits for its backward pass."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Hazard
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL504"
HELP = "Run both backward passes before either step, or compute the other loss after the step."


def check(program: Program) -> Iterable[Draft]:
    """Hazards whose write is an optimizer's step."""
    for info, hazard in program.facts(Hazard):
        if hazard.mode != "step" or hazard.consumer != "backward":
            continue
        target = f"the parameters of `{hazard.target}`" if hazard.target else "parameters"
        message = f"`{hazard.op}` changes {target}, which a loss computed before still needs for its backward pass"
        yield draft(program, CODE, info, hazard.at, message, HELP, hazard.doubt, hazard.chain)
