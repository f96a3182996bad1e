"""SL303: an array shares its memory with one of another library, which is written to."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Evidence, FunctionFacts, Link
from statelint.effects.program import Program
from statelint.effects.value import ARRAY, UNKNOWN
from statelint.findings import Draft

CODE = "SL303"


def check(program: Program) -> Iterable[Draft]:
    """Local arrays, and attributes that the class overwrites."""
    for info, fact in program.evidence("foreign_memory"):
        call = fact.detail("call")
        help = f"Hand over a copy: `{fact.subject}.copy()`, or `torch.tensor(...)` instead of `from_numpy`."
        if fact.detail("form") == "local":
            message = f"`{call}` shares the memory of `{fact.subject}`, and `{fact.detail('change')}` overwrites it"
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps)
            continue
        step = _written(program, info, fact)
        if step is not None:
            message = (
                f"`{call}` shares the memory of `{fact.subject}`, which this class overwrites: what was handed out "
                "changes"
            )
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt, (step,))


def _written(program: Program, info: FunctionFacts, fact: Evidence) -> Link | None:
    for owner in program.family((info.module, info.owner)):
        for writer, write in program.writes.get(("attribute", owner, fact.detail("attribute")), ()):
            if write.how not in ("array", "item", "augmented") or writer.name == "__init__":
                continue
            if write.kind & ARRAY and not write.kind & UNKNOWN:
                return Link(writer.module, write.at, f"`{write.op}` overwrites it in `{writer.name}`")
    return None
