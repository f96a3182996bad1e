"""SL306: an in-place write to the result of what may return its argument."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.checks.hidden.argument_mutation import declared
from statelint.effects.facts import Evidence, FunctionFacts
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL306"


def check(program: Program) -> Iterable[Draft]:
    """Writes that change an argument, an attribute or a name used later, if the call made no copy."""
    for info, fact in program.evidence("perhaps_copy"):
        root, source = fact.detail("root"), fact.detail("source")
        if root == "param" and (declared(info, source) or not _gives(info, fact)):
            continue
        if root == "attribute" and not _gives(info, fact):
            continue
        message = (
            f"`{fact.detail('change')}` writes to what `{fact.detail('call')}` gave, which is `{source}` itself "
            "where nothing "
            f"had to be converted"
        )
        help = f"Compute out of place, or copy: `{source}.clone()`, `np.array({source})`."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps, {"copy": fact.detail("copy")})


def _gives(info: FunctionFacts, fact: Evidence) -> bool:
    """Whether the function computes a result: then its argument is not there to be changed."""
    return (bool(info.result) and info.name[:1] != "_") or info.name == "__call__"
