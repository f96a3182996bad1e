"""A reference to something is stored, and the thing is changed in place afterwards.

Detail ``form``: *loop* (the same object is stored in each turn of a loop that changes it), *before* (``old = x``, then
a change of ``x``, then ``old`` is read as what ``x`` was), *branch* (a name is a copy on one path and another's object
on the other, and is written to), *argument* (an argument becomes ``attribute``), *attribute* (an ``attribute`` is
appended to something), *taken* (an argument is appended to something that outlives the call). ``target`` is where it is
stored, ``change`` what changes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import ARRAY, JAX, NUMBER, OBJECT, TENSOR, UNKNOWN
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, Site
from statelint.evidence.changes import (
    Change,
    apart,
    changes,
    copying,
    name_of,
    perhaps_copied,
    storages,
    surely,
    through,
)
from statelint.evidence.foreign_memory import shared
from statelint.ir import nodes as ir

KIND = "alias_stored"
NAMES = None
_STORES = frozenset(("append", "appendleft", "insert", "add", "put", "push", "extend"))
_BEFORE = ("old", "prev", "last", "orig", "before", "initial", "saved", "backup", "best", "start")


def observe(body: Body) -> Iterator[Evidence]:
    """All forms."""
    if body.fn.kind == "class":
        return
    found = changes(body)
    if found:
        yield from _loops(body, found)
        yield from _befores(body, found)
        yield from _branches(body, found)
    if body.owner is not None:
        yield from _arguments(body)
        yield from _appended(body)


# in a loop ------------------------------------------------------------------------------------------------------------


def _stores(body: Body) -> Iterator[tuple[Site, int, int, str]]:
    """Places in loops that store a value: site, the value's register, the container's, the user's words for the
    container.
    """
    for site in body.sites:
        if not site.loops:
            continue
        instr = site.instr
        if isinstance(instr, ir.CallMethod) and instr.name in _STORES and instr.args and _container(body, instr):
            yield site, instr.args[-1], instr.obj, f"{body.text(instr.obj)}.{instr.name}(...)"
        elif isinstance(instr, ir.SetItem) and body.value(instr.index).const.__class__ not in (str, int, tuple):
            made = body.producer.get(instr.src)
            augmented = made is not None and isinstance(made.instr, ir.InPlace)
            if not augmented and not kind_of(body.frame, body.value(instr.obj)) & ARRAY:
                yield site, instr.src, instr.obj, f"{body.text(instr.obj)}[...] = ..."
        elif isinstance(instr, ir.Yield) and instr.src >= 0 and not instr.delegate:
            yield site, instr.src, -1, "yield"


def _loops(body: Body, found: list[Change]) -> Iterator[Evidence]:
    found = [change for change in found if change.site.loops]
    if not found:
        return
    for site, reg, container, words in _stores(body):
        for value in _parts(body, reg):
            kind = kind_of(body.frame, body.value(value))
            held = storages(body, value)
            if not held or kind & (NUMBER | OBJECT | JAX) or not kind or (kind == UNKNOWN and _element(body, value)):
                continue
            made = body.call_of.get(value)
            if perhaps_copied(body, value) or (made is not None and shared(made) >= 0):
                continue
            change = next((c for c in found if _same_each_turn(body, site, value, held, container, c)), None)
            if change is None:
                continue
            doubt = 0 if surely(body, change.reg) and surely(body, value) else 1
            name = body.path(value) or body.text(value)
            details = (("form", "loop"), ("target", words), ("change", change.op), ("copy", copying(body, value)))
            step = Link(body.module, change.site.at, f"`{change.op}` changes it in each turn")
            yield Evidence(site.at, KIND, name, doubt, details, (step,))
            break


def _local(body: Body, reg: int) -> bool:
    """Whether a container is one of this call alone."""
    return not any(body.frame.outside(sid) for sid in storages(body, reg))


def _container(body: Body, instr: ir.CallMethod) -> bool:
    """Whether a method is called on what may be a container: ``tensor.add(x)`` stores nothing."""
    return not kind_of(body.frame, body.value(instr.obj)) & ARRAY and instr.dst not in body.uses


def _element(body: Body, reg: int) -> bool:
    """``table[key]``: of something unknown, it may be an element as well as a view."""
    made = body.producer.get(reg)
    return made is not None and isinstance(made.instr, ir.GetItem)


def _parts(body: Body, reg: int) -> Iterator[int]:
    """A register, or those that a tuple, list or dictionary display is made of."""
    made = body.producer.get(reg)
    instr = made.instr if made is not None else None
    if isinstance(instr, ir.Build) and instr.kind in ("tuple", "list"):
        for item in instr.items:
            yield from _parts(body, item)
    elif isinstance(instr, ir.BuildDict):
        for item in instr.values:
            yield from _parts(body, item)
    else:
        yield reg


def _same_each_turn(body: Body, site: Site, value: int, held: frozenset[int], container: int, change: Change) -> bool:
    for loop in site.loops:
        if loop not in change.site.loops or not (held & storages(body, change.reg)):
            continue
        if apart(site, change.site) or change.reg == container or change.site.instr is site.instr:
            continue
        if not all(_older(body, sid, loop) for sid in held & storages(body, change.reg)):
            continue
        if container >= 0 and (not _outlives(body, container, loop) or held & storages(body, container)):
            continue
        names = {_root_name(body, value), _root_name(body, change.reg)} - {""}
        if any(_rebound(body, name, loop) for name in names):
            continue
        return not _leaves(body, site, loop)
    return False


def _root_name(body: Body, reg: int) -> str:
    """The local name from which a register was reached."""
    for _ in range(8):
        made = body.producer.get(reg)
        instr = made.instr if made is not None else None
        if isinstance(instr, (ir.GetItem, ir.GetAttr, ir.CallMethod)):
            reg = instr.obj
        else:
            return instr.name if isinstance(instr, ir.Load) else ""
    return ""


def _older(body: Body, sid: int, loop: ir.For | ir.While) -> bool:
    """Whether a storage was there before the loop."""
    frame = body.frame
    if frame.outside(sid):
        return True
    record = frame.storages[sid]
    while record.kind == "field":
        record = frame.storages[record.base]
    if record.kind != "new" or not isinstance(record.key, tuple):
        return False
    at = record.key[0]
    return not (loop.at[0] <= at[0] <= loop.at[2])


def _outlives(body: Body, container: int, loop: ir.For | ir.While) -> bool:
    found = storages(body, container)
    return bool(found) and all(_older(body, sid, loop) for sid in found)


def _rebound(body: Body, name: str, loop: ir.For | ir.While) -> bool:
    """Whether a loop binds a name to something else than an in-place result."""
    for site in body.of(ir.Store):
        assert isinstance(site.instr, ir.Store)
        if site.instr.name == name and loop in site.loops:
            made = body.producer.get(site.instr.src)
            if made is None or not isinstance(made.instr, ir.InPlace):
                return True
    return False


def _leaves(body: Body, site: Site, loop: ir.For | ir.While) -> bool:
    """Whether the loop ends after the store, so that it happens once."""
    return any(
        isinstance(s.instr, (ir.Break, ir.Return)) and s.order > site.order and s.loops[: len(site.loops)] == site.loops
        and site.guards[: len(s.guards)] == s.guards
        for s in body.of(ir.Break, ir.Return)
    )  # fmt: skip


# a value kept for later -----------------------------------------------------------------------------------------------


def _befores(body: Body, found: list[Change]) -> Iterator[Evidence]:
    for site in body.of(ir.Store, ir.SetAttr):
        instr = site.instr
        assert isinstance(instr, (ir.Store, ir.SetAttr))
        word = instr.name.lower().lstrip("_")
        if not any(part.startswith(_BEFORE) for part in word.split("_")):
            continue
        source = body.path(instr.src)
        path = instr.name if isinstance(instr, ir.Store) else f"{body.path(instr.obj)}.{instr.name}"
        if not source or path == source:
            continue
        held = storages(body, instr.src)
        if kind_of(body.frame, body.value(instr.src)) & (JAX | OBJECT | NUMBER) or not held:
            continue
        for change in found:
            if change.site.order < site.order or apart(change.site, site) or not held & storages(body, change.reg):
                continue
            if not surely(body, change.reg) and not (change.how == "augmented" and _arrayish(body, change)):
                continue
            if _written_between(body, source, site, change.site) or _written_between(body, path, site, change.site):
                continue
            if _reads_later(body, path, change.site) or isinstance(instr, ir.SetAttr):
                doubt = 0 if surely(body, change.reg) else 1
                details = (
                    ("form", "before"),
                    ("target", path),
                    ("change", change.op),
                    ("copy", copying(body, instr.src)),
                )
                step = Link(body.module, change.site.at, f"`{change.op}` changes both")
                yield Evidence(site.at, KIND, source, doubt, details, (step,))
                break


def _arrayish(body: Body, change: Change) -> bool:
    instr = change.site.instr
    right = kind_of(body.frame, body.value(instr.right)) if isinstance(instr, ir.InPlace) else 0
    return bool(right & ARRAY) and not right & (UNKNOWN | NUMBER)


def _written_between(body: Body, path: str, a: Site, b: Site) -> bool:
    """Whether a path is bound anew between two places."""
    for site in body.of(ir.Store, ir.SetAttr):
        if a.order < site.order < b.order:
            instr = site.instr
            assert isinstance(instr, (ir.Store, ir.SetAttr))
            bound = instr.name if isinstance(instr, ir.Store) else f"{body.path(instr.obj)}.{instr.name}"
            made = body.producer.get(instr.src)
            if bound == path and (made is None or not isinstance(made.instr, ir.InPlace)):
                return True
    return False


def _reads_later(body: Body, path: str, after: Site) -> bool:
    return any(
        (isinstance(s.instr, ir.Load) and s.instr.name == path)
        or (isinstance(s.instr, ir.GetAttr) and body.path(s.instr.dst) == path)
        for s in body.of(ir.Load, ir.GetAttr)
        if s.order > after.order
    )


# a copy on one path only ----------------------------------------------------------------------------------------------


def _branches(body: Body, found: list[Change]) -> Iterator[Evidence]:
    stores: dict[str, list[Site]] = {}
    for site in body.of(ir.Store):
        assert isinstance(site.instr, ir.Store)
        if not site.instr.name.startswith("%"):
            stores.setdefault(site.instr.name, []).append(site)
    for name, sites in stores.items():
        if len(sites) != 2 or not apart(*sites):
            continue
        for alias, fresh in (sites, sites[::-1]):
            assert isinstance(alias.instr, ir.Store)
            assert isinstance(fresh.instr, ir.Store)
            source = name_of(body, alias.instr.src)
            made = body.call_of.get(fresh.instr.src)
            if (
                not source
                or source == name
                or made is None
                or made.method not in ("deepcopy", "copy", "clone", "array")
            ):
                continue
            held = storages(body, alias.instr.src)
            for change in found:
                root = (change.reg, *through(body, change.reg))[-1]
                if name_of(body, root) != name or change.site.order < alias.order or change.how == "del":
                    continue
                others = [
                    o for o in _same_object(body, source, held) if o != name and _reads_later(body, o, change.site)
                ]
                if others:
                    details = (("form", "branch"), ("target", name), ("change", change.op), ("other", others[0]))
                    step = Link(body.module, alias.at, f"on this path `{name}` is `{source}` itself")
                    yield Evidence(change.site.at, KIND, name, 0, details, (step,))
                    return


def _same_object(body: Body, name: str, held: frozenset[int]) -> list[str]:
    """Names that may hold what ``name`` holds."""
    found = [name]
    for site in body.of(ir.Load):
        assert isinstance(site.instr, ir.Load)
        other = site.instr.name
        if other not in found and not other.startswith("%") and held & storages(body, site.instr.dst):
            found.append(other)
    return found


# arguments kept by an object ------------------------------------------------------------------------------------------


def _direct(body: Body, reg: int) -> bool:
    """Whether a register is a name, or an element of one, not what a call made of it (which may copy)."""
    for _ in range(6):
        made = body.producer.get(reg)
        instr = made.instr if made is not None else None
        if isinstance(instr, (ir.GetItem, ir.GetAttr)) or (
            isinstance(instr, ir.CallMethod) and instr.name in ("get", "pop")
        ):
            reg = instr.obj
        else:
            return isinstance(instr, ir.Load)
    return False


def _appended(body: Body) -> Iterator[Evidence]:
    """A method appends an attribute of its object, or an argument, to a list: somebody may change it later."""
    for site in body.of(ir.CallMethod):
        instr = site.instr
        assert isinstance(instr, ir.CallMethod)
        if instr.name not in ("append", "appendleft", "add", "push", "put", "store") or not instr.args:
            continue
        if not _container(body, instr):
            continue
        for reg in instr.args:
            for part in _parts(body, reg):
                value = body.value(part)
                if kind_of(body.frame, value) & (NUMBER | OBJECT | JAX) or not _direct(body, part):
                    continue
                for sid, _ in value.views:
                    root = body.frame.root(sid)
                    if (
                        root.kind == "param"
                        and not body.frame.is_receiver(str(root.key))
                        and not _local(body, instr.obj)
                    ):
                        details = (
                            ("form", "taken"),
                            ("param", str(root.key)),
                            ("into", body.text(instr.obj)),
                            ("copy", copying(body, part)),
                        )
                        yield Evidence(site.at, KIND, body.frame.path(sid), 0, details)
                        break
                    reference = body.frame.state_ref(sid)
                    if reference is not None and reference.root == "attribute" and not value.kind & UNKNOWN:
                        words = f"{body.text(instr.obj)}.{instr.name}(...)"
                        details = (
                            ("form", "attribute"),
                            ("attribute", reference.name),
                            ("target", words),
                            ("copy", copying(body, part)),
                        )
                        yield Evidence(site.at, KIND, body.frame.path(sid), value.doubt, details)
                        break


def _arguments(body: Body) -> Iterator[Evidence]:
    for site in body.of(ir.SetAttr):
        instr = site.instr
        assert isinstance(instr, ir.SetAttr)
        if body.path(instr.obj) != "self" or not _direct(body, instr.src):
            continue
        value = body.value(instr.src)
        kind = kind_of(body.frame, value)
        if kind & (NUMBER | JAX) or not kind & ~OBJECT:
            continue
        for sid, _ in value.views:
            root = body.frame.root(sid)
            if root.kind == "param" and not body.frame.is_receiver(str(root.key)):
                path = body.frame.path(sid)
                known = "array" if kind & ARRAY and not kind & UNKNOWN else ""
                details = (
                    ("form", "argument"),
                    ("param", str(root.key)),
                    ("attribute", instr.name),
                    ("known", known),
                    ("tensor", "yes" if kind & TENSOR else ""),
                    ("copy", copying(body, instr.src)),
                )
                yield Evidence(site.at, KIND, path, 0, details)
                break
