"""SL209: a custom autograd function overwrites an input without saying so, or its backward what was saved."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.checks.saved.custom_functions import in_custom_function
from statelint.effects.facts import ArgumentWrite, Key
from statelint.effects.program import Program
from statelint.effects.value import ARRAY
from statelint.findings import Draft

CODE = "SL209"


def check(program: Program) -> Iterable[Draft]:
    """In-place writes in ``forward`` and ``backward``."""
    dirty: dict[Key, set[str]] = {}
    for info, seen in program.evidence("function_context"):
        if seen.detail("what") == "dirty":
            dirty.setdefault((info.module, info.qualname), set()).add(seen.subject)
    for info, fact in program.facts(ArgumentWrite):
        if fact.how not in ("array", "item", "augmented") or not in_custom_function(program, info) or not info.params:
            continue
        if fact.op.partition("(")[0].endswith(".resize_"):
            continue  # memory given back, not a value
        context = info.params[0]
        if info.name == "forward" and fact.param != context:
            marked = dirty.get((info.module, info.qualname), set())
            if marked & {fact.param, ""} or "." in fact.text or not fact.kind & ARRAY:
                continue
            message = (
                f"`{fact.param}` is an input of `{info.owner}` and is overwritten by `{fact.op}` without "
                "`mark_dirty`: autograd does not see the change"
            )
            help = f"Call `{context}.mark_dirty({fact.param})` and return it, or compute out of place."
        elif info.name == "backward" and fact.text.startswith(f"{context}."):
            message = (
                f"`backward` overwrites what `forward` saved (`{fact.op}`): other operations that saved it, "
                "and a second backward, read the new value"
            )
            help = "Compute the gradient into a new tensor."
        elif info.name == "backward" and fact.param != context and "." not in fact.text:
            message = (
                f"`backward` overwrites the incoming gradient `{fact.param}` (`{fact.op}`), which other "
                "branches of the graph may share"
            )
            help = f"Compute out of place: `{fact.param} = {fact.param} * ...`."
        else:
            continue
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
