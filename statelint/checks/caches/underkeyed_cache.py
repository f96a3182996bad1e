"""SL901: a cached value depends on inputs that the key leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import CacheStore, FunctionFacts, MemoFunction, StateRead, StateRef, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL901"
CONSTRUCTORS = ("__init__", "__new__", "setup", "build", "__post_init__")


def check(program: Program) -> Iterable[Draft]:
    """Stores under a key, in an attribute built once, and memoised functions."""
    for info, fact in program.facts(CacheStore):
        missing = [m for m in fact.missing if _varies(program, info, m)]
        taken_out = any(text.startswith(fact.state.text) for text in info.result)
        if missing and taken_out and not _invalidated(program, info, fact.state):
            names = ", ".join(f"`{m}`" for m in missing)
            key = f"`{fact.key}`" if fact.key else "its key"
            message = f"`{fact.state.text}` caches a value that depends on {names}, but {key} does not"
            help = f"Add {names} to the key, recompute the value, or store only what the key determines."
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
    for info, write in program.facts(StateWrite):
        if write.state.root not in ("attribute", "global") or write.how != "rebind" or write.reads_old:
            continue
        name = write.state.text
        if not any(_absent(guard, name) for guard in write.guards):
            continue
        missing = [m for m in write.deps if m != name and _varies(program, info, m) and not m.startswith("<")]
        arrays = [m for m in missing if m in info.params and m not in ("self", "cls")]
        if arrays and write.traced and name in info.result and not _renewed(program, info, write):
            names = ", ".join(f"`{m}`" for m in arrays)
            message = f"`{name}` is computed once from {names} and returned for every later value of {names}"
            help = f"Recompute it when {names} changes (compare a key), or compute it where it is used."
            yield draft(program, CODE, info, write.at, message, help, write.doubt + 1)
            continue
        learned = [m for m in write.deps if trained(program, info, m)]
        lasting = not write.graph and not any("training" in guard for guard in write.guards)
        if learned and lasting and name in info.result and not replaced(program, info, write.state):
            names = ", ".join(f"`{m}`" for m in learned)
            message = f"`{name}` is computed once from {names}, and returned as it was when training changes them"
            help = f"Recompute it while {names} are trained, or empty it after each step."
            yield draft(program, CODE, info, write.at, message, help, write.doubt + 1)
    yield from _memoised(program)


def trained(program: Program, info: FunctionFacts, text: str) -> bool:
    """Whether an access path leads to parameters of the receiver."""
    head, _, rest = text.partition(".")
    cls = program.classes.get((info.module, info.owner))
    return head == "self" and cls is not None and rest.partition(".")[0].partition("[")[0] in cls.trained


def replaced(program: Program, info: FunctionFacts, state: StateRef) -> bool:
    """Whether the cache is also written elsewhere, or in this function at another place."""
    return _invalidated(program, info, state) or len(_writes(program, info, state)) > 1


def _writes(program: Program, info: FunctionFacts, state: StateRef) -> set[object]:
    found = program.writes.get(program.place(state), ())
    return {write.at for writer, write in found if writer.qualname == info.qualname}


def _renewed(program: Program, info: FunctionFacts, fact: StateWrite) -> bool:
    """Whether the same function writes the attribute at another place, where it is there already: no cache, but a
    state.
    """
    return any(
        writer.qualname == info.qualname
        and write.at != fact.at
        and not any(_absent(g, fact.state.text) for g in write.guards)
        for writer, write in program.writes.get(program.place(fact.state), ())
    ) or any(
        writer.qualname == info.qualname and write.at != fact.at and write.reads_old
        for writer, write in program.writes.get(program.place(fact.state), ())
    )


def _invalidated(program: Program, info: FunctionFacts, state: StateRef) -> bool:
    """Whether another method than the constructor empties or replaces the cache."""
    for writer, write in program.writes.get(program.place(state), ()):
        if writer.qualname == info.qualname or writer.name in CONSTRUCTORS:
            continue
        if write.how == "rebind" or (write.how == "call" and "clear(" in write.op):
            return True
    return False


def _absent(guard: str, name: str) -> bool:
    return guard in (f"{name} is None", name) or (guard.startswith("hasattr(") and name.rpartition(".")[2] in guard)


def _varies(program: Program, info: FunctionFacts, text: str) -> bool:
    """A parameter varies by call; state varies if some function other than a constructor writes it."""
    head = text.partition(".")[0].partition("[")[0]
    if head in info.params and head not in ("self", "cls"):
        return True
    if head in ("self", "cls"):
        attribute = text.partition(".")[2].partition(".")[0].partition("[")[0]
        for owner in program.family((info.module, info.owner)):
            cls = program.classes.get(owner)
            methods = cls.stores.get(attribute, ()) if cls is not None else ()
            if any(m not in CONSTRUCTORS for m in methods):
                return True
        return False
    return head in program.global_writes.get(info.module, ())


def _memoised(program: Program) -> Iterable[Draft]:
    for info, _ in program.facts(MemoFunction):
        for fact in info.facts:
            if not isinstance(fact, StateRead) or fact.state.text not in info.result:
                continue
            if fact.state.root == "attribute" and not _varies(program, info, fact.state.text):
                continue
            if fact.state.root == "global" and not program.writes.get(program.place(fact.state)):
                continue
            name = fact.state.text
            message = f"`{info.name}` is memoised but reads `{name}`, which changes and is not among its arguments"
            help = f"Pass `{name}` as an argument, or drop the cache."
            yield draft(program, CODE, info, fact.at, message, help, 0)
