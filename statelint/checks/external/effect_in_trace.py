"""SL805: printing, logging, writing, counting and appending in traced code happen once, when it is traced."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.checks.hidden.attribute_state import lifted, returned
from statelint.checks.hidden.global_state import is_read
from statelint.effects.facts import FunctionFacts, StateWrite
from statelint.effects.program import Program, Region
from statelint.findings import Draft

CODE = "SL805"
_GROWS = (".append(", ".extend(", ".add(", ".update(", ".insert(", ".appendleft(", ".write(", ".put(")


def check(program: Program) -> Iterable[Draft]:
    """Effects whose value is traced, and counters and lists that a traced function moves on."""
    for info, seen in program.evidence("effects"):
        doubts = {"array": 0, "argument": 1}
        for region in program.regions_of(info):
            if not region.traced or region.framework not in ("jax", "tensorflow") or not seen.detail("value"):
                continue
            doubt = doubts[seen.detail("value")]
            if doubt and _own_arguments(info, region, seen.detail("params").split()):
                doubt = 0
            verb = {"print": "prints", "log": "logs", "io": "writes"}[seen.detail("effect")]
            message = f"`{seen.subject}` {verb} once, when the function is traced, and a tracer instead of the value"
            yield draft(
                program, CODE, info, seen.at, f"{message}; {why_region(program, info, region)}", _help(region),
                doubt * 2, region_chain(region),
            )  # fmt: skip
            break
    said: set[tuple[str, str, int, str]] = set()
    for info, fact in program.facts(StateWrite):
        counted = _counted(program, info, fact)
        place = (info.module, info.qualname, fact.at[0], fact.state.text)
        if counted is not None and place not in said:
            said.add(place)
            message = (
                f"`{fact.state.text}` is changed once, when the function is traced, and not at each call; "
                f"{why_region(program, info, counted)}"
            )
            yield draft(program, CODE, info, fact.at, message, _help(counted), fact.doubt, region_chain(counted))


def _own_arguments(info: FunctionFacts, region: Region, params: list[str]) -> bool:
    """Whether the values are arguments of the traced function itself that are not static."""
    if region.root != (info.module, info.qualname) or region.kind == "forward":
        return False
    static = {
        info.params[int(s)] if s.lstrip("-").isdigit() and int(s) < len(info.params) else s for s in region.static
    }
    return bool(set(params) - static)


def _counted(program: Program, info: FunctionFacts, fact: StateWrite) -> Region | None:
    """The traced region in which a counter or a list is moved on, that no other rule speaks of."""
    grows = fact.how == "call" and any(word in fact.op for word in _GROWS)
    if fact.traced or fact.restored or not fact.reads_old or not (fact.how in ("augmented", "rebind") or grows):
        return None
    if fact.state.root not in ("attribute", "global", "free") or lifted(program, fact):
        return None
    if program.place(fact.state) in program.caches or any(fact.state.name in guard for guard in fact.guards):
        return None
    for region in program.regions_of(info):
        if not region.traced or region.framework not in ("jax", "tensorflow"):
            continue
        lasting = program.lasting(region.root, info, fact)
        if fact.state.root != "global" and not lasting:
            continue
        if fact.state.root == "attribute" and returned(program, info, fact, region.root, lasting, False):
            return None  # SL102 says it better
        if fact.state.root != "attribute" and is_read(program, info, fact):
            return None  # SL101 says it better
        return region
    return None


def _help(region: Region) -> str:
    if region.framework == "jax":
        return "Use `jax.debug.print` or `jax.debug.callback`, or return the value and do it outside."
    return (
        "Use `tf.print`, `tf.summary` and a `tf.Variable` for what is counted, or return the value and do it outside."
    )
