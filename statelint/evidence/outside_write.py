"""``simulator.dt = 0.01``: an attribute of a project's object is assigned from outside of its class."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import InstRef
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "outside_write"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Attribute assignments to instances other than the method's own."""
    for site in body.of(ir.SetAttr):
        assert isinstance(site.instr, ir.SetAttr)
        if body.path(site.instr.obj).partition(".")[0] == "self":
            continue
        for ref in body.value(site.instr.obj).refs:
            if isinstance(ref, InstRef):
                yield Evidence(site.at, KIND, site.instr.name, 0, (("module", ref.module), ("class", ref.qualname)))
