"""SL603: a key is drawn from, and the same one is there for the next draw."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, spoken
from statelint.effects.facts import FunctionFacts, KeyReturned, KeyUse, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL603"
_ONCE = ("init", "build", "setup", "create", "make", "load", "reset", "seed", "main", "set_", "prepare", "configure")


def check(program: Program) -> Iterable[Draft]:
    """Keys of objects and modules that nobody advances; used keys that are returned; children of a split left
    unused."""
    yield from _held(program)
    unused = {(info.module, info.qualname, fact.subject) for info, fact in program.evidence("unused_child")}
    yield from _returned(program, unused)
    for info, fact in program.evidence("unused_child"):
        child = fact.detail("child")
        message = (
            f"`{fact.subject}` is used here and carried on as well, while its fresh child `{child}` is never used: "
            "the next draw takes the same key"
        )
        help = f"Use `{child}` here."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt + _test(program, info), fact.steps)
    for info, fact in program.evidence("default_key"):
        message = f"`{fact.subject}` has one key as its default: every call that leaves it out draws the same numbers"
        help = "Make the key a required argument, or take `None` as the default and demand a key where it is needed."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt + _test(program, info), fact.steps)
    for info, fact in program.evidence("bound_key"):
        message = f"{fact.subject} keeps one key for all its calls: each of them draws the same numbers"
        help = "Leave the key open and pass a fresh one at each call."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt + _test(program, info), fact.steps)


def _test(program: Program, info: FunctionFacts) -> int:
    return 2 if program.in_test(info) else 0


def _held(program: Program) -> Iterable[Draft]:
    seen: set[object] = set()
    for info, fact in program.facts(KeyUse):
        state = fact.state
        if not fact.direct or fact.doubt > 1 or info.qualname == "<module>" or "[" in state.text:
            continue
        if state.root == "attribute":
            if (fact.fixed and not fact.literal) or state.text.count(".") > 1:
                continue
            if _once(info) or _advanced(program, fact):
                continue
            owner = state.text
            how = f"`{owner}` has one key as its default" if fact.literal else f"nobody advances `{owner}`"
        elif state.root == "global":
            if program.writes.get(program.place(state)) or _once(info) or _judges(info):
                continue
            how = f"`{state.text}` is one key for the whole module"
        else:
            continue
        where = (info.module, info.qualname, state.text)
        if where in seen:
            continue
        seen.add(where)
        op = fact.op.rpartition(".")[2]
        message = f"`{op}` takes the key `{state.text}`, and {how}: each call of `{info.name}` draws the same numbers"
        help = (
            f"Advance it (`{state.text}, key = jax.random.split({state.text})`), or pass a fresh key as an argument."
            if state.root == "attribute" and not fact.fixed
            else "Pass a fresh key as an argument."
        )
        yield draft(program, CODE, info, fact.at, message, help, max(1, fact.doubt) + _test(program, info))


def _once(info: FunctionFacts) -> bool:
    name = info.name.lstrip("_")
    return name.startswith(_ONCE) or info.name in ("__init__", "__post_init__", "__new__")


def _judges(info: FunctionFacts) -> bool:
    """An evaluation, which takes the same draws each time to be comparable."""
    return any(word in info.name for word in ("eval", "test", "valid", "plot", "visual"))


def _advanced(program: Program, fact: KeyUse) -> bool:
    """Whether a method other than the constructor's kind writes the key, or somebody else does."""
    root, _, name = program.place(fact.state)
    for owner in program.family(fact.state.owner):
        for info, write in program.writes.get((root, owner, name), ()):
            if not _once(info) or _renews(write):
                return True
    return False


def _renews(write: StateWrite) -> bool:
    return write.reads_old or write.state.text in write.deps


def _returned(program: Program, told: set[tuple[str, str, str]]) -> Iterable[Draft]:
    for info, fact in program.facts(KeyReturned):
        if (info.module, info.qualname, fact.key) in told:
            continue
        name = f"`{fact.key}`" if fact.key else "A key"
        op = spoken(fact.op)
        message = f"{name} was consumed by {op} and is returned: the caller draws with the same key again"
        help = "Return a fresh key: `key, sub = jax.random.split(key)`, draw with `sub` and return `key`."
        yield draft(
            program, CODE, info, fact.at, message, help, max(1, fact.doubt) + _test(program, info), (fact.consumed,)
        )
