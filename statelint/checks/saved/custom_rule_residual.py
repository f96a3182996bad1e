"""SL210: a custom derivative rule takes arrays past the rule."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL210"


def check(program: Program) -> Iterable[Draft]:
    """Arrays in ``nondiff_argnums``; arrays that the rule's function captures, in a region that differentiates."""
    for info, fact in program.evidence("custom_rule"):
        name, function = fact.subject, fact.detail("function")
        if fact.detail("what") == "nondiff":
            message = (
                f"`{name}` of `{function}` is an array and a `nondiff_argnums` argument: under `jit`, `vmap` or "
                "another `grad` it is a tracer that the rule closes over, and leaks"
            )
            help = (
                f"Make `{name}` an ordinary argument and return a zero or `None` cotangent for it; `nondiff_argnums` "
                "is for functions and settings."
            )
        else:
            if not any(r.kind == "grad" for r in program.regions_of(info)):
                continue
            message = (
                f"`{function}` has a custom rule and captures `{name}`, with respect to which a caller "
                "differentiates: the derivative is an error (`closed-over value`), or is lost"
            )
            help = f"Pass `{name}` as an argument and give it a cotangent."
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        yield draft(program, CODE, info, fact.at, message, help, doubt, fact.steps)
