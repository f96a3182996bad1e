"""An array is handed to a compiled call that may take over its memory (``donate_argnums``), and read afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import Value, WrapRef
from statelint.evidence.body import Body, CallSite, Site
from statelint.ir import nodes as ir

KIND = "donated"
NAMES = None
_SHAPES = frozenset(("shape", "dtype", "ndim", "size", "sharding", "aval", "is_deleted"))


def observe(body: Body) -> Iterator[Evidence]:
    """Loads of a name, or of an attribute of ``self``, after the call that it was donated to."""
    for call in body.calls:
        for reg in _donated(body, call):
            name = body.path(reg)
            if not name:
                continue
            use = _later_use(body, call, name)
            if use is not None:
                step = Link(body.module, call.at, f"`{name}` is donated here")
                yield Evidence(use.at, KIND, name, 0, (("call", call.method),), (step,))


def _donated(body: Body, call: CallSite) -> Iterator[int]:
    for ref in _callee(body, call).refs:
        if not isinstance(ref, WrapRef):
            continue
        options = dict(ref.options)
        for number in _items(options.get("donate_argnums")):
            if isinstance(number, int) and 0 <= number < len(call.args):
                reg = call.argument(number, "")
                if reg >= 0:
                    yield reg
        for word in _items(options.get("donate_argnames")):
            reg = call.keyword(str(word))
            if reg >= 0:
                yield reg


def _items(option: object) -> tuple[object, ...]:
    return option if isinstance(option, tuple) else ()


def _callee(body: Body, call: CallSite) -> Value:
    instr = call.site.instr
    if isinstance(instr, ir.Call):
        return body.value(instr.func)
    if body.owner is not None and body.path(call.receiver) == "self":
        child = body.analyzer.class_shape(*body.owner).children.get(call.method)
        if child is not None:
            return child.value
    return Value(0)


def _later_use(body: Body, call: CallSite, name: str) -> Site | None:
    """The first read of the name that the call's own turn or the next one reaches before the name is bound anew."""
    inside = call.site.loops
    for site in body.sites:
        if site.order <= call.site.order or _excluded(site, call.site):
            continue
        if inside and site.loops[: len(inside)] != inside:
            break
        if _binds(body, site, name) and len(site.guards) <= len(call.site.guards):
            return None
        if _reads(body, site, name):
            return site
        if isinstance(site.instr, ir.Return) and site.guards == call.site.guards:
            return None
    if inside and not _bound_in(body, name, call.site):
        return call.site  # the next turn hands in what this one gave away
    return None


def _excluded(site: Site, other: Site) -> bool:
    """Whether two sites are on different sides of one test."""
    sides = {guard.test: guard.holds for guard in other.guards}
    return any(sides.get(guard.test, guard.holds) != guard.holds for guard in site.guards)


def _binds(body: Body, site: Site, name: str) -> bool:
    instr = site.instr
    if isinstance(instr, (ir.Store, ir.Delete)):
        return name == instr.name or name.startswith(f"{instr.name}.")
    if isinstance(instr, ir.SetAttr):
        return f"{body.path(instr.obj)}.{instr.name}" == name
    return False


def _bound_in(body: Body, name: str, call: Site) -> bool:
    return any(_binds(body, site, name) and site.loops[: len(call.loops)] == call.loops for site in body.sites)


def _reads(body: Body, site: Site, name: str) -> bool:
    instr = site.instr
    if isinstance(instr, ir.Load):
        found = instr.name == name
        dst = instr.dst
    elif isinstance(instr, ir.GetAttr):
        found = body.path(instr.dst) == name
        dst = instr.dst
    else:
        return False
    if not found:
        return False
    users = body.uses.get(dst, ())
    return not users or any(not (isinstance(u.instr, ir.GetAttr) and u.instr.name in _SHAPES) for u in users)
