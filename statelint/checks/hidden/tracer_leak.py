"""SL105: a traced value is stored where it outlives the trace."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.checks.hidden.attribute_state import lifted
from statelint.effects.facts import StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL105"


def check(program: Program) -> Iterable[Draft]:
    """Writes of traced values to attributes, globals and captured containers in traced regions."""
    for info, fact in program.facts(StateWrite):
        if not fact.traced or fact.restored or fact.state.root == "default":
            continue
        for region in program.regions_of(info):
            if not region.traced or region.framework not in ("jax", "tensorflow", ""):
                continue
            lasting = program.lasting(region.root, info, fact)
            if (
                not any(program.traced_in(region, f) for f in lasting)
                if lasting
                else fact.state.root in ("free", "attribute")
            ):
                continue
            if fact.state.root == "attribute" and lifted(program, fact):
                continue
            name = fact.state.text
            message = (
                f"A traced value is stored in `{name}`, which outlives the trace; {why_region(program, info, region)}"
            )
            help = (
                "Return the value instead of storing it (`has_aux=True`, a carry, an extra result), and store it "
                "outside."
            )
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt + region.doubt, region_chain(region))
            break
