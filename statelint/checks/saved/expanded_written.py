"""SL206: a view whose elements share memory with each other is written in place."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import ExpandedWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL206"


def check(program: Program) -> Iterable[Draft]:
    """In-place writes through expanded views."""
    for info, fact in program.facts(ExpandedWrite):
        target = f"`{fact.target}`" if fact.target else "What is written"
        message = f"{target} is an expanded view, whose elements share memory with each other"
        help = "Clone the view before the write (`.clone()`, `.contiguous()`), or write to what it was expanded from."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
