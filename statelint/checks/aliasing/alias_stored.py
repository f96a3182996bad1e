"""SL301: a reference is stored to something that is changed in place afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Evidence, FunctionFacts, Link
from statelint.effects.program import Program
from statelint.effects.value import ARRAY, UNKNOWN
from statelint.findings import Draft

CODE = "SL301"
_LOADERS = frozenset(("load_state_dict", "set_state", "__setstate__", "restore", "load_state", "set_state_dict"))


def check(program: Program) -> Iterable[Draft]:
    """Objects stored turn by turn, values kept as what they were, arguments that become changing state."""
    for info, fact in program.evidence("alias_stored"):
        form, name, change = fact.detail("form"), fact.subject, fact.detail("change")
        copy = f"a copy (`{name}.copy()`, `{name}.clone()`)"
        if form == "loop" and fact.detail("target") == "yield":
            continue  # SL302
        if form == "loop":
            message = f"`{fact.detail('target')}` stores `{name}` itself in each turn, and `{change}` changes it: all entries end up the same"
            yield draft(program, CODE, info, fact.at, message, f"Store {copy}.", fact.doubt, fact.steps)
        elif form == "before":
            target = fact.detail("target")
            message = f"`{target}` is `{name}` itself, not what it was: `{change}` changes both"
            yield draft(program, CODE, info, fact.at, message, f"Keep {copy}.", fact.doubt, fact.steps)
        elif form == "branch":
            message = f"`{change}` writes to `{fact.detail('other')}` as well: `{name}` is a copy on one path only"
            yield draft(program, CODE, info, fact.at, message, "Copy on both paths.", fact.doubt, fact.steps)
        elif form == "attribute":
            step = _moves(program, info, fact)
            if step is not None:
                message = f"`{fact.detail('target')}` stores `{name}` itself, and this class changes it in place: what is stored changes too"
                yield draft(program, CODE, info, fact.at, message, f"Store {copy}.", fact.doubt, (step,))
        elif form == "argument":
            found = _kept(program, info, fact)
            if found is not None:
                doubt, step = found
                attribute = f"self.{fact.detail('attribute')}"
                message = f"`{attribute}` is the caller's `{name}` itself, and this class changes it in place"
                yield draft(program, CODE, info, fact.at, message, f"Keep {copy}.", doubt, (step,))


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
                or writer.name == "__init__"
                or write.state.text != f"self.{attribute}"
            ):
                continue
            array = bool(write.kind & ARRAY) and not write.kind & UNKNOWN
            step = Link(writer.module, write.at, f"`{write.op}` changes it in `{writer.name}`")
            if loader and write.how in ("item", "array", "call", "augmented"):
                return (0 if array or write.how == "array" else 1), step
            if array and fact.detail("known") and write.how in ("item", "array", "augmented"):
                return 1, step
    return None
