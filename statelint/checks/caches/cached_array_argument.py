"""SL903: `lru_cache` over arrays, which it tells apart by identity or not at all."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL903"


def check(program: Program) -> Iterable[Draft]:
    """Memoised functions with a parameter that is an array."""
    for info, fact in program.evidence("memoised_array"):
        kind = fact.detail("kind")
        if kind == "tensor":
            what = (
                "a tensor is told apart by its identity: equal values miss, a tensor changed in place hits, and all "
                "stay alive"
            )
        elif kind == "ndarray":
            what = "a NumPy array can't be hashed: the call raises `TypeError: unhashable type`"
        else:
            what = "a JAX array can't be hashed, and a tracer that gets in outlives its trace"
        message = f"`{info.name}` is memoised over the array `{fact.subject}`; {what}"
        help = f"Take the cache off, or key it by what `{fact.subject}` is made from (a shape, a seed, a name)."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
