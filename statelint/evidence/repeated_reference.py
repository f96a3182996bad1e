"""One mutable object that stands in several places of a container.

``[x] * n``, ``dict.fromkeys(keys, x)`` and ``[x for _ in range(n)]`` with an ``x`` from outside. Details: ``what`` it
is, ``layer`` (*yes*), ``into`` (the library class that takes the list), ``attribute`` and ``local`` (what the list is
assigned to), ``written`` (how an element is changed through the container in this function). The step is where.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import ARRAY, DICT, JAX, LIST, OBJECT, SET, UNKNOWN, Value
from statelint.evidence.body import Body, Site
from statelint.evidence.changes import changes, name_of, storages, through
from statelint.ir import nodes as ir

KIND = "repeated_reference"
NAMES = None
_MUTABLE = LIST | DICT | SET | ARRAY | OBJECT


def observe(body: Body) -> Iterator[Evidence]:
    """All three forms."""
    for site in body.of(ir.Binary):
        instr = site.instr
        assert isinstance(instr, ir.Binary)
        if instr.op != "*":
            continue
        for display, count in ((instr.left, instr.right), (instr.right, instr.left)):
            maker = body.producer.get(display)
            built = maker.instr if maker is not None else None
            if not isinstance(built, ir.Build) or built.kind not in ("list", "tuple"):
                continue
            if body.value(count).const in (0, 1) or built.starred:
                continue
            for item in built.items:
                yield from _repeated(body, site, item, instr.dst)
    if "fromkeys" in body.names:
        for site in body.of(ir.CallMethod, ir.Call):
            instr = site.instr
            assert isinstance(instr, (ir.CallMethod, ir.Call))
            name = instr.name if isinstance(instr, ir.CallMethod) else body.text(instr.func)
            if name.rpartition(".")[2] == "fromkeys" and len(instr.args) == 2:
                yield from _repeated(body, site, instr.args[1], instr.dst)
    yield from _comprehended(body)


def _repeated(body: Body, site: Site, item: int, result: int) -> Iterator[Evidence]:
    what = _what(body.value(item)) or _display(body, item)
    if not what:
        return
    layer = any(_is_layer(body, ref) for ref in body.value(item).refs)
    stored = [path for path, _ in body.stored_as(result)]
    attribute = next((p for p in stored if p.startswith("self.") and p.count(".") == 1), "")
    local = next((p for p in stored if "." not in p), "")
    details = [
        ("what", what), ("layer", "yes" if layer else ""), ("into", _into(body, result)), ("attribute", attribute[5:]),
        ("local", local),
    ]  # fmt: skip
    steps: tuple[Link, ...] = ()
    own = storages(body, item)
    for change in changes(body) if own and not layer else ():
        if change.site.order > site.order and change.reg != item:
            reached = storages(body, change.reg)
            if not own & reached and not (what in ("list", "dict", "set") and body.value(change.reg).kind == UNKNOWN):
                continue
            containers = {name_of(body, reg) for reg in through(body, change.reg)} - {""}
            if local not in containers:
                continue
            details.append(("written", change.op))
            steps = (Link(body.module, change.site.at, f"`{change.op}` changes it in all places"),)
            break
    yield Evidence(site.at, KIND, body.text(item), body.value(item).doubt, tuple(details), steps)


def _comprehended(body: Body) -> Iterator[Evidence]:
    """``[block for _ in range(n)]``: the same layer in each turn."""
    for site in body.of(ir.Append):
        instr = site.instr
        assert isinstance(instr, ir.Append)
        name = name_of(body, instr.value)
        if not name or not site.loops or not isinstance(site.loops[-1], ir.For):
            continue
        refs = body.value(instr.value).refs
        if not refs or not all(_is_layer(body, ref) for ref in refs):
            continue
        if any(
            isinstance(s.instr, ir.Store) and s.instr.name == name and s.loops[: len(site.loops)] == site.loops
            for s in body.sites
        ):
            continue
        details = (("what", "object"), ("layer", "yes"), ("into", _into(body, instr.target)))
        yield Evidence(site.at, KIND, name, body.value(instr.value).doubt, details)


def _what(value: Value) -> str:
    if value.kind & JAX:
        return ""
    for kind, name in ((LIST, "list"), (DICT, "dict"), (SET, "set"), (ARRAY, "array"), (OBJECT, "object")):
        if value.kind & kind and not value.kind & ~_MUTABLE:
            return name
    return ""


def _display(body: Body, reg: int) -> str:
    """``[0] * n``: a list, whatever ``n`` is found to be."""
    made = body.producer.get(reg)
    instr = made.instr if made is not None else None
    if isinstance(instr, ir.Binary) and instr.op == "*":
        for side in (instr.left, instr.right):
            display = body.producer.get(side)
            if display is not None and isinstance(display.instr, ir.Build) and display.instr.kind == "list":
                return "list"
    return ""


def _is_layer(body: Body, ref: object) -> bool:
    name = getattr(ref, "name", "")
    if isinstance(name, str) and name.startswith("torch.nn."):
        return not isinstance(ref, str) and type(ref).__name__ == "LibInst"
    module, qualname = getattr(ref, "module", ""), getattr(ref, "qualname", "")
    if type(ref).__name__ != "InstRef":
        return False
    return bool(module and qualname) and body.analyzer.is_layer(module, qualname)


def _into(body: Body, reg: int) -> str:
    """The library class that takes the list: ``torch.nn.ModuleList``."""
    for call in body.calls:
        if reg in call.args and call.names:
            return call.names[0]
    return ""
