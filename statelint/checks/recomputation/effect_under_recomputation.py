"""SL704: a function that is run again for the backward pass has effects."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain
from statelint.checks.saved.custom_functions import in_custom_function
from statelint.effects.facts import Calls, Draw, Key, Link, StateWrite
from statelint.effects.program import RECOMPUTED, Program
from statelint.findings import Draft

CODE = "SL704"
_GROWS = ("append", "extend", "add", "insert", "update", "pop", "popleft", "appendleft")


def check(program: Program) -> Iterable[Draft]:
    """State updated, and random numbers drawn, in a checkpointed function."""
    yield from _state(program)
    yield from _numbers(program)
    yield from _home_made(program)


def _state(program: Program) -> Iterable[Draft]:
    seen: set[tuple[str, int, str]] = set()
    for info, fact in program.facts(StateWrite):
        grows = fact.how == "call" and fact.op.partition("(")[0].rpartition(".")[2] in _GROWS
        if not (grows or fact.how == "augmented" or (fact.reads_old and fact.how in ("rebind", "item", "array"))):
            continue
        if program.place(fact.state) in program.caches or any("None" in guard for guard in fact.guards):
            continue
        for region in program.regions_of(info):
            if (
                region.kind not in RECOMPUTED
                or region.framework != "torch"
                or not program.lasting(region.root, info, fact)
            ):
                continue
            name = fact.state.text
            place = (info.module, fact.at[0], name)
            if place in seen:
                break
            seen.add(place)
            message = (
                f"`{name}` is updated in `{info.name}`, which `{region.via}` runs again for the backward pass:"
                " it is updated twice in each step"
            )
            help = "Update it outside of the checkpointed function, from its result."
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt, region_chain(region))
            break


def _numbers(program: Program) -> Iterable[Draft]:
    """Draws of torch's generator under ``preserve_rng_state=False``; other generators are SL601's."""
    for info, fact in program.evidence("recomputed_call"):
        drawn = _draw(program, (fact.detail("module"), fact.detail("function")))
        if drawn is None:
            continue
        message = (
            f"`{fact.subject}` draws random numbers and is run again with `preserve_rng_state=False`: backward"
            " differentiates other numbers than forward used"
        )
        help = "Leave `preserve_rng_state` at True."
        yield draft(program, CODE, info, fact.at, message, help, 0, (drawn,))

    for info, fact in program.evidence("generator_draw"):
        region = next((r for r in program.regions_of(info) if r.kind in RECOMPUTED and r.framework == "torch"), None)
        if region is None:
            continue
        message = (
            f"`{info.name}` draws from the generator `{fact.subject}` and is run again by `{region.via}`, "
            "which restores the "
            "global generators alone: backward differentiates other numbers than forward used"
        )
        help = "Draw before the checkpoint and pass the numbers in, or use the global generator."
        yield draft(program, CODE, info, fact.at, message, help, 0, region_chain(region))


def _draw(program: Program, start: Key) -> Link | None:
    queue, seen = [start], {start}
    while queue:
        key = queue.pop(0)
        info = program.functions.get(key)
        for fact in info.facts if info is not None else ():
            if isinstance(fact, Draw) and fact.generator == "torch":
                return Link(key[0], fact.at, f"`{fact.what}` draws from the global generator here")
            if isinstance(fact, Calls) and fact.callee not in seen and len(seen) < 40:
                seen.add(fact.callee)
                queue.append(fact.callee)
    return None


def _home_made(program: Program) -> Iterable[Draft]:
    """A custom function whose backward runs the function of its forward again, and restores no generator."""
    runs: dict[Key, set[str]] = {}
    kept: dict[Key, set[str]] = {}
    restored: set[Key] = set()
    facts = list(program.evidence("function_context"))
    for info, fact in facts:
        owner = (info.module, info.owner)
        what = fact.detail("what")
        if what == "random state":
            restored.add(owner)
        elif what == "calls" and info.name == "forward":
            runs.setdefault(owner, set()).add(fact.subject)
        elif what == "attribute" and fact.detail("role") == "function":
            kept.setdefault(owner, set()).add(f"{fact.subject}={fact.detail('source')}")
    for info, fact in facts:
        owner = (info.module, info.owner)
        if fact.detail("what") != "calls" or info.name != "backward" or owner in restored:
            continue
        if not in_custom_function(program, info):
            continue
        if not any(f"{fact.subject}={source}" in kept.get(owner, ()) for source in runs.get(owner, ())):
            continue
        message = (
            f"`{info.owner}` runs `{info.params[0]}.{fact.subject}` again in backward and restores no "
            "random state: a function that "
            "draws numbers (dropout) is differentiated with other numbers than forward used"
        )
        help = (
            "Keep `torch.get_rng_state()` in forward and set it in backward under `torch.random.fork_rng()`, "
            "or use `torch.utils.checkpoint`."
        )
        yield draft(program, CODE, info, fact.at, message, help, 1)
