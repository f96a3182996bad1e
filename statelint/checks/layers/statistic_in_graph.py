"""SL402: a running statistic is updated with values that are attached to a graph."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain
from statelint.checks.layers.statistics import is_statistic
from statelint.effects.facts import StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL402"
HELP = "Update it under `torch.no_grad()`, or from detached values (`.detach()`)."


def check(program: Program) -> Iterable[Draft]:
    """Statistics that join the graph of each call."""
    detached = {(info.module, fact.at) for info, fact in program.evidence("detached_call")}
    seen: set[tuple[str, str, str]] = set()
    for info, fact in program.facts(StateWrite):
        place = (info.module, info.qualname, fact.state.text)
        if fact.op.partition("(")[0].endswith("_norm"):
            continue  # the library's own normalisation keeps its statistics out of the graph
        if not fact.graph or fact.no_grad or place in seen or not is_statistic(program, info, fact):
            continue
        for region in program.regions_of(info):
            if region.kind not in ("forward", "taped", "grad") or region.framework != "torch":
                continue
            attached = any(lasting.graph for lasting in program.lasting(region.root, info, fact))
            if not attached or any((step.module, step.at) in detached for step in region.steps):
                continue
            seen.add(place)
            message = (
                f"The running statistic `{fact.state.text}` is updated with values that are attached to "
                "the graph: it links "
                "each step to all earlier ones"
            )
            yield draft(program, CODE, info, fact.at, message, HELP, max(fact.doubt, 1), region_chain(region))
            break
