"""SL604: ``.sample()`` where the pathwise gradient is needed."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL604"


def check(program: Program) -> Iterable[Draft]:
    """Samples drawn without a gradient in a forward pass, or between forward and backward."""
    for info, fact in program.evidence("blocked_sample"):
        regions = [
            r for r in program.regions_of(info) if r.framework == "torch" and r.kind in ("forward", "taped", "grad")
        ]
        if not regions:
            continue
        message = (
            f"`{fact.subject}` draws without a gradient: what the parameters of the "
            f"`{fact.detail('class')}` were computed "
            "from is not trained through the sample"
        )
        help = (
            "Draw with `rsample()` (or `mean + std * torch.randn_like(std)`), or use `log_prob` of the sample"
            " in the loss (score function)."
        )
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt + 1, region_chain(regions[0]))
