"""SL102 for Keras: a recurrent layer carries its state from call to call, and nothing ever clears it."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL102"


def check(program: Program) -> Iterable[Draft]:
    """Layers with ``stateful=True`` in a program that never calls ``reset_state``."""
    seen = list(program.evidence("stateful_recurrent"))
    if any(found.detail("what") == "reset" for _, found in seen):
        return
    for info, found in seen:
        name = f"`{found.subject}`" if found.subject else f"This {found.detail('layer')}"
        message = (
            f"{name} carries its state from call to call (`stateful=True`) and nothing resets it: "
            "the output depends on all earlier sequences"
        )
        help = (
            "Call `reset_state()` between sequences, or pass `initial_state` and take the state back "
            "(`return_state=True`)."
        )
        yield draft(program, CODE, info, found.at, message, help, 1)
