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
    for info, fact in program.facts(StateWrite):
        if fact.state.root not in ("attribute", "global") or fact.how != "rebind":
            continue
        name = fact.state.text
        if not any(_absent(guard, name) for guard in fact.guards):
            continue
        missing = [m for m in fact.deps if m != name and _varies(program, info, m) and not m.startswith("<")]
        arrays = [m for m in missing if m in info.params and m not in ("self", "cls")]
        if arrays and fact.traced and name in info.result:
            names = ", ".join(f"`{m}`" for m in arrays)
            message = f"`{name}` is computed once from {names} and returned for every later value of {names}"
            help = f"Recompute it when {names} changes (compare a key), or compute it where it is used."
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt + 1)
    yield from _memoised(program)


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
