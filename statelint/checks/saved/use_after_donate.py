"""SL207: an array is read after it was donated to a compiled call."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL207"


def check(program: Program) -> Iterable[Draft]:
    """Reads of donated names that are not bound anew."""
    for info, fact in program.evidence("donated"):
        call = fact.detail("call")
        name = fact.subject
        message = (
            f'`{name}` was donated to `{call}`, which takes over its memory: reading it afterwards raises "Array has '
            'been deleted"'
        )
        help = (
            f"Bind the name to the result (`{name} = {call}({name}, ...)`), read it before the call, or do not "
            "donate it."
        )
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        yield draft(program, CODE, info, fact.at, message, help, doubt, fact.steps)
