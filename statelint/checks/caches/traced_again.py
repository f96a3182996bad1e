"""SL907: a compiled function is made anew in each turn or call, so each of them traces and compiles."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL907"


def check(program: Program) -> Iterable[Draft]:
    """Fresh functions handed to a compiler where they are called."""
    for info, fact in program.evidence("made_in_turn"):
        if any(region.traced for region in program.regions_of(info)) or program.in_test(info):
            continue  # inlined into the trace around it
        via, what = fact.detail("via"), fact.detail("what")
        often = "in each turn of the loop" if fact.subject == "loop" else f"in each call of `{fact.subject}`"
        message = f"`{via}` gets a new {what} {often}: nothing that was compiled is found again, and the cache grows"
        help = "Compile once (at module level, in the constructor, before the loop) and pass what changes as arguments."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
