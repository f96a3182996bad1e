"""SL802: the clock is read inside a differentiated region."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.external.reads import outside_reads
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL802"
HELP = "Take the time as a parameter (`f(x, now)`), read outside of the function."


def check(program: Program) -> Iterable[Draft]:
    """Clocks and dates."""
    return outside_reads(program, CODE, ("clock",), "the clock", HELP)
