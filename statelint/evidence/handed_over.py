"""A project's function is handed to a loader or a dataset as its collate function or transform."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "handed_over"
NAMES = None
_ROLES = {
    "collate_fn": "collate function",
    "transform": "transform",
    "target_transform": "transform",
    "transforms": "transform",
    "pre_transform": "transform",
    "worker_init_fn": "",
}


def observe(body: Body) -> Iterator[Evidence]:
    """Keyword arguments with the loaders' names, whose value is a function of the project."""
    for site in body.of(ir.Call, ir.CallMethod):
        assert isinstance(site.instr, (ir.Call, ir.CallMethod))
        for name, reg in site.instr.keywords:
            role = _ROLES.get(name or "")
            if role:
                for module, qualname in body.analyzer.functions_behind(body.value(reg)):
                    details = (("function", f"{module}:{qualname}"), ("role", role))
                    yield Evidence(site.at, KIND, qualname, 0, details)
