"""What the three rules on the outside world share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.effects.facts import External
from statelint.effects.program import Program
from statelint.findings import Draft


def outside_reads(program: Program, code: str, categories: Sequence[str], subject: str, help: str) -> Iterable[Draft]:
    """Reads of the outside world in regions whose result depends on them, or that are traced."""
    for info, fact in program.facts(External):
        if fact.category not in categories:
            continue
        for region in program.regions_of(info):
            if region.kind == "taped":
                continue
            source = f"<{fact.what}>"
            used = source in info.result or any(
                source in program.functions[key].result for key in (region.root,) if key in program.functions
            )
            if not used:
                continue
            when = "is read once, when the function is traced" if region.traced else "is read anew at each call"
            message = f"`{fact.what}` reads {subject}, which {when}; {why_region(program, info, region)}"
            yield draft(program, code, info, fact.at, message, help, region.doubt, region_chain(region))
            break
