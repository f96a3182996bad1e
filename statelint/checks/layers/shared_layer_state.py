"""SL406: one layer with running statistics is used at several places, or run again by recomputation."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL406"


def check(program: Program) -> Iterable[Draft]:
    """Batch normalisations that see the data of several places, or the same data twice."""
    for info, fact in program.evidence("shared_statistics"):
        match fact.detail("how"):
            case "checkpoint":
                message = (
                    f"`{fact.detail('function')}` holds a `{fact.subject}` and is run again for the "
                    "backward pass: its running "
                    "statistics are updated twice in each step"
                )
                help = (
                    "Checkpoint the part without batch normalisation, or correct its `momentum` for the second update."
                )
                yield draft(program, CODE, info, fact.at, message, help, max(fact.doubt, 1), fact.steps)
                continue
            case "loop":
                message = (
                    f"`{fact.subject}` is one layer for the results of different layers of the loop: their "
                    "running statistics mix"
                )
            case "built in":
                message = (
                    f"`{fact.subject}` is one layer at several places of the model: its running statistics mix"
                    " what they see"
                )
            case _:
                message = (
                    f"`{fact.subject}` normalises the results of different layers "
                    f"(`{fact.detail('source')}` here): their running "
                    "statistics mix"
                )
        help = "Give each place its own normalisation layer."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps)
