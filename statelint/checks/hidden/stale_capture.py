"""SL104: compiled code reads state as it was when it was traced, and something changes it afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain
from statelint.checks.hidden.attribute_state import lifted
from statelint.effects.facts import Calls, FunctionFacts, Key, Link, Root, StateRead, StateRef, StateWrite
from statelint.effects.program import Program, Region
from statelint.effects.value import CLASS, FUNCTION, MODULE
from statelint.findings import Draft

CODE = "SL104"
_KEPT = frozenset(("jit", "pmap", "tf_function", "compile"))
"""Region kinds whose trace is kept and run again."""
_BEFORE = ("__init__", "__post_init__", "__new__", "setup", "build", "__init_subclass__", "__setstate__", "__setattr__")


def check(program: Program) -> Iterable[Draft]:
    """Reads in compiled functions, with the write that comes after the trace."""
    callers = _callers(program)
    seen: set[object] = set()
    for info, fact in program.facts(StateRead):
        if fact.kind & (FUNCTION | CLASS | MODULE) or program.in_test(info):
            continue
        place = _place(program, info, fact.state)
        if place is None or (info.module, info.qualname, place) in seen:
            continue
        region = next((r for r in program.regions_of(info) if _keeps(program, r, place)), None)
        if region is None:
            continue
        found = _later_write(program, callers, region, place)
        if found is None:
            continue
        seen.add((info.module, info.qualname, place))
        writer, at, doubt = found
        name = fact.state.text
        message = (
            f"`{name}` is read while `{region.root[1]}` is traced, and is a constant of the compiled code: that "
            f"`{writer.name}` changes it later has no effect"
        )
        help = (
            f"Pass `{name}` as an argument (`static_argnames` if it is not an array), or compile anew after the change."
        )
        step = Link(writer.module, at, f"`{name}` is changed here")
        chain = (*region_chain(region), step)
        yield draft(program, CODE, info, fact.at, message, help, max(doubt, region.doubt), chain)
    for info, evidence in program.evidence("rebound_capture"):
        name = evidence.subject
        message = (
            f"`{name}` is captured when `{evidence.detail('function')}` is traced: binding it anew later has no "
            "effect on the compiled code"
        )
        help = f"Pass `{name}` as an argument."
        doubt = evidence.doubt + (2 if program.in_test(info) else 0)
        yield draft(program, CODE, info, evidence.at, message, help, doubt, evidence.steps)


def _callers(program: Program) -> dict[Key, set[str]]:
    found: dict[Key, set[str]] = {}
    for info, fact in program.facts(Calls):
        found.setdefault(fact.callee, set()).add(info.qualname)
    return found


Place = tuple[str, Key, str]


def _place(program: Program, info: FunctionFacts, state: StateRef) -> Place | None:
    if state.root in ("global", "attribute"):
        if state.root == "attribute":
            flatten = (state.owner[0], f"{state.owner[1]}.tree_flatten")
            if state.owner not in program.classes or flatten in program.functions:
                return None  # the attributes of a pytree are arguments
        return program.place(state)
    if state.root == "free" and state.text.startswith("self."):
        outer = program.functions.get(state.owner)
        if outer is not None and outer.owner:
            return "attribute", (outer.module, outer.owner), state.text.split(".")[1].partition("[")[0]
    return None


def _keeps(program: Program, region: Region, place: Place) -> bool:
    if region.kind not in _KEPT or region.framework == "torch":
        return False
    start = program.functions.get(region.root)
    if start is not None and program.in_test(start):
        return False
    if place[0] == "attribute":
        if region.via.startswith(("flax.", "equinox.", "haiku.")):
            return False
        owner = program.classes.get(place[1])
        if owner is None or any(
            b.startswith(("equinox.", "flax.", "haiku.", "keras.", "tensorflow.")) for b in owner.library_bases
        ):
            return False
    return True


def _later_write(
    program: Program, callers: dict[Key, set[str]], region: Region, place: Place
) -> tuple[FunctionFacts, tuple[int, int, int, int], int] | None:
    owners = program.family(place[1]) if place[0] == "attribute" else (place[1],)
    for owner in owners:
        for writer, write in program.writes.get((place[0], owner, place[2]), ()):
            if _counts(program, callers, region, writer, write):
                return writer, write.at, max(write.doubt, 1 if place[0] == "attribute" else 0)
    if place[0] == "attribute":
        for writer, evidence in program.evidence("outside_write"):
            if (evidence.detail("module"), evidence.detail("class")) == place[1] and evidence.subject == place[2]:
                return writer, evidence.at, 1
    return None


def _counts(
    program: Program, callers: dict[Key, set[str]], region: Region, writer: FunctionFacts, write: StateWrite
) -> bool:
    key = (writer.module, writer.qualname)
    if region.framework == "tensorflow" and (".assign" in write.op or write.state.text.count(".") > 1):
        return False  # a variable's value is read at each call; so are the settings of Keras's objects
    if writer.name in _BEFORE or write.restored or lifted(program, write) or program.in_test(writer):
        return False
    if any(r.kind in _KEPT for r in program.regions_of(writer)):
        return False  # written while tracing: other rules
    if any("is None" in g or "not in" in g or "hasattr" in g or "is not None" in g for g in write.guards):
        return False  # built once
    if any(isinstance(f, Root) and f.function == region.root for f in writer.facts):
        return False  # who writes compiles
    if write.how == "call":
        return False  # a stack or a log, as a rule
    if write.how == "item":
        # A registry is filled at import; what counts is a write that runs later.
        return any(name != "<module>" for name in callers.get(key, ()))
    return True
