"""SL102: a method's output depends on an attribute that the method updates."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.checks.layers.statistics import is_statistic
from statelint.effects.facts import FunctionFacts, Key, Lasting, StateWrite
from statelint.effects.program import Program
from statelint.effects.value import ARRAY, CONTAINER, LIST, TUPLE
from statelint.findings import Draft

CODE = "SL102"
STATEFUL_LIBRARIES = ("flax.nnx", "flax.experimental.nnx", "haiku.", "objax.")


def check(program: Program) -> Iterable[Draft]:
    """Attributes that a region's method writes and its result depends on."""
    for info, fact in program.facts(StateWrite):
        if fact.state.root != "attribute" or fact.no_grad or fact.constant or fact.restored:
            continue
        if program.place(fact.state) in program.caches or _lazy(fact) or lifted(program, fact):
            continue
        if fact.kind & ARRAY and is_statistic(program, info, fact):
            continue  # the rules on layers judge it
        for region in program.regions_of(info):
            lasting = program.lasting(region.root, info, fact) if region.kind != "taped" else []
            if not lasting:
                continue
            traced = any(f.traced for f in lasting)
            if region.traced and any(program.traced_in(region, f) for f in lasting):
                break  # SL105 says it better
            if traced and not any(f.graph for f in lasting):
                break  # a statistic that is updated outside the graph: the rules on layers judge it
            array = region.framework == "torch" and (traced or _sequence(fact))
            if ".assign" in fact.op or not returned(program, info, fact, region.root, lasting, array):
                continue
            name = fact.state.text
            message = (
                f"`{name}` is updated by `{info.name}` and its result depends on it: the output depends on earlier "
                "calls"
            )
            help = (
                f"Pass `{name}` in and return the new value, or detach it at the boundary of the step "
                f"(`{name} = ....detach()`) if no gradient is meant to flow to earlier calls."
            )
            steps = region_chain(region)
            yield draft(
                program,
                CODE,
                info,
                fact.at,
                f"{message}; {why_region(program, info, region)}",
                help,
                fact.doubt + region.doubt,
                steps,
            )
            break


def _own(fact: StateWrite) -> bool:
    """Arrays, or a container of such, made anew from themselves alone: detached, moved, regrouped."""
    return bool(fact.kind & (ARRAY | CONTAINER)) and all(_within(text, (fact.state.text,)) for text in fact.deps)


def lifted(program: Program, fact: StateWrite) -> bool:
    """Whether the class belongs to a library that carries its objects' state through its transformations."""
    owner = program.classes.get(fact.state.owner)
    return owner is not None and any(base.startswith(STATEFUL_LIBRARIES) for base in owner.library_bases)


def _sequence(fact: StateWrite) -> bool:
    """A new tuple or list, as the state of a recurrent layer is: what counts is whether its elements bring a
    gradient."""
    return fact.how == "rebind" and bool(fact.kind & (LIST | TUPLE))


def _lazy(fact: StateWrite) -> bool:
    """Built once: the write stands under a test that the attribute is not there yet."""
    name = fact.state.name
    return any(name in guard.replace("'", " ").replace('"', " ").replace(".", " ").split() for guard in fact.guards)


def returned(
    program: Program, info: FunctionFacts, fact: StateWrite, root: Key, lasting: list[Lasting], array: bool
) -> bool:
    """Whether the result of the region's start depends on the attribute's old value; for a tensor, whether a gradient
    flows to it (a detached carry is a choice).
    """
    start = program.functions.get(root)
    if start is None:
        return False
    for text in {f.text for f in lasting}:
        if _within(text, start.carried) and (not array or _within(text, start.result_grad)):
            return True
        # What lies deep in an object is one origin at the start: there the method itself tells.
        deep = any(text.startswith((f"{path}.", f"{path}[")) for path in start.result)
        reached = not array or _within(fact.state.text, info.result_grad)
        if deep and reached and _within(fact.state.text, info.carried):
            return True
    return False


def _within(text: str, paths: tuple[str, ...]) -> bool:
    """Whether one of the paths is the state or leads into it."""
    return any(path == text or path.startswith((f"{text}[", f"{text}.")) for path in paths)
