"""SL202: a value saved for backward is overwritten past the version counter."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.checks.saved.saved_value_mutated import doubt_of, silent
from statelint.effects.facts import Hazard
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL202"


def check(program: Program) -> Iterable[Draft]:
    """Hazards that the version counter does not see."""
    for info, hazard in program.facts(Hazard):
        if not silent(hazard):
            continue
        doubt = doubt_of(program, hazard)
        if doubt is None:
            continue
        operation = hazard.saved_by.rpartition(".")[2]
        value = f"`{hazard.saved}`" if hazard.saved else f"the {'result' if hazard.saved_what == 'result' else 'value'}"
        message = f"{value} was saved by `{operation}` for backward and is overwritten where no version counter sees it"
        help = (
            "The gradient will be wrong without an error: write to a copy (`.clone()`, `.copy()`), or after the "
            "backward pass."
        )
        yield draft(program, CODE, info, hazard.at, message[0].upper() + message[1:], help, doubt, hazard.chain)
