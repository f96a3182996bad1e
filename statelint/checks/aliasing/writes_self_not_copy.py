"""SL308: a method that makes a changed copy of its object writes to the object itself."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL308"
_OWN = ("cache", "count", "version", "_id", "lock")


def check(program: Program) -> Iterable[Draft]:
    """What the evidence of the same name saw."""
    for info, fact in program.evidence("writes_self"):
        if any(word in fact.subject for word in _OWN):
            continue
        message = (
            f"`{fact.detail('op')}` changes the object itself, while `{info.name}` returns the copy that "
            f"`{fact.detail('copy')}` makes"
        )
        help = "Write to the copy, or copy what is changed before it is handed to the new object."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps)
