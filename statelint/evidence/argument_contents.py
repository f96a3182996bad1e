"""Elements are taken out of a container that may be an argument, or part of one: ``sample.pop("x")``, ``del
batch["x"]``.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import ARRAY, DICT, LIST, SET, UNKNOWN, Value
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "argument_contents"
NAMES = frozenset(("pop", "popitem", "popleft", "clear"))
_TAKING = NAMES


def observe(body: Body) -> Iterator[Evidence]:
    """Calls that take elements away, on what came in as a parameter."""
    variadic = {p.name for p in body.fn.params if p.kind in ("vararg", "kwarg")}
    for site in body.of(ir.CallMethod):
        instr = site.instr
        assert isinstance(instr, ir.CallMethod)
        if instr.name in _TAKING:
            for param, path in _params(body, body.value(instr.obj)):
                if param not in variadic:
                    kind = kind_of(body.frame, body.value(instr.obj))
                    doubt = 0 if kind & (LIST | DICT | SET) and not kind & UNKNOWN else 1
                    details = (("param", param), ("op", f"{body.text(instr.obj)}.{instr.name}(...)"))
                    yield Evidence(site.at, KIND, path, doubt, details)


def _params(body: Body, value: Value) -> Iterator[tuple[str, str]]:
    frame = body.frame
    kind = kind_of(frame, value)
    if not kind & (LIST | DICT | SET | UNKNOWN) or kind & ARRAY:
        return
    for sid, _ in sorted(value.views, key=repr):
        root = frame.root(sid)
        path = frame.path(sid)
        if root.kind == "param" and not frame.is_receiver(str(root.key)) and "." not in path:
            yield str(root.key), path
