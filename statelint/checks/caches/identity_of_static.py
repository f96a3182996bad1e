"""SL908: what a trace or a cache takes for the same is not the same."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL908"


def check(program: Program) -> Iterable[Draft]:
    """Arrays in static fields; comparisons that leave out a function which the object was made with."""
    for info, fact in program.evidence("identity"):
        cls = fact.detail("class")
        if fact.detail("what") == "static":
            message = (
                f"`{cls}.{fact.subject}` is an array in a static field: it is compared and hashed to find the "
                "compiled program (an error, or a stale constant), and gets no gradient"
            )
            help = (
                "Make it an ordinary field (with `jax.lax.stop_gradient` if it is not trained), or keep a tuple of "
                "numbers."
            )
        else:
            message = (
                f"`{cls}.__eq__` leaves out `{fact.subject}`: two objects with different functions are equal, so a "
                "trace or cache made for one is taken for the other"
            )
            help = f"Compare `{fact.subject}` as well, and hash what is compared."
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        yield draft(program, CODE, info, fact.at, message, help, doubt, fact.steps)
