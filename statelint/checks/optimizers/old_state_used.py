"""SL506: after ``new = update(old)`` the old state is handed on where the new one is meant."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL506"


def check(program: Program) -> Iterable[Draft]:
    """Old names that are returned while the new ones are never read."""
    told = {
        (info.module, info.qualname, fact.subject)
        for info, fact in program.evidence("dropped_state")
        if fact.detail("what") == "optimizer"
    }
    for info, fact in program.evidence("old_state"):
        if (info.module, info.qualname, fact.subject) in told:
            continue
        new = fact.detail("new")
        message = f"`{fact.subject}` is handed on, and its update `{new}` is never used: the step has no effect"
        help = f"Hand on `{new}`."
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        yield draft(program, CODE, info, fact.at, message, help, doubt, fact.steps)
