"""SL107: an array or container that the caller owns is changed."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import ArgumentWrite, FunctionFacts, Reused
from statelint.effects.program import Program
from statelint.effects.value import ARRAY, DICT, LIST, SET, UNKNOWN
from statelint.findings import Draft

CODE = "SL107"
_OUTPUTS = (
    "out",
    "output",
    "buf",
    "buffer",
    "dst",
    "dest",
    "target",
    "accumulator",
    "cache",
    "state",
    "ctx",
    "memo",
    "result",
    "results",
    "self",
    "cls",
)
_SAID = ("in-place", "in place", "inplace", "modifies", "mutates", "overwrit")


def check(program: Program) -> Iterable[Draft]:
    """Writes through parameters of functions in regions."""
    for info, fact in program.facts(ArgumentWrite):
        if _declared(info, fact) or "." in fact.text:
            continue
        regions = [r for r in program.regions_of(info) if r.kind != "taped"]
        if not regions:
            continue
        doubt = fact.doubt
        reused = next(
            (r for r in info.facts if isinstance(r, Reused) and r.at == fact.at and r.param == fact.param), None
        )
        if reused is None:
            # Nobody is seen to use the argument afterwards: whoever calls the region from outside may.
            doubt += 1
            if not any(r.root == (info.module, info.qualname) for r in regions):
                continue
        if fact.kind & UNKNOWN and not fact.kind & (ARRAY | LIST | DICT | SET):
            doubt += 1
        message = f"`{fact.text}` belongs to the caller and is changed by `{fact.op}`"
        help = f"Work on a copy (`{fact.param} = {fact.param}.clone()` or `.copy()`), or compute out of place."
        yield draft(program, CODE, info, fact.at, message, help, doubt, (reused.call,) if reused is not None else ())


def _declared(info: FunctionFacts, fact: ArgumentWrite) -> bool:
    """The name or the documentation says that the argument is changed."""
    if info.name.endswith("_") and not info.name.endswith("__"):
        return True
    if fact.param in _OUTPUTS or fact.param.startswith(("out_", "out")):
        return True
    text = info.docstring.lower()
    return any(word in text for word in _SAID) or "inplace" in " ".join(fact.guards)
