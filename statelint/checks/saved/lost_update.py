"""SL208: the result of a functional update is dropped, or a name is rebound where the storage should be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Evidence, FunctionFacts, Key, Link
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL208"


def check(program: Program) -> Iterable[Draft]:
    """Dropped results and rebound names."""
    updaters = {(info.module, info.qualname): (info, fact) for info, fact in program.evidence("returned_update")}
    methods = Counter(info.name for info in program.functions.values() if info.owner)
    for info, fact in program.evidence("dropped_result"):
        if info.qualname == "<module>" and program.path(info.module).endswith(".ipynb"):
            continue  # a cell's last expression is shown
        guessed = fact.detail("guessed")
        if guessed and methods[guessed] > (info.name == guessed and bool(info.owner)):
            continue  # the project has a method of that name, which may write
        if fact.detail("function"):
            yield from _helper(program, info, fact, updaters)
        else:
            yield _dropped(program, info, fact)
    for info, fact in program.evidence("rebound_name"):
        yield _rebound(program, info, fact)


def _dropped(program: Program, info: FunctionFacts, fact: Evidence) -> Draft:
    callee, instead, target = fact.detail("callee"), fact.detail("instead"), fact.detail("assign")
    message = f"The result of `{callee}` is dropped: it returns a new value and leaves `{fact.subject}` as it was"
    help = f"Assign it: `{target or 'x'} = {callee}`."
    if instead:
        help = f"Assign it (`{target or 'x'} = {callee}`), or write in place with `{instead}` where autograd allows it."
    return draft(program, CODE, info, fact.at, message, help, fact.doubt, hint={"assign": target} if target else None)


def _helper(
    program: Program,
    info: FunctionFacts,
    fact: Evidence,
    updaters: dict[Key, tuple[FunctionFacts, Evidence]],
) -> Iterable[Draft]:
    key = (fact.detail("module"), fact.detail("function"))
    found = updaters.get(key)
    if found is None:
        return
    callee, update = found
    path = fact.detail(f"of {update.subject}")
    if not path:
        return
    message = (
        f"The result of `{fact.detail('callee')}` is dropped: `{callee.name}` returns an updated copy and "
        f"leaves `{path}` "
        "as it was"
    )
    help = f"Assign it: `{path} = {fact.detail('callee')}`."
    steps = (Link(callee.module, update.at, f"`{callee.name}` changes nothing: its result is the updated copy"),)
    yield draft(program, CODE, info, fact.at, message, help, fact.doubt, steps, {"assign": path})


def _rebound(program: Program, info: FunctionFacts, fact: Evidence) -> Draft:
    name, how = fact.subject, fact.detail("how")
    if how == "loop":
        message = f"`{name}` is rebound, and nothing reads it afterwards: what the loop runs over is not written"
        help = f"Write the storage: `{name}.copy_(...)` (under `torch.no_grad()` for parameters), or `items[i] = ...`."
    elif how == "in place":
        message = (
            f"`{name}` is rebound in `{info.name}`, which is to change it in place: the caller's array is not written"
        )
        help = f"Write into it: `{name}.copy_(...)` or `{name}[...] = ...`."
    else:
        message = f"`{name}` is rebound and `{info.name}` returns nothing: the caller's array is not written"
        help = f"Write into it (`{name}.copy_(...)`, `{name}[...] = ...`), or return the new value."
    return draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps)
