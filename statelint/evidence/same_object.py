"""Two names for one object where a second object is meant.

Detail ``form``: *network* (a target, teacher or average that is the network itself: ``other`` names it), *constant* (a
local name for a container of the module, written in capitals, through which it is changed: ``change``).
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import ARRAY, CONTAINER, DICT, LIST, NUMBER, TEXT
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, Site
from statelint.evidence.changes import changes, name_of
from statelint.ir import nodes as ir

KIND = "same_object"
NAMES = None
_SECOND = ("target", "ema", "teacher", "frozen", "shadow", "averaged")
_NETWORKS = ("net", "network", "model", "critic", "actor", "policy", "encoder", "q", "qf", "value", "dqn")
_SELF = frozenset(("to", "cuda", "cpu", "eval", "train", "float", "double", "half", "requires_grad_"))


def observe(body: Body) -> Iterator[Evidence]:
    """Networks and module constants."""
    if body.fn.kind != "class":
        yield from _networks(body)
        yield from _constants(body)


def _networks(body: Body) -> Iterator[Evidence]:
    bound: list[tuple[str, str, Site, str]] = []
    for site in body.of(ir.Store, ir.SetAttr):
        instr = site.instr
        assert isinstance(instr, (ir.Store, ir.SetAttr))
        if kind_of(body.frame, body.value(instr.src)) & (ARRAY | NUMBER | TEXT | CONTAINER):
            continue
        path = instr.name if isinstance(instr, ir.Store) else f"{body.path(instr.obj)}.{instr.name}"
        bound.append((path, instr.name, site, _identity(body, instr.src)))
    for path, name, site, source in bound:
        words = name.lower().strip("_").split("_")
        if not source or not set(words) & set(_SECOND) or not set(words) & set(_NETWORKS):
            continue
        if any(word in source.lower() for word in _SECOND):
            continue
        other = next(
            (p for p, n, s, src in bound if p != path and (src == source or p == source) and s.order < site.order), ""
        )
        again = any(p == path and s.order > site.order for p, _, s, _ in bound)
        if other and not again:
            yield Evidence(site.at, KIND, path, 0, (("form", "network"), ("other", other)))


def _identity(body: Body, reg: int) -> str:
    """The path of the object that a register holds, through methods that return their object."""
    for _ in range(4):
        made = body.producer.get(reg)
        instr = made.instr if made is not None else None
        if isinstance(instr, ir.CallMethod) and instr.name in _SELF:
            reg = instr.obj
        else:
            break
    return body.path(reg)


def _constants(body: Body) -> Iterator[Evidence]:
    if body.fn.kind == "module":
        return
    names: dict[str, tuple[str, Site]] = {}
    for site in body.of(ir.Store):
        assert isinstance(site.instr, ir.Store)
        made = body.producer.get(site.instr.src)
        source = made.instr if made is not None else None
        if not isinstance(source, ir.Load) or source.scope != "global":
            continue
        renamed = source.name.isupper() and not site.instr.name.isupper()
        if renamed and kind_of(body.frame, body.value(site.instr.src)) & (DICT | LIST):
            names[site.instr.name] = (source.name, site)
    if not names:
        return
    for name, (constant, site) in names.items():
        stores = [s for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
        if len(stores) > 1:
            continue
        held = {sid for sid, _ in body.value(site.instr.src).views}  # type: ignore[attr-defined]
        for change in changes(body):
            reached = {sid for sid, _ in body.value(change.reg).views}
            direct = body.path(change.reg) == constant
            inner = any(
                body.frame.storages[sid].base in held and body.frame.storages[sid].kind == "field" for sid in reached
            )
            if change.site.order > site.order and not direct and (held & reached or inner):
                root = name_of(body, change.reg) or name
                step = Link(body.module, change.site.at, f"`{change.op}` changes it through `{root}`")
                yield Evidence(
                    site.at, KIND, constant, 0, (("form", "constant"), ("name", name), ("change", change.op)), (step,)
                )
                break
