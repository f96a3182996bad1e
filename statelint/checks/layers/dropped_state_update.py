"""SL404: the new state that a layer or model returns is ignored."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL404"


def check(program: Program) -> Iterable[Draft]:
    """Collections updated by ``apply`` and dropped, missing ``mutable=``, layer state that is not carried on."""
    for info, fact in program.evidence("dropped_state"):
        what = fact.detail("what")
        if what == "variables":
            names = fact.detail("collections")
            message = (
                f"`apply` returns the updated collections ({names}), and they are dropped: the running statistics "
                "never move"
            )
            help = "Bind them (`y, updates = ...`) and put them into the variables of the next step."
        elif what == "immutable":
            message = (
                "`apply` runs in training mode with `batch_stats`, but without `mutable=['batch_stats']`: the update "
                "of the statistics is an error, or is lost"
            )
            help = "Pass `mutable=['batch_stats']` and keep the second result, or run with the stored averages."
        elif what == "layer":
            message = (
                f"The new state of the layer is dropped, and the old `{fact.subject}` is returned: its statistics "
                "never move"
            )
            help = f"Bind it: `x, {fact.subject} = ...`."
        elif what == "auxiliary":
            message = (
                "The auxiliary result, which holds the new statistics, is dropped, and the next turn takes the old "
                f"`{fact.subject}`: they never move"
            )
            help = f"Bind it: `(loss, {fact.subject}), grads = ...`."
        else:
            continue
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        yield draft(program, CODE, info, fact.at, message, help, doubt)
