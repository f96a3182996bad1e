"""Functions that clear gradients, or change ``.grad`` themselves."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "gradient_access"
NAMES = frozenset(("zero_grad", "grad"))


def observe(body: Body) -> Iterator[Evidence]:
    """Calls of ``zero_grad``, assignments to ``.grad``, and methods that change one in place."""
    for call in body.calls:
        path = body.text(call.receiver) if call.receiver >= 0 else ""
        if call.method == "zero_grad" or (call.method.endswith("_") and ".grad" in path):
            yield Evidence(call.at, KIND, call.method)
    for site in body.of(ir.SetAttr, ir.DelAttr):
        if getattr(site.instr, "name", "") == "grad":
            yield Evidence(site.at, KIND, "grad")
