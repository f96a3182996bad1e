"""Calls of the project's functions that hand over nothing that is attached to a graph."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import SCALAR
from statelint.evidence.body import Body

KIND = "detached_call"
NAMES = frozenset(["detach", "data", "no_grad", "inference_mode", "detach_", "item", "numpy"])


def observe(body: Body) -> Iterator[Evidence]:
    """Calls under ``no_grad``, and those whose arguments were all detached."""
    for call in body.calls:
        if not call.functions:
            continue
        regs = [*call.args, *(reg for _, reg in call.keywords)]
        arrays = [body.value(reg) for reg in regs if body.value(reg).kind & ~SCALAR]
        outside = body.in_context(call.site, "no_grad", "inference_mode")
        if outside or (arrays and not any(value.grad for value in arrays)):
            yield Evidence(call.at, KIND, call.method)
