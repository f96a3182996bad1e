"""SL505: a loss reaches parameters that another optimizer owns, and that one steps with the sum."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import ForeignGradient
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL505"


def check(program: Program) -> Iterable[Draft]:
    """Steps that use what a backward pass of another owner's loss left in the gradients."""
    for info, fact in program.facts(ForeignGradient):
        target = f"`{fact.target}`" if fact.target else "a module"
        other = f" for `{fact.other}`" if fact.other else ""
        message = (
            f"This backward pass{other} also fills the gradients of {target}, and `{fact.step}` uses them as its own"
        )
        help = (
            f"Clear the gradients of {target} before its own backward pass, or keep this loss from them: compute "
            "it first, "
            "freeze the parameters meanwhile (`requires_grad_(False)`), or use `torch.autograd.grad`."
        )
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt, (fact.own, fact.used))
