"""``new_state = update(state)`` where ``new_state`` is never read, and ``state`` is returned or carried on."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.evidence.body import Body, Site
from statelint.ir import nodes as ir

KIND = "old_state"
NAMES = None
_PREFIXES = ("new_", "next_", "updated_")
_SUFFIXES = ("_new", "_next", "_updated")


def observe(body: Body) -> Iterator[Evidence]:
    """Unread names that stand for the next value of another name, which is handed on instead."""
    read = {site.instr.name for site in body.of(ir.Load) if isinstance(site.instr, ir.Load)} | set(body.fn.cells)
    for site in body.of(ir.Store):
        instr = site.instr
        assert isinstance(instr, ir.Store)
        old = _old_name(instr.name)
        if not old or instr.name in read or instr.scope != "local" or old not in read:
            continue
        call = _call_behind(body, instr.src)
        if call is None or not _takes(body, call, old):
            continue
        use = _carried(body, old, site)
        if use is not None:
            step = Link(body.module, site.at, f"`{instr.name}` is made here and never used")
            yield Evidence(use.at, KIND, old, 1, (("new", instr.name),), (step,))


def _old_name(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return ""


def _call_behind(body: Body, reg: int) -> ir.Call | ir.CallMethod | None:
    site = body.producer.get(reg)
    if site is not None and isinstance(site.instr, ir.Unpack):
        site = body.producer.get(site.instr.src)
    instr = site.instr if site is not None else None
    return instr if isinstance(instr, (ir.Call, ir.CallMethod)) else None


def _takes(body: Body, call: ir.Call | ir.CallMethod, name: str) -> bool:
    registers = [*call.args, *(reg for _, reg in call.keywords)]
    if isinstance(call, ir.CallMethod):
        registers.append(call.obj)
    return any(body.path(reg) == name for reg in registers)


def _carried(body: Body, name: str, after: Site) -> Site | None:
    """A later read of the old name that hands it on: it is returned, alone or in a tuple or dict."""
    stored = [s.order for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
    for site in body.of(ir.Load):
        load = site.instr
        assert isinstance(load, ir.Load)
        if load.name != name or site.order < after.order or any(after.order < o < site.order for o in stored):
            continue
        if _returned(body, load.dst, 0):
            return site
    return None


def _returned(body: Body, reg: int, depth: int) -> bool:
    for user in body.uses.get(reg, ()):
        instr = user.instr
        if isinstance(instr, ir.Return):
            return True
        if isinstance(instr, (ir.Build, ir.BuildDict)) and depth < 3 and _returned(body, instr.dst, depth + 1):
            return True
    return False
