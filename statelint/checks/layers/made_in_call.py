"""SL408: layers, parameters, variables or optimizers are made anew in each call."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain
from statelint.effects.program import Program
from statelint.evidence.built_in_call import STEPS as STEP_FUNCTIONS
from statelint.findings import Draft

CODE = "SL408"
STEPS = ("forward", "call", "__call__", *STEP_FUNCTIONS)


def check(program: Program) -> Iterable[Draft]:
    """Constructions in the forward pass or in a training step."""
    for info, fact in program.evidence("built_in_call"):
        what, kept = fact.detail("what"), fact.detail("kept")
        kinds = ("forward", "tf_function", "taped") if what == "optimizer" else ("forward", "tf_function")
        regions = [r for r in program.regions_of(info) if r.kind in kinds]
        if not regions:
            continue
        made = f"`{fact.subject}` in `{info.name}` makes a new {what} at each call"
        if what == "optimizer":
            if info.name not in STEPS:
                continue
            message = f"{made}: momentum and moments start from zero every time"
            help = "Make the optimizer once, in the constructor or before the loop."
        elif kept:
            message = f"{made} and replaces `{kept}`: the optimizer goes on training the old one"
            help = f"Make `{kept}` in the constructor, and write into it with `copy_` under `torch.no_grad()`."
        else:
            message = (
                f"{made}: its weights are random every time and never trained"
                if what == "layer"
                else (f"{made}: no optimizer holds it, and no gradient passes through it")
            )
            help = "Make it in the constructor and keep it as an attribute."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt, region_chain(regions[0]))
