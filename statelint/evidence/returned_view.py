"""What a function returns, where it is (or views, or holds) an array that was there before the call.

``subject`` is the path as the user writes it. Details: ``root`` (*attribute* or *param*), ``name`` (of the attribute or
the parameter, told only if it is written to), ``part`` (*yes* if it is a view of a part), ``known`` (*array* if it
surely is one), ``held`` (*yes* if it stands in a returned container).
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import ArgumentWrite, Evidence
from statelint.effects.value import ARRAY, DICT, LIST, NDARRAY, SCALAR, TENSOR, UNKNOWN, Value
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body
from statelint.evidence.changes import perhaps_copied
from statelint.evidence.foreign_memory import shared
from statelint.ir import nodes as ir

KIND = "returned_view"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Each return statement by the values it last had."""
    written = frozenset(f.param for f in body.frame.facts if isinstance(f, ArgumentWrite))
    for site in body.of(ir.Return, ir.Yield):
        assert isinstance(site.instr, (ir.Return, ir.Yield))
        if site.instr.src >= 0:
            yield from _views(body, site.at, site.instr.src, written)


def _views(body: Body, at: ir.Span, reg: int, written: frozenset[str]) -> Iterator[Evidence]:
    made = body.producer.get(reg)
    if made is not None and isinstance(made.instr, ir.Build) and made.instr.kind == "tuple":
        for item in made.instr.items[:8]:
            if not perhaps_copied(body, item) and not _foreign(body, item):
                yield from _of_value(body, at, body.value(item), True, written)
    elif not perhaps_copied(body, reg) and not _foreign(body, reg):
        yield from _of_value(body, at, body.value(reg), False, written)


def _foreign(body: Body, reg: int) -> bool:
    """Whether a register is foreign memory in a wrapping: that is other evidence."""
    call = body.call_of.get(reg)
    return call is not None and shared(call) >= 0


def _of_value(body: Body, at: ir.Span, value: Value, held: bool, written: frozenset[str]) -> Iterator[Evidence]:
    frame = body.frame
    if value.items is not None:
        for item in value.items[:8]:
            yield from _of_value(body, at, item, True, written)
        return
    kind = kind_of(frame, value)
    if not kind & ~SCALAR or not kind & (ARRAY | UNKNOWN | LIST | DICT):
        return
    known = "array" if kind & ARRAY and not kind & UNKNOWN else "container" if kind & (LIST | DICT) else ""
    for sid, region in sorted(value.views, key=repr):
        if not frame.outside(sid):
            continue
        root = frame.root(sid)
        reference = frame.state_ref(sid)
        if reference is not None and reference.root == "attribute":
            where = ("attribute", reference.name)
        elif root.kind == "param" and root.key in written and not frame.is_receiver(str(root.key)):
            where = ("param", str(root.key))
        else:
            continue
        details = (
            ("root", where[0]), ("name", where[1]), ("part", "yes" if region else ""), ("known", known),
            ("held", "yes" if held else ""), ("copy",
            ".clone()" if kind == TENSOR else ".copy()" if kind == NDARRAY else ""),
        )  # fmt: skip
        yield Evidence(at, KIND, frame.path(sid), value.doubt, details)
