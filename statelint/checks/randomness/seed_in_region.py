"""SL605: a generator is seeded anew inside of what is run step by step, so its draws repeat."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.effects.facts import Backward, Calls, Evidence, FunctionFacts, Key, Seed, Span
from statelint.effects.program import Program, Region
from statelint.findings import Draft

CODE = "SL605"
_SETUP = ("__init__", "setup", "build", "reset", "__post_init__")
_REPEATED = ("__call__", "__getitem__", "__next__", "step", "act", "sample")
"""Methods that are there to be called again and again."""
_HELP = (
    "Seed once, where the program starts, or hand the generator (or its key) in: `rng` as a parameter, "
    "`jax.random.fold_in(key, step)`, `tf.random.stateless_*` with the step in the seed."
)


def check(program: Program) -> Iterable[Draft]:
    """Global generators seeded, and generators made, from what is the same at each call."""
    restoring = {(info.module, info.qualname) for info, _ in program.evidence("restored_generator")}
    for info, fact in program.facts(Seed):
        if fact.generator == "self" or (info.module, info.qualname) in restoring:
            continue
        if fact.source not in ("constant", "state") or not _same(program, info, fact.state):
            continue
        if any(_chosen(guard, fact.state) for guard in fact.guards):
            continue
        yield from _drafts(program, info, fact.at, fact.loops, f"`{fact.what}` seeds the global generator", 0)
    for info, seen in program.evidence("local_generator"):
        paths = tuple(seen.detail("paths").split())
        if _same(program, info, paths) and not _chosen(seen.detail("guards"), paths):
            doubt = 2 if "None" in seen.detail("guards") else 0
            what = f"A generator is made from the same seed `{seen.detail('seed')}`"
            found = list(_drafts(program, info, seen.at, _loops(seen), what, doubt))
            if not found and info.owner and info.name in _REPEATED:
                message = f"{what} in each call of `{info.qualname}`, so each call draws the same numbers"
                found.append(draft(program, CODE, info, seen.at, message, _HELP, max(doubt, 1)))
            yield from found


def _drafts(
    program: Program, info: FunctionFacts, at: Span, loops: tuple[Span, ...], what: str, doubt: int
) -> Iterable[Draft]:
    for region in program.regions_of(info):
        found = _repeats(program, info, region, loops)
        if found is None:
            continue
        if region.traced and region.framework == "tensorflow":
            end = "at trace time only, not at each call"
        else:
            end = "in each call, so each call draws the same numbers"
        message = f"{what} {end}; {why_region(program, info, region)}"
        yield draft(program, CODE, info, at, message, _HELP, max(doubt, found), region_chain(region))
        return


def _repeats(program: Program, info: FunctionFacts, region: Region, loops: tuple[Span, ...]) -> int | None:
    """Whether a place in a region runs at each step, and the doubt of it."""
    root = program.functions[region.root]
    if any(part.startswith("test") for part in root.qualname.split(".")) or _is_test(program, root):
        return None
    if region.kind != "taped":
        return None if root.name.startswith(("init", "_init", "setup")) else 0
    if region.steps:
        first = region.steps[0].at
        calls = [f for f in root.facts if isinstance(f, Calls) and f.at == first]
        loops = calls[0].loops if calls else ()
    passes = [f for f in root.facts if isinstance(f, Backward)]
    if loops:
        return 0 if any(f.loops and f.loops[-1] == loops[-1] for f in passes) else None
    if not any(not f.loops for f in passes):
        return None
    if _called_in_loop(program, region.root):
        return 0
    return 1 if root.owner and root.name not in (*_SETUP, "main", "run") else None


def _is_test(program: Program, info: FunctionFacts) -> bool:
    owner = program.classes.get((info.module, info.owner))
    return owner is not None and (
        owner.qualname.startswith("Test") or any("TestCase" in base for base in owner.library_bases)
    )


def _called_in_loop(program: Program, key: Key) -> bool:
    return any(fact.callee == key and fact.loops for _, fact in program.facts(Calls))


def _same(program: Program, info: FunctionFacts, paths: tuple[str, ...]) -> bool:
    """Whether nobody changes the state that a seed comes from."""
    for path in paths:
        first, _, rest = path.partition(".")
        if rest and info.params and first == info.params[0]:
            name = rest.partition(".")[0].partition("[")[0]
            places = [("attribute", owner, name) for owner in program.family((info.module, info.owner))]
        else:
            places = [("global", (info.module, ""), first)]
        for place in places:
            if any(writer.name not in _SETUP for writer, _ in program.writes.get(place, ())):
                return False
    return True


def _chosen(guard: str, paths: tuple[str, ...]) -> bool:
    """A test whether the user asked for a fixed seed: `if self.seed is not None`."""
    return any(path in guard for path in paths)


def _loops(seen: Evidence) -> tuple[Span, ...]:
    return tuple(span for name, span in seen.spans if name == "loop")
