"""SL601: a global generator is drawn from in a differentiated or traced region."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.effects.facts import Draw
from statelint.effects.program import Program, Region
from statelint.findings import Draft

CODE = "SL601"


def check(program: Program) -> Iterable[Draft]:
    """Draws from global generators."""
    for info, fact in program.facts(Draw):
        for region in program.regions_of(info):
            reason = _reason(fact, region)
            if not reason:
                continue
            message = f"`{fact.what}` draws from a global generator; {why_region(program, info, region)}: {reason}"
            yield draft(
                program, CODE, info, fact.at, message, _way_out(fact, region), region.doubt, region_chain(region)
            )
            break


def _reason(fact: Draw, region: Region) -> str:
    if region.traced:
        if fact.generator == "torch" and region.kind != "compile":
            return ""
        if region.kind == "compile":
            return "" if fact.generator == "torch" else "the number is drawn once, when the function is compiled"
        return "the number is drawn once, when the function is traced, and is a constant afterwards"
    if region.kind == "checkpoint":
        return "" if fact.generator == "torch" else "the second run draws other numbers than the first"
    if region.kind in ("grad", "marked") and fact.generator != "torch":
        return "each evaluation differentiates another function"
    return ""


def _way_out(fact: Draw, region: Region) -> str:
    if region.framework == "jax":
        return "Pass a key and draw with `jax.random`, or draw outside and pass the sample in."
    if region.framework == "tensorflow":
        return "Draw with `tf.random.Generator` or `tf.random.stateless_*`, or draw outside and pass the sample in."
    return "Pass a generator (`np.random.Generator`, `torch.Generator`) or the sample itself as a parameter."
