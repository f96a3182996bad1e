"""A second model is updated from a first one over their parameters alone."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body
from statelint.evidence.layer_tree import statistics_at
from statelint.ir import nodes as ir

KIND = "parameters_copied"
NAMES = frozenset(("parameters", "named_parameters"))
WRITES = frozenset(["copy_", "mul_", "add_", "lerp_", "set_"])
WHOLE = frozenset(["buffers", "named_buffers", "state_dict", "load_state_dict"])


def observe(body: Body) -> Iterator[Evidence]:
    """Loops over ``zip(a.parameters(), b.parameters())`` that write to one side, in functions without ``buffers()``."""
    if body.names & WHOLE:
        return
    for site in body.of(ir.For):
        assert isinstance(site.instr, ir.For)
        zipped = body.call_of.get(site.instr.iterable)
        if zipped is None or zipped.method != "zip" or len(zipped.args) != 2:
            continue
        sources = [body.call_of.get(reg) for reg in zipped.args]
        if not all(s is not None and s.method in NAMES and s.receiver >= 0 for s in sources):
            continue
        if not _writes(body, site.instr):
            continue
        paths = [body.path(s.receiver) for s in sources if s is not None]
        layers = [statistics_at(body, s.receiver) for s in sources if s is not None]
        found = next((layer for layer in layers if layer), "")
        details = (("layer", found), ("other", paths[1]))
        yield Evidence(site.at, KIND, paths[0], 0, details)


def _writes(body: Body, loop: ir.For) -> bool:
    for call in body.calls:
        if loop in call.site.loops and call.method in WRITES:
            return True
    return any(
        loop in site.loops and isinstance(site.instr, ir.SetAttr) and site.instr.name == "data"
        for site in body.of(ir.SetAttr)
    )
