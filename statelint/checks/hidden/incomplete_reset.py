"""SL109: a reset restores part of what the steps accumulate."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Calls, FunctionFacts, Key, Link, StateWrite
from statelint.effects.program import Program
from statelint.effects.value import NUMBER
from statelint.findings import Draft

CODE = "SL109"
_RESETS = frozenset(
    ("reset", "reset_state", "reset_states", "set_timesteps", "reset_stats", "reset_metrics", "clear", "reset_hidden")
)
_BUILDERS = frozenset(("__init__", "setup", "build", "__setstate__", "load_state_dict", "__post_init__"))
_LASTING = frozenset(
    """total global all lifetime episode episodes epoch epochs best seed rng history num count counter calls max min
    buffer log logs memory running mean var cache ever sum steps ep trajectory stats archive""".split()  # noqa: SIM905
)


def check(program: Program) -> Iterable[Draft]:
    """Classes with a reset method that restores one accumulated attribute and leaves another."""
    methods: dict[Key, list[FunctionFacts]] = {}
    for info in program.functions.values():
        if info.owner:
            methods.setdefault((info.module, info.owner), []).append(info)
    for key, own in methods.items():
        for reset in own:
            if reset.name in _RESETS:
                yield from _incomplete(program, key, own, reset)


def _incomplete(program: Program, key: Key, own: list[FunctionFacts], reset: FunctionFacts) -> Iterable[Draft]:
    restoring = _reached(program, reset)
    if any(info.name in _BUILDERS for info in restoring):
        return
    restored: dict[str, StateWrite] = {}
    for info in restoring:
        for fact in info.facts:
            if isinstance(fact, StateWrite) and fact.state.root == "attribute":
                restored.setdefault(fact.state.name, fact)
    accumulated: dict[str, list[tuple[FunctionFacts, StateWrite]]] = {}
    for info in own:
        if info not in restoring and info.name not in _BUILDERS and not info.name.startswith(("load", "set_", "reset")):
            for fact in info.facts:
                if isinstance(fact, StateWrite) and fact.state.root == "attribute" and _accumulates(fact):
                    accumulated.setdefault(fact.state.name, []).append((info, fact))
    siblings = [name for name in accumulated if name in restored]
    if not siblings:
        return
    cls = program.classes.get(key)
    for name, places in accumulated.items():
        info, fact = next((p for p in places if not p[1].constant), places[0])
        made = cls is not None and "__init__" in cls.stores.get(name, ())
        if name in restored or not made or fact.constant or _LASTING & set(name.lower().strip("_").split("_")):
            continue
        if not any(where is info for other in siblings for where, _ in accumulated[other]):
            continue
        at = max((restored[s] for s in siblings), key=lambda f: f.at).at
        if not (reset.at[0] <= at[0] <= reset.at[2]):
            at = reset.name_at
        message = (
            f"`{reset.name}` restores `self.{siblings[0]}` and leaves `self.{name}`, which `{info.name}` "
            "accumulates: the next run starts with what is left of the last"
        )
        help = f"Restore `self.{name}` in `{reset.name}` to what `__init__` gives it."
        step = Link(info.module, fact.at, f"`self.{name}` is accumulated here")
        yield draft(program, CODE, reset, at, message, help, 1, (step,), {"attribute": name})


def _reached(program: Program, reset: FunctionFacts) -> list[FunctionFacts]:
    """A reset method and what it calls."""
    found = [reset]
    for info in found:
        for fact in info.facts:
            callee = program.functions.get(fact.callee) if isinstance(fact, Calls) else None
            if callee is not None and callee not in found and len(found) < 40:
                found.append(callee)
    return found


def _accumulates(fact: StateWrite) -> bool:
    """Whether a write adds to what was there: by data, not by counting."""
    if fact.how == "rebind":
        return False
    if fact.how == "call":
        return fact.op.partition("(")[0].rpartition(".")[2].startswith(("append", "extend", "add", "insert", "update"))
    return fact.how in ("augmented", "array") and fact.reads_old and bool(fact.kind & ~NUMBER or fact.deps)
