"""SL305: one mutable object stands in several places of a list."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL305"


def check(program: Program) -> Iterable[Draft]:
    """Layers in several places; they share their parameters with no write at all."""
    for info, fact in program.evidence("repeated_reference"):
        if not fact.detail("layer"):
            continue
        into = fact.detail("into").rpartition(".")[2]
        where = f"`{into}`" if into in ("ModuleList", "Sequential") else "the list"
        message = f"All entries of {where} are the same layer `{fact.subject}`: they share one set of parameters"
        help = "Make one for each place with a comprehension: `[make() for _ in range(n)]`."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
