"""SL102 for TensorFlow: an argument reaches the result only through a variable's ``assign``, which no gradient
passes."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import FunctionFacts, Key, Link, Span, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL102"
Blocks = dict[Key, list[Span]]
"""First and last lines of what stands under a function's tapes."""


def check(program: Program) -> Iterable[Draft]:
    """Writes by ``assign`` in differentiated methods whose result depends on an argument by way of them alone."""
    guessed: dict[Key, list[tuple[FunctionFacts, Link]]] = {}
    blocks: Blocks = {}
    for caller, seen in program.evidence("gradient_stop"):
        if seen.detail("what") == "tape":
            blocks.setdefault((caller.module, caller.qualname), []).append(seen.at)
            continue
        key = (seen.detail("module"), seen.detail("function"))
        link = Link(caller.module, seen.at, f"`{seen.subject}` is called here")
        guessed.setdefault(key, []).append((caller, link))
    for info, fact in program.facts(StateWrite):
        if ".assign" not in fact.op or fact.state.root != "attribute":
            continue
        lost = _lost(info, fact)
        if not lost:
            continue
        chain = _differentiated(program, blocks, info, fact.at)
        doubt = 0
        if chain is None:
            named = guessed.get((info.module, info.qualname), ())
            calls = [link for caller, link in named if _differentiated(program, blocks, caller, link.at) is not None]
            if not calls:
                continue
            chain, doubt = (calls[0],), 1
        message = (
            f"No gradient passes `{fact.state.text}.assign`: the result of `{info.name}` depends on `{lost}` "
            "only through "
            "variables, so its gradient is zero or None"
        )
        help = f"Take `{fact.state.text}` as a parameter and return its new value; keep variables for what is trained."
        yield draft(program, CODE, info, fact.at, message, help, max(doubt, fact.doubt), chain)


def _lost(info: FunctionFacts, fact: StateWrite) -> str:
    """A parameter that the result depends on, and through which a gradient flows nowhere but into the variable."""
    own = set(info.params[1:])
    if fact.state.text not in info.result:
        return ""
    found = [p for p in fact.deps if p in own and p in info.result and p not in info.result_grad]
    return found[0] if found else ""


def _differentiated(program: Program, blocks: Blocks, info: FunctionFacts, at: Span) -> tuple[Link, ...] | None:
    """The calls that lead from a tape's block to a place; None if there is none."""
    for region in program.regions_of(info):
        start = region.steps[0].at if region.steps else at
        if region.kind == "taped" and any(b[0] <= start[0] <= b[2] for b in blocks.get(region.root, ())):
            return region.steps
    return None
