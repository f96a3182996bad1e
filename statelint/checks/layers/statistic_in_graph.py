"""SL402: a running statistic is updated with values that are attached to a graph."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.checks.layers.statistics import is_statistic
from statelint.effects.facts import Calls, Key, Span, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL402"


def check(program: Program) -> Iterable[Draft]:
    """Statistics that join the graph of each call."""
    detached = {(info.module, fact.at) for info, fact in program.evidence("detached_call")}
    callers: dict[Key, list[tuple[str, Span]]] = {}
    for info, call in program.facts(Calls):
        callers.setdefault(call.callee, []).append((info.module, call.at))
    seen: set[tuple[str, str, str]] = set()
    for info, fact in program.facts(StateWrite):
        if not fact.graph or fact.no_grad or not is_statistic(program, info, fact):
            continue
        calls = callers.get((info.module, info.qualname), [])
        if calls and all(call in detached for call in calls):
            continue
        regions = [
            r for r in program.regions_of(info) if r.kind in ("forward", "taped", "grad") and r.framework == "torch"
        ]
        place = (info.module, info.qualname, fact.state.text)
        if not regions or place in seen:
            continue
        seen.add(place)
        name = fact.state.text
        message = f"The running statistic `{name}` is updated with values that are attached to the graph: it links each step to all earlier ones"
        help = "Update it under `torch.no_grad()`, or from detached values (`.detach()`)."
        yield draft(program, CODE, info, fact.at, message, help, max(fact.doubt, 1))
