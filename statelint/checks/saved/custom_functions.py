"""Custom autograd functions: the classes that extend ``torch.autograd.Function``."""

from __future__ import annotations

from statelint.effects.facts import FunctionFacts
from statelint.effects.program import Program

BASES = ("torch.autograd.Function", "torch.autograd.function.Function", "torch.autograd.function.InplaceFunction")


def in_custom_function(program: Program, info: FunctionFacts) -> bool:
    """Whether a function is the forward or backward of such a class."""
    if not info.owner or info.name not in ("forward", "backward", "setup_context", "vjp", "jvp"):
        return False
    owner = program.classes.get((info.module, info.owner))
    return owner is not None and any(base in BASES for base in owner.library_bases)
