"""SL409: a target or averaged copy is updated over the parameters alone, and the model has running statistics."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Link
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL409"


def check(program: Program) -> Iterable[Draft]:
    """Loops over two models' parameters that leave out running statistics."""
    passed: dict[tuple[str, str, str], tuple[str, Link]] = {}
    for info, fact in program.evidence("statistics_passed"):
        key = (fact.detail("module"), fact.detail("function"), fact.detail("param"))
        link = Link(info.module, fact.at, f"`{fact.subject}`, a model with `{fact.detail('layer')}`, is passed here")
        passed.setdefault(key, (fact.detail("layer"), link))
    for info, fact in program.evidence("parameters_copied"):
        layer = fact.detail("layer")
        steps: tuple[Link, ...] = ()
        if not layer:
            for name in (fact.subject, fact.detail("other")):
                known = passed.get((info.module, info.qualname, name))
                if known is not None:
                    layer, steps = known[0], (known[1],)
        if not layer:
            continue
        message = (
            f"The loop runs over `parameters()` alone, and the model has a `{layer}`: its running statistics "
            "stay those of the start"
        )
        help = "Copy the buffers too: `for a, b in zip(model.buffers(), target.buffers()): b.copy_(a)`."
        yield draft(program, CODE, info, fact.at, message, help, max(fact.doubt, 1), steps)
