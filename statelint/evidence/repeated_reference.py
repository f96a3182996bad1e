"""``[x] * n`` and ``dict.fromkeys(keys, x)`` where ``x`` is one mutable object in all places."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import ARRAY, DICT, LIST, OBJECT, SET, Value
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "repeated_reference"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Displays of one element (or several) that are multiplied by a number other than one."""
    for site in body.of(ir.Binary):
        instr = site.instr
        assert isinstance(instr, ir.Binary)
        if instr.op != "*":
            continue
        for display, count in ((instr.left, instr.right), (instr.right, instr.left)):
            maker = body.producer.get(display)
            built = maker.instr if maker is not None else None
            if not isinstance(built, ir.Build) or built.kind != "list" or body.value(count).const in (0, 1):
                continue
            for item in built.items:
                what = _what(body.value(item))
                if what:
                    layer = any(_is_layer(body, ref) for ref in body.value(item).refs)
                    details = (("what", what), ("layer", "yes" if layer else ""), ("into", _into(body, instr.dst)))
                    yield Evidence(site.at, KIND, body.text(item), 0, details)


def _what(value: Value) -> str:
    for kind, name in ((LIST, "list"), (DICT, "dict"), (SET, "set"), (ARRAY, "array"), (OBJECT, "object")):
        if value.kind & kind and not value.kind & ~(LIST | DICT | SET | ARRAY | OBJECT):
            return name
    return ""


def _is_layer(body: Body, ref: object) -> bool:
    name = getattr(ref, "name", "")
    if isinstance(name, str) and name.startswith("torch.nn."):
        return True
    module, qualname = getattr(ref, "module", ""), getattr(ref, "qualname", "")
    return bool(module and qualname) and body.analyzer.is_layer(module, qualname)


def _into(body: Body, reg: int) -> str:
    """The library class that takes the list: ``torch.nn.ModuleList``."""
    for call in body.calls:
        if reg in call.args and call.names:
            return call.names[0]
    return ""
