"""SL905: a value that came out of a cache is changed by its user."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import CacheStore, Evidence, FunctionFacts, MemoFunction
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL905"


def check(program: Program) -> Iterable[Draft]:
    """Changes of what a memoised function, or one that keeps its results in a dictionary, returned."""
    named: dict[str, list[FunctionFacts]] = {}
    for function in program.functions.values():
        if function.owner:
            named.setdefault(function.name, []).append(function)
    for info, fact in program.evidence("changed_result"):
        module, _, qualname = fact.detail("function").partition(":")
        source = program.functions.get((module, qualname))
        if fact.detail("method"):
            same = named.get(fact.detail("method"), [])
            source = same[0] if len(same) == 1 else None
        how = _cached(source) if source is not None and source is not info else ""
        if how and source is not None:
            message = (
                f"`{fact.detail('change')}` changes what `{source.name}` keeps {how}: later calls get the changed value"
            )
            help = f"Work on a copy of `{fact.subject}`, or return a copy from `{source.name}`."
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps)


def _cached(info: FunctionFacts) -> str:
    if any(isinstance(fact, MemoFunction) for fact in info.facts):
        return "in its cache"
    for fact in info.facts:
        if isinstance(fact, CacheStore):
            shown = any(
                isinstance(e, Evidence) and e.kind == "returned_view" and e.detail("name") == fact.state.name
                for e in info.facts
            )
            if shown or (fact.state.root == "global" and any(p.startswith(fact.state.text) for p in info.result)):
                return f"in `{fact.state.text}`"
    return ""
