"""SL110: a one-shot iterator is kept and consumed twice."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Evidence, FunctionFacts, Key, Link
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL110"


def check(program: Program) -> Iterable[Draft]:
    """Names consumed twice in one function, and attributes that a method consumes at each call."""
    consumed: dict[tuple[Key, str], list[tuple[FunctionFacts, Evidence]]] = {}
    for info, fact in program.evidence("iterator_reused"):
        if fact.detail("form") == "consumed" and info.owner:
            for key in program.family((info.module, info.owner)):
                consumed.setdefault((key, fact.detail("attribute")), []).append((info, fact))
    for info, fact in program.evidence("iterator_reused"):
        steps = fact.steps
        if fact.detail("form") == "made":
            uses = consumed.get(((info.module, info.owner), fact.detail("attribute")), [])
            again = [use for use in uses if use[0].name != info.name]
            if not again or len(_writers(program, info, fact)) > 1:
                continue
            use, place = again[0]
            steps = (
                Link(use.module, place.at, f"`{use.name}` runs through it at each call: only the first sees elements"),
            )
        elif fact.detail("form") != "name":
            continue
        message = (
            f"`{fact.subject}` is a one-shot iterator ({fact.detail('what')}) that is run through more than once: it "
            "is empty the second time"
        )
        help = f"Keep a list: `{fact.subject} = list(...)`."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt, steps)


def _writers(program: Program, info: FunctionFacts, fact: Evidence) -> list[str]:
    """The methods that store the attribute."""
    owner = program.classes.get((info.module, info.owner))
    return list(owner.stores.get(fact.detail("attribute"), ())) if owner is not None else []
