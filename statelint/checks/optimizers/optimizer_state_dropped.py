"""SL503: the optimizer's new state is not threaded to the next step."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL503"


def check(program: Program) -> Iterable[Draft]:
    """``updates, _ = tx.update(grads, state)`` where the old state is used again; a state made anew in each turn."""
    for info, fact in program.evidence("dropped_state"):
        if fact.detail("what") == "optimizer":
            name = fact.subject
            message = (
                f"The new optimizer state is dropped and `{name}` stays as it was: moments and step counts never "
                "advance"
            )
            help = f"Bind it: `updates, {name} = ...`."
            doubt = fact.doubt + (2 if program.in_test(info) else 0)
            yield draft(program, CODE, info, fact.at, message, help, doubt)
    for info, fact in program.evidence("state_rebuilt"):
        message = (
            f"`{fact.subject}` is made anew in each turn of the loop: the optimizer forgets its moments at every step"
        )
        help = f"Make `{fact.subject}` once, before the loop."
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        yield draft(program, CODE, info, fact.at, message, help, doubt, fact.steps)
