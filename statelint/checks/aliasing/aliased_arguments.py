"""SL304: overlapping views are passed as an input and an output."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Evidence, FunctionFacts, Key, Link
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL304"


def check(program: Program) -> Iterable[Draft]:
    """Operations of PyTorch, and functions that write element by element what they still read."""
    stencils: dict[Key, list[tuple[FunctionFacts, Evidence]]] = {}
    for info, fact in program.evidence("overlapping"):
        if fact.detail("form") == "stencil":
            stencils.setdefault((info.module, info.qualname), []).append((info, fact))
    for info, fact in program.evidence("overlapping"):
        hint = {"copy": fact.detail("copy")}
        if fact.detail("form") == "library":
            end = (
                "PyTorch raises `RuntimeError: unsupported operation`"
                if fact.detail("raises")
                else "the result is wrong"
            )
            message = f"`{fact.detail('op')}` writes to the memory of its input `{fact.subject}`: {end}"
            yield draft(
                program,
                CODE,
                info,
                fact.at,
                message,
                f"Copy the input: `{fact.subject}.clone()`.",
                fact.doubt,
                hint=hint,
            )
        elif fact.detail("form") == "call":
            module, _, qualname = fact.detail("function").partition(":")
            callee = program.functions.get((module, qualname))
            if callee is None:
                continue
            names = {_name(callee, fact, "first"), _name(callee, fact, "second")}
            for _, stencil in stencils.get((module, qualname), ()):
                if names == {stencil.detail("first"), stencil.detail("second")}:
                    out, read = stencil.detail("first"), stencil.detail("second")
                    message = (
                        f"`{callee.name}` gets overlapping memory as `{read}` and `{out}`: it writes `{out}` while "
                        f"it still reads `{read}`"
                    )
                    step = Link(
                        module, stencil.at, f"`{out}` is written here, in a loop that reads neighbours in `{read}`"
                    )
                    yield draft(
                        program, CODE, info, fact.at, message, f"Pass a copy as `{read}`.", fact.doubt, (step,), hint
                    )
                    break


def _name(callee: FunctionFacts, fact: Evidence, which: str) -> str:
    """The parameter that an argument becomes."""
    given = fact.detail(which)
    if not given.isdigit():
        return given
    place = int(given) + (1 if fact.detail("method") else 0)
    return callee.params[place] if place < len(callee.params) else ""
