"""SL405: a value that is meant to be trained is no parameter, or one that is not is handed to the optimizer."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.checks.layers.attributes import attributes
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL405"


def check(program: Program) -> Iterable[Draft]:
    """Parameters that the module does not register, and what optimizers get."""
    for attribute in attributes(program):
        name, owner, at = attribute.name, attribute.owner[1], attribute.fact.at
        match attribute.what:
            case "derived":
                operation = attribute.fact.detail("operation")
                message = (
                    f"`self.{name}` is no parameter: `{operation}` of a `Parameter` gives a plain tensor, "
                    "which `parameters()` of "
                    f"`{owner}` leaves out, so it is not trained"
                )
                help = "Make the `Parameter` of the finished tensor: `nn.Parameter(torch.zeros(..., device=...))`."
            case "leaf" if not attribute.has("registered"):
                message = (
                    f"`self.{name}` requires grad and is no parameter: `parameters()`, `.to()` and "
                    f"`state_dict()` of `{owner}` "
                    "leave it out"
                )
                help = f"Make it a parameter: `self.{name} = nn.Parameter(...)`."
            case "parameter as buffer":
                message = (
                    f"`{name}` is a `Parameter` that is registered as a buffer: `parameters()` of `{owner}` "
                    "leaves it out, so it is not trained"
                )
                help = f"Assign it (`self.{name} = nn.Parameter(...)`), or register a plain tensor."
            case _:
                continue
        yield draft(program, CODE, attribute.info, at, message, help, attribute.fact.doubt)
    for info, fact in program.evidence("optimizer_group"):
        what = fact.detail("what")
        if what == "copies":
            message = (
                f"The optimizer gets `{fact.subject}`, not the parameters themselves: these have no gradient, "
                "so nothing is trained"
            )
            help = "Hand over the parameters: `model.parameters()`."
        else:
            message = (
                f"The optimizer gets buffers (`{fact.subject}`): they are state that the model updates itself "
                "and have no gradient"
            )
            help = "Hand over `model.parameters()` alone."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
