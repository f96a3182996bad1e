"""SL101: a differentiated function writes a global or captured variable that a later call reads."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.effects.facts import FunctionFacts, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL101"


def check(program: Program) -> Iterable[Draft]:
    """Writes of globals and captured variables in regions, where somebody in a region reads them."""
    for info, fact in program.facts(StateWrite):
        if fact.state.root not in ("global", "free") or fact.restored:
            continue
        place = program.place(fact.state)
        if place in program.caches or (fact.constant and any(fact.state.name in g for g in fact.guards)):
            continue
        for region in program.regions_of(info):
            if region.kind == "taped" and not (info.result_grad and fact.state.text in info.carried):
                continue  # a meter, an environment: nothing of it is differentiated
            lasting = program.lasting(region.root, info, fact)
            doubt = fact.doubt + region.doubt
            if fact.state.root == "free" and not lasting:
                if region.kind != "taped" or fact.state.owner == region.root:
                    continue
                doubt += 1  # the function that holds the variable was called before: one step may not be all
            if fact.traced and region.traced and (not lasting or any(program.traced_in(region, f) for f in lasting)):
                break  # SL105 says it better
            if not is_read(program, info, fact):
                break
            name = fact.state.text
            message = f"`{name}` is {_verb(fact)} inside a differentiated function and read by the next call"
            help = (
                f"Make it explicit: take `{name}` as a parameter and return its new value, "
                "`y, state = f(x, state)`; or move the update out of the function."
            )
            steps = (*region_chain(region),)
            yield draft(
                program,
                CODE,
                info,
                fact.at,
                message + f": {why_region(program, info, region)}",
                help,
                doubt,
                steps,
            )
            break


def _verb(fact: StateWrite) -> str:
    return {
        "rebind": "rebound",
        "augmented": "updated",
        "item": "written",
        "call": "changed",
        "array": "overwritten",
    }.get(fact.how, "changed")


def is_read(program: Program, info: FunctionFacts, fact: StateWrite) -> bool:
    """Whether a region's function reads the state elsewhere than in the write itself, or returns what depends on it."""
    if fact.state.text in info.result:
        return True
    for reader, read in program.reads.get(program.place(fact.state), ()):
        same = (reader.module, reader.qualname) == (info.module, info.qualname) and read.at[0] == fact.at[0]
        if not same and program.regions_of(reader):
            return True
    return False
