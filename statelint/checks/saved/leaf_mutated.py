"""SL203: a leaf that requires grad is changed in place outside no_grad."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import LeafWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL203"


def check(program: Program) -> Iterable[Draft]:
    """In-place writes to leaves."""
    for info, fact in program.facts(LeafWrite):
        if (info.module, info.qualname) in program.quiet():
            continue
        target = f"`{fact.target}`" if fact.target else "A leaf"
        message = f"{target} is a leaf that requires grad, and is changed in place where autograd records"
        help = "Wrap the write in `with torch.no_grad():` (initialisation, updates), or compute a new tensor from it."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
