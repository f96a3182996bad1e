"""SL205: a custom autograd function keeps its input or output as an attribute of the context."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Key
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL205"


def check(program: Program) -> Iterable[Draft]:
    """Tensors on ``ctx`` that backward reads."""
    facts = list(program.evidence("function_context"))
    read: dict[Key, set[str]] = {}
    tensors: set[tuple[Key, str]] = set()
    for info, fact in facts:
        if fact.detail("what") == "gradient":
            tensors.add(((info.module, info.owner), fact.subject))
        if fact.detail("what") in ("read", "calls") and info.name in ("backward", "vjp", "jvp"):
            read.setdefault((info.module, info.owner), set()).add(fact.subject)
    for info, fact in facts:
        role = fact.detail("role")
        if fact.detail("index") and ((info.module, info.owner), fact.detail("index")) in tensors:
            role = "input"
        if fact.detail("what") != "attribute" or role not in ("input", "output"):
            continue
        if fact.subject not in read.get((info.module, info.owner), ()):
            continue
        kept = f"`{fact.detail('source')}`"
        if role == "output":
            reason = "output, node and context hold each other, and its graph and memory are not freed"
        else:
            reason = "an overwritten value is not noticed, and backward uses the new one"
        message = f"{kept} is an {role} of `{info.owner}` and is kept as `{info.params[0]}.{fact.subject}`: {reason}"
        help = (
            f"Save it with `{info.params[0]}.save_for_backward(...)` and take it from `{info.params[0]}.saved_tensors`."
        )
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt)
