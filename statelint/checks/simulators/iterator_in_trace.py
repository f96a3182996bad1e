"""SL705: an iterator is advanced while a function is traced: once, and never again."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL705"
_ONCE = frozenset(("jit", "pmap", "scan", "loop", "cond", "tf_function", "checkpoint"))


def check(program: Program) -> Iterable[Draft]:
    """``next`` of outside iterators in traced functions."""
    for info, fact in program.evidence("advanced_iterator"):
        for region in program.regions_of(info):
            if region.kind not in _ONCE or region.framework not in ("jax", "tensorflow", ""):
                continue
            if region.via.startswith("haiku"):
                continue
            message = (
                f"`next({fact.subject})` runs while `{info.name}` is traced, and the item is a constant of the "
                "compiled "
                f"code: every later turn sees the same one; {why_region(program, info, region)}"
            )
            help = "Take the items outside and pass them in, or stack them and scan over the stack."
            doubt = fact.doubt + region.doubt + (2 if program.in_test(info) else 0)
            yield draft(program, CODE, info, fact.at, message, help, doubt, region_chain(region))
            break
