"""Mutable objects made once: default arguments that are changed or kept, and class attributes.

Detail ``form``: *argument* (a default is changed here), *kept* (a default becomes ``attribute`` of the instance),
*class* (a class body binds ``attribute``). ``what`` is the kind of object, ``name`` the parameter.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import DICT, LIST, NDARRAY, SET, TENSOR, UNKNOWN, Value
from statelint.evidence.body import Body, Site
from statelint.evidence.changes import changes, name_of, through
from statelint.ir import nodes as ir

KIND = "shared_default"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Class bodies, and functions with mutable defaults."""
    if body.fn.kind == "class":
        yield from _class(body)
    elif any(p.has_default for p in body.fn.params):
        yield from _arguments(body)


def _class(body: Body) -> Iterator[Evidence]:
    for site in body.of(ir.Store):
        instr = site.instr
        assert isinstance(instr, ir.Store)
        what = _what(body.value(instr.src))
        made = body.producer.get(instr.src)
        if what and made is not None and isinstance(made.instr, (ir.Build, ir.BuildDict, ir.Call, ir.Binary)):
            details = (("form", "class"), ("attribute", instr.name), ("what", what))
            yield Evidence(site.at, KIND, instr.name, 0, details)


def _arguments(body: Body) -> Iterator[Evidence]:
    defaults: dict[str, str] = {}
    for param in body.fn.params:
        if param.has_default:
            default = body.analyzer.default_of(body.module, body.fn, param.name)
            what = _what(default) if default is not None else ""
            if what:
                defaults[param.name] = what
    if not defaults:
        return
    places = {p.name: p.at for p in body.fn.params}
    for change in changes(body):
        chain = (change.reg, *through(body, change.reg))
        name = name_of(body, chain[-1])
        if name in defaults and _first(body, name, change.site):
            details: tuple[tuple[str, str], ...] = (("form", "argument"), ("name", name), ("what", defaults.pop(name)))
            step = Link(body.module, change.site.at, f"`{change.op}` changes it for all later calls")
            yield Evidence(places[name], KIND, name, 0, details, (step,))
    for site in body.of(ir.SetAttr):
        instr = site.instr
        assert isinstance(instr, ir.SetAttr)
        name = name_of(body, instr.src)
        if name in defaults and body.path(instr.obj) == "self" and _first(body, name, site):
            details = (("form", "kept"), ("name", name), ("what", defaults[name]), ("attribute", instr.name))
            step = Link(body.module, site.at, f"`self.{instr.name}` is this very {defaults[name]}")
            yield Evidence(places[name], KIND, name, 0, details, (step,))


def _first(body: Body, name: str, before: Site) -> bool:
    """Whether a parameter is not bound anew before a place."""
    return not any(
        isinstance(s.instr, ir.Store) and s.instr.name == name and s.order < before.order
        and not isinstance(getattr(body.producer.get(s.instr.src), "instr", None), ir.InPlace)
        for s in body.of(ir.Store)
    )  # fmt: skip


def _what(value: Value) -> str:
    if value.kind & UNKNOWN or not value.kind:
        return ""
    for kind, name in ((LIST, "list"), (DICT, "dict"), (SET, "set"), (TENSOR, "tensor"), (NDARRAY, "array")):
        if value.kind & kind:
            return name
    return ""
