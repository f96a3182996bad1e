"""SL403: a running statistic is updated whether the layer trains or not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.checks.layers.statistics import is_layer, is_statistic
from statelint.effects.facts import Calls, FunctionFacts, Key, Link, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL403"
_SWITCH = re.compile(
    r"train|eval|updat|freez|frozen|track|calibrat|adapt|learn|collect|warm|is_grad_enabled|requires_grad|record|observ",
    re.IGNORECASE,
)


def check(program: Program) -> Iterable[Draft]:
    """Statistics written in a forward pass that never looks at the mode."""
    for info, flip in program.evidence("mode_flipped"):
        message = (
            f"`{flip.subject}` in `{info.name}` switches the mode of the whole layer, and it stays so after the call"
        )
        help = "Switch the mode where the layer is used, or only that of a part that is always in it."
        yield draft(program, CODE, info, flip.at, message, help, 1)
    watched = {(info.module, info.qualname) for info, _ in program.evidence("mode_read")}
    reached = _reached(program, watched)
    seen: set[tuple[str, str, str]] = set()
    for info, fact in program.facts(StateWrite):
        key = (info.module, info.qualname)
        if key not in reached or not is_statistic(program, info, fact) or _is_metric(program, fact.state.owner):
            continue
        if any(_SWITCH.search(guard) for guard in fact.guards) or not _from_input(fact):
            continue
        place = (info.module, info.owner, fact.state.name)
        if place in seen:
            continue
        seen.add(place)
        name = fact.state.text
        message = (
            f"The running statistic `{name}` is updated by `{info.name}` in evaluation mode too: the data of a"
            " test change the model"
        )
        help = "Update it under `if self.training:` only, and use the stored value otherwise."
        yield draft(program, CODE, info, fact.at, message, help, max(fact.doubt, 1), reached[key])


def _is_metric(program: Program, owner: Key) -> bool:
    """Whether a class is a metric, which is to gather what it is shown in any mode."""
    known = program.classes.get(owner)
    if known is not None and any(base.startswith("torchmetrics.") for base in known.library_bases):
        return True
    module, qualname = owner
    return all((module, f"{qualname}.{name}") in program.functions for name in ("compute", "reset"))


def _from_input(fact: StateWrite) -> bool:
    """Whether the new value depends on something other than the layer's own state."""
    return any(not dep.startswith("self") for dep in fact.deps)


def _reached(program: Program, watched: set[Key]) -> dict[Key, tuple[Link, ...]]:
    """The functions that run in each forward pass, whatever the mode, with the calls from there."""
    found: dict[Key, tuple[Link, ...]] = {}
    queue: list[tuple[Key, tuple[Link, ...]]] = []
    for key, info in program.functions.items():
        if info.name in ("forward", "call") and info.owner and is_layer(program, (info.module, info.owner)):
            queue.append((key, ()))
    while queue:
        key, steps = queue.pop(0)
        if key in found or key in watched:
            continue
        found[key] = steps
        known: FunctionFacts | None = program.functions.get(key)
        for fact in known.facts if known is not None else ():
            if isinstance(fact, Calls) and len(steps) < 4:
                link = Link(key[0], fact.at, f"`{fact.callee[1]}` is called here")
                queue.append((fact.callee, (*steps, link)))
    return found
