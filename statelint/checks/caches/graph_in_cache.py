"""SL906: a value that hangs on a graph goes into a cache, and the graph is freed by the first backward pass."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.caches.underkeyed_cache import replaced, trained
from statelint.checks.drafting import draft
from statelint.effects.facts import CacheStore, FunctionFacts, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL906"
HELP = (
    "Cache it detached (`.detach()`, or computed under `torch.no_grad()`), or compute it anew for each backward pass."
)


def check(program: Program) -> Iterable[Draft]:
    """Stores of what depends on the receiver's parameters, that nothing empties."""
    for info, fact in program.facts(CacheStore):
        learned = [m for m in fact.missing if trained(program, info, m)]
        taken_out = any(text.startswith(fact.state.text) for text in info.result)
        lasting = fact.graph and taken_out and fact.state.root in ("attribute", "global")
        if learned and lasting and not _emptied(program, info, fact):
            yield _draft(program, info, fact, learned, fact.doubt)
    for info, write in program.facts(StateWrite):
        name = write.state.text
        once = any(
            g in (f"{name} is None", name) or (g.startswith("hasattr(") and write.state.name in g) for g in write.guards
        )
        learned = [m for m in write.deps if trained(program, info, m)]
        if not once or write.how != "rebind" or write.state.root != "attribute" or not (learned and write.graph):
            continue
        if name in info.result and not replaced(program, info, write.state):
            yield _draft(program, info, write, learned, write.doubt + 1)


def _emptied(program: Program, info: FunctionFacts, fact: CacheStore) -> bool:
    for writer, write in program.writes.get(program.place(fact.state), ()):
        if writer.qualname == info.qualname or writer.name in ("__init__", "__new__"):
            continue
        if write.how == "rebind" or (write.how == "call" and ("clear(" in write.op or write.op.startswith("del "))):
            return True
    return False


def _draft(
    program: Program, info: FunctionFacts, fact: CacheStore | StateWrite, learned: list[str], doubt: int
) -> Draft:
    names = ", ".join(f"`{m}`" for m in learned)
    message = (
        f"`{fact.state.text}` caches a value with the graph that leads to {names}: "
        "the second backward pass finds that graph freed"
    )
    return draft(program, CODE, info, fact.at, message, HELP, doubt)
