"""What checks share in writing a draft: confidence from doubt, steps from chains, names of regions."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.effects.facts import FunctionFacts, Link, Span
from statelint.effects.program import Program, Region
from statelint.findings import Confidence, Draft, Step


def confidence(doubt: int) -> Confidence:
    """Nothing assumed: certain; one fact: likely; more: possible."""
    return (Confidence.CERTAIN, Confidence.LIKELY)[doubt] if doubt < 2 else Confidence.POSSIBLE


def draft(
    program: Program,
    code: str,
    info: FunctionFacts,
    at: Span,
    message: str,
    help: str,
    doubt: int = 0,
    chain: Iterable[Link] = (),
    hint: dict[str, str] | None = None,
) -> Draft:
    """A draft at a place of a function."""
    steps = tuple(Step(program.path(link.module), link.at, link.message) for link in chain)
    return Draft(
        code, program.path(info.module), at, message, help, confidence(doubt), info.qualname, steps, hint or {}
    )


def why_region(program: Program, info: FunctionFacts, region: Region) -> str:
    """The region in the user's words."""
    root = region.root[1]
    own = root == info.qualname
    subject = f"`{info.name}`" if own else f"`{info.name}`, called from `{root}`,"
    match region.kind:
        case "forward":
            return f"{subject} runs in a differentiated forward pass"
        case "taped":
            return f"{subject} runs between a forward and its backward pass"
        case "marked":
            return f"{subject} is marked as differentiable"
        case "checkpoint":
            return f"{subject} is run again by `{region.via}` for the backward pass"
        case _:
            return f"{subject} is transformed by `{region.via}`"


def region_chain(region: Region) -> tuple[Link, ...]:
    """The calls from the region's start."""
    return region.steps


def spoken(op: str) -> str:
    """An operation's last name as code; words (a call, a stream) as they are."""
    name, _, rest = op.partition(" ")
    if rest and not rest.startswith("("):
        return op
    return f"`{name.rpartition('.')[2]}`" + (f" {rest}" if rest else "")
