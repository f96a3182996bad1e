"""SL201: a value saved for backward is overwritten before the backward that needs it."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import FunctionFacts, Hazard
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL201"


def check(program: Program) -> Iterable[Draft]:
    """Hazards that the version counter sees."""
    for info, hazard in program.facts(Hazard):
        if hazard.mode == "step" or silent(hazard):
            continue
        found = judge(program, info, hazard)
        if found is not None:
            yield found


def silent(hazard: Hazard) -> bool:
    """Whether the write goes past a version counter; HIPS autograd has none that it could go past."""
    return hazard.mode == "hidden" and not hazard.saved_by.startswith("autograd.")


def doubt_of(program: Program, hazard: Hazard) -> int | None:
    """What a hazard assumes; None if no backward comes."""
    unsure = 0
    if hazard.consumer == "exit":
        kinds = ("forward", "grad", "marked", "checkpoint", "custom")
        regions = [r for r in program.regions.get(hazard.exit, []) if r.kind in kinds]
        if not regions:
            return None
        unsure = min(r.doubt for r in regions)
    return hazard.doubt + unsure + bool(hazard.apart) + bool(hazard.conditional)


def judge(program: Program, info: FunctionFacts, hazard: Hazard) -> Draft | None:
    """The draft for a hazard if its backward comes."""
    doubt = doubt_of(program, hazard)
    if doubt is None:
        return None
    value = f"`{hazard.saved}`" if hazard.saved else "the result"
    operation = hazard.saved_by.rpartition(".")[2]
    if hazard.saved_what == "result":
        message = (
            f"{value if hazard.saved else f'the result of `{operation}`'} is overwritten, but the derivative of "
            f"`{operation}` needs it"
        )
        help = "Write the result to a new tensor (`y = y * m` instead of `y *= m`), or clone it before the write."
    else:
        message = f"{value} is overwritten after `{operation}` saved it for backward"
        help = "Compute out of place, or pass a `.clone()` to the operation that saves it."
    message = message[0].upper() + message[1:] if not message.startswith("`") else message
    return draft(program, CODE, info, hazard.at, message, help, doubt, hazard.chain)
