"""SL301: a reference is stored to something that is changed in place afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import ArgumentWrite, Evidence, FunctionFacts, Key, Link
from statelint.effects.program import Program
from statelint.effects.value import ARRAY, UNKNOWN
from statelint.findings import Draft

CODE = "SL301"
_LOADERS = frozenset(("load_state_dict", "set_state", "__setstate__", "restore", "load_state", "set_state_dict"))


def check(program: Program) -> Iterable[Draft]:
    """Objects stored turn by turn, values kept as what they were, arguments that become changing state."""
    for info, fact in program.evidence("alias_stored"):
        form, name, change = fact.detail("form"), fact.subject, fact.detail("change")
        hint = {"stored": name, "copy": fact.detail("copy")}
        copy = f"a copy (`{name}.copy()`, `{name}.clone()`)"
        if form == "loop" and fact.detail("target") == "yield":
            continue  # SL302
        if form == "loop":
            message = (
                f"`{fact.detail('target')}` stores `{name}` itself in each turn, and `{change}` changes it: all "
                "entries end up the same"
            )
            yield draft(program, CODE, info, fact.at, message, f"Store {copy}.", fact.doubt, fact.steps, hint)
        elif form == "before":
            target = fact.detail("target")
            message = f"`{target}` is `{name}` itself, not what it was: `{change}` changes both"
            yield draft(program, CODE, info, fact.at, message, f"Keep {copy}.", fact.doubt, fact.steps, hint)
        elif form == "branch":
            message = f"`{change}` writes to `{fact.detail('other')}` as well: `{name}` is a copy on one path only"
            yield draft(program, CODE, info, fact.at, message, "Copy on both paths.", fact.doubt, fact.steps)
        elif form == "attribute":
            step = _moves(program, info, fact)
            if step is not None:
                message = (
                    f"`{fact.detail('target')}` stores `{name}` itself, and this class changes it in place: what is "
                    "stored changes too"
                )
                yield draft(program, CODE, info, fact.at, message, f"Store {copy}.", fact.doubt, (step,), hint)
        elif form == "argument" and "shared" not in name:
            found = _kept(program, info, fact)
            if found is not None:
                doubt, step = found
                attribute = f"self.{fact.detail('attribute')}"
                message = f"`{attribute}` is the caller's `{name}` itself, and this class changes it in place"
                yield draft(program, CODE, info, fact.at, message, f"Keep {copy}.", doubt, (step,), hint)
    yield from _given(program)
    for info, fact in program.evidence("same_object"):
        if fact.detail("form") == "network":
            message = (
                f"`{fact.subject}` and `{fact.detail('other')}` are one and the same network: training the one moves "
                "the other"
            )
            yield draft(
                program,
                CODE,
                info,
                fact.at,
                message,
                "Make a second one: `copy.deepcopy(...)`.",
                fact.doubt,
                hint={"deep": "yes"},
            )
        else:
            message = (
                f"`{fact.detail('name')}` is the module's `{fact.subject}` itself: `{fact.detail('change')}` changes "
                "it for all later calls"
            )
            yield draft(
                program,
                CODE,
                info,
                fact.at,
                message,
                f"Work on `copy.deepcopy({fact.subject})`.",
                fact.doubt,
                fact.steps,
                {"deep": "yes"},
            )


def _given(program: Program) -> Iterable[Draft]:
    """Arguments that a function keeps, and that its caller changes afterwards."""
    kept: dict[tuple[Key, str], tuple[FunctionFacts, Evidence]] = {}
    named: dict[str, set[Key]] = {}
    for info, fact in program.evidence("alias_stored"):
        if fact.detail("form") in ("argument", "taken"):
            key = (info.module, info.qualname)
            kept.setdefault((key, fact.detail("param")), (info, fact))
    for key, function in program.functions.items():
        if function.owner:
            named.setdefault(function.name, set()).add(key)
    for _, fact in program.evidence("given_away"):
        module, _, qualname = fact.detail("function").partition(":")
        doubt = 0 if fact.detail("array") or fact.detail("by") else 1
        key = (module, qualname)
        if not qualname:
            keys = named.get(fact.detail("method"), set())
            if len(keys) != 1:
                continue
            key, doubt = next(iter(keys)), doubt + 1
        callee = program.functions.get(key)
        if callee is None:
            continue
        param = fact.detail("keyword") or _param(callee, int(fact.detail("position")) + bool(callee.owner))
        found = kept.get((key, param))
        if found is None or (callee.name == "__init__" and not (fact.detail("array") and fact.detail("loop"))):
            continue
        if fact.detail("by") and not _writes(program, fact):
            continue
        where, place = found
        message = (
            f"`{place.subject}` is kept by `{callee.name}` without a copy, and its caller changes it afterwards "
            f"(`{fact.detail('change')}`)"
        )
        help = f"Keep a copy (`{place.subject}.copy()`, `{place.subject}.clone()`, `copy.deepcopy`)."
        hint = {"stored": place.subject, "copy": place.detail("copy")}
        yield draft(program, CODE, where, place.at, message, help, doubt, fact.steps, hint)


def _param(function: FunctionFacts, position: int) -> str:
    return function.params[position] if 0 <= position < len(function.params) else ""


def _writes(program: Program, fact: Evidence) -> bool:
    """Whether the function to which the value is passed afterwards writes to it."""
    module, _, qualname = fact.detail("by").partition(":")
    other = program.functions.get((module, qualname))
    if other is None:
        return False
    param = _param(other, int(fact.detail("place")))
    return any(
        isinstance(f, ArgumentWrite) and f.param == param and f.how in ("array", "item", "augmented")
        for f in other.facts
    )


def _moves(program: Program, info: FunctionFacts, fact: Evidence) -> Link | None:
    """A method that changes an array in place of which a reference was stored."""
    for owner in program.family((info.module, info.owner)):
        for writer, write in program.writes.get(("attribute", owner, fact.detail("attribute")), ()):
            if (
                write.state.text != fact.subject
                or write.how not in ("item", "array", "augmented")
                or writer.name == "__init__"
            ):
                continue
            if write.kind & ARRAY and not write.kind & UNKNOWN:
                return Link(writer.module, write.at, f"`{write.op}` changes it in `{writer.name}`")
    return None


def _kept(program: Program, info: FunctionFacts, fact: Evidence) -> tuple[int, Link] | None:
    """A method that changes in place what an argument has become, and the doubt."""
    attribute = fact.detail("attribute")
    loader = info.name in _LOADERS
    own = (info.module, info.owner)
    for owner in program.family(own) if loader else (own,):
        for writer, write in program.writes.get(("attribute", owner, attribute), ()):
            if (
                writer is info
                or write.how == "rebind"
                or write.op == "="
                or writer.name == "__init__"
                or write.state.text not in (f"self.{attribute}", f"self.{attribute}[*]")
            ):
                continue
            whole = write.state.text == f"self.{attribute}"
            array = whole and bool(write.kind & ARRAY) and not write.kind & UNKNOWN
            step = Link(writer.module, write.at, f"`{write.op}` changes it in `{writer.name}`")
            if loader and whole and write.how in ("item", "array", "call", "augmented"):
                return (0 if array or write.how == "array" else 1), step
            grown = (
                write.how == "augmented" and "[" in write.op and not writer.name.startswith("_") and not write.constant
            )
            if grown and info.name == "__init__":
                return 1, step  # `self.tables[key] += new`: a dictionary of the caller is filled
            if array and fact.detail("known") and write.how in ("item", "array", "augmented"):
                return 1, step
    return None
