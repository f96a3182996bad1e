"""Where a function's body changes an object in place: the instruction, the register of the object, the user's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from statelint.effects.value import (
    ARRAY,
    CONTAINER,
    DICT,
    JAX,
    LIST,
    NDARRAY,
    NUMBER,
    SCALAR,
    SET,
    TENSOR,
    TEXT,
    TUPLE,
    UNKNOWN,
)
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, Guard, Site
from statelint.ir import nodes as ir

CONTAINER_CHANGES = frozenset(
    """append appendleft extend extendleft insert pop popitem popleft remove clear update setdefault add discard
    sort reverse""".split()  # noqa: SIM905
)
ARRAY_CHANGES = frozenset(("fill", "sort", "resize", "put", "partition", "itemset"))
_FIRST = frozenset(
    ("numpy.copyto", "numpy.put", "numpy.place", "numpy.putmask", "numpy.fill_diagonal", "random.shuffle")
)

_FOUND: WeakKeyDictionary[Body, list[Change]] = WeakKeyDictionary()


class Change(NamedTuple):
    """A place where the object in register ``reg`` is changed. ``how``: *augmented* (``x += v``), *item* (``x[i] = v``,
    also augmented), *del*, *call*.
    """

    site: Site
    reg: int
    op: str
    how: str


def changes(body: Body) -> list[Change]:
    """All places where the body itself changes something that may be mutable, in source order."""
    found = _FOUND.get(body)
    if found is None:
        found = _FOUND[body] = list(_changes(body))
    return found


def _changes(body: Body) -> Iterator[Change]:
    for site in body.sites:
        instr = site.instr
        if isinstance(instr, ir.InPlace):
            if mutable(body, instr.target) and not _rebinds(body, instr):
                yield Change(site, instr.target, f"{instr.target_text} {instr.op}= ...", "augmented")
        elif isinstance(instr, ir.SetItem):
            if mutable(body, instr.obj):
                yield Change(site, instr.obj, f"{body.text(instr.obj)}[...] = ...", "item")
        elif isinstance(instr, ir.DelItem):
            yield Change(site, instr.obj, f"del {body.text(instr.obj)}[...]", "del")
        elif isinstance(instr, ir.CallMethod):
            if in_place(body, instr):
                yield Change(site, instr.obj, f"{body.text(instr.obj)}.{instr.name}(...)", "call")
            yield from _out(body, site, instr, instr.name)
        elif isinstance(instr, ir.Call):
            yield from _out(body, site, instr, body.text(instr.func))
            if instr.args and not instr.starred & 1:
                call = body.call_of.get(instr.dst)
                if call is not None and not _FIRST.isdisjoint(call.names):
                    yield Change(site, instr.args[0], f"{body.text(instr.func)}(...)", "call")


def _out(body: Body, site: Site, instr: ir.Call | ir.CallMethod, name: str) -> Iterator[Change]:
    for key, reg in instr.keywords:
        if key == "out":
            call = body.call_of.get(instr.dst)
            if call is None or not call.functions:
                yield Change(site, reg, f"{name}(..., out=...)", "call")


def in_place(body: Body, instr: ir.CallMethod) -> bool:
    """Whether a method changes its receiver."""
    name = instr.name
    kind = kind_of(body.frame, body.value(instr.obj))
    if name.endswith("_") and not name.startswith("_") and not name.endswith("__"):
        return bool(kind & (TENSOR | UNKNOWN)) and name not in ("requires_grad_", "retain_grad_", "share_memory_")
    if name in CONTAINER_CHANGES:
        return bool(kind & (LIST | DICT | SET | UNKNOWN)) and not kind & ARRAY
    return name in ARRAY_CHANGES and bool(kind & NDARRAY)


def mutable(body: Body, reg: int) -> bool:
    """Whether a register may hold something that can be changed in place."""
    kind = kind_of(body.frame, body.value(reg))
    return bool(kind & ~(SCALAR | TUPLE | JAX))


def surely(body: Body, reg: int) -> bool:
    """Whether a register surely holds something that can be changed in place."""
    kind = kind_of(body.frame, body.value(reg))
    return bool(kind & (TENSOR | NDARRAY | LIST | DICT | SET)) and not kind & (UNKNOWN | SCALAR | TUPLE | JAX)


def _rebinds(body: Body, instr: ir.InPlace) -> bool:
    """``n += 1`` on what is not known to be mutable, by something that shows no array either."""
    kind = kind_of(body.frame, body.value(instr.target))
    right = kind_of(body.frame, body.value(instr.right))
    return (
        bool(kind & UNKNOWN)
        and not kind & (ARRAY | CONTAINER)
        and (not right & ~(NUMBER | SCALAR | TUPLE) or bool(right & JAX))
    )


def apart(a: Site, b: Site) -> bool:
    """Whether two places stand on exclusive branches."""
    sides = {(g.key, g.test): g.holds for g in a.guards}
    return any(sides.get((g.key, g.test), g.holds) is not g.holds for g in b.guards)


def inside(guards: tuple[Guard, ...], of: tuple[Guard, ...]) -> bool:
    """Whether a place under ``guards`` runs only where a place under ``of`` runs."""
    return guards[: len(of)] == of


def storages(body: Body, reg: int) -> frozenset[int]:
    """The storages that a register's value may view."""
    value = body.value(reg)
    found = {sid for sid, _ in value.views}
    for item in value.items or ():
        found |= {sid for sid, _ in item.views}
    return frozenset(found)


def copying(body: Body, reg: int, names: Iterable[str] = ()) -> str:
    """How a copy is made of what is surely an array of one library: ``.clone()``, ``.copy()``; empty where it is open.
    ``names`` are those of the function that gave it.
    """
    kind = kind_of(body.frame, body.value(reg))
    if kind == TENSOR or any(name.startswith("torch.") for name in names):
        return ".clone()"
    return ".copy()" if kind == NDARRAY or any(name.startswith("numpy.") for name in names) else ""


def name_of(body: Body, reg: int) -> str:
    """The local name that a register was loaded from; empty if it was not."""
    site = body.producer.get(reg)
    instr = site.instr if site is not None else None
    return instr.name if isinstance(instr, ir.Load) and not instr.name.startswith("%") else ""


def through(body: Body, reg: int) -> tuple[int, ...]:
    """The registers of which a register is an element: ``x[0]``'s are those of ``x``, nearest first."""
    found: list[int] = []
    while len(found) < 6:
        site = body.producer.get(reg)
        instr = site.instr if site is not None else None
        if isinstance(instr, ir.GetItem):
            reg = instr.obj
        elif isinstance(instr, ir.For):
            reg = instr.iterable
            made = body.producer.get(reg)
            if made is not None and isinstance(made.instr, ir.CallMethod) and made.instr.name in ("values", "items"):
                reg = made.instr.obj
        elif isinstance(instr, ir.Unpack):
            found.append(-1)
            reg = instr.src
            continue
        elif isinstance(instr, ir.CallMethod) and instr.name in ("get", "setdefault", "values", "items"):
            reg = instr.obj
        elif isinstance(instr, ir.Load) and not instr.name.startswith("%"):
            source = _bound_once(body, instr.name)
            if source is None:
                break
            reg = source
            if found and found[-1] == reg:
                break
            continue
        else:
            break
        found.append(reg)
    return tuple(r for r in found if r >= 0)


def _bound_once(body: Body, name: str) -> int | None:
    """The register that a name is bound to, if it is bound to one thing, an element of something."""
    bound = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
    if len(bound) != 1:
        return None
    made = body.producer.get(bound[0].src)
    return bound[0].src if made is not None and isinstance(made.instr, (ir.GetItem, ir.For, ir.Unpack)) else None


def is_slice(const: object) -> bool:
    """Whether the constant of an index is that of a slice."""
    return isinstance(const, tuple) and len(const) == 4 and const[0] == "slice"


def perhaps_copied(body: Body, reg: int) -> bool:
    """Whether a register is an element that may not share memory: an array's item under an integer, which is a scalar
    if the array has one axis, or under something unknown, which may be a list of positions.
    """
    for _ in range(6):
        made = body.producer.get(reg)
        instr = made.instr if made is not None else None
        if isinstance(instr, ir.GetItem):
            base, index = kind_of(body.frame, body.value(instr.obj)), body.value(instr.index)
            for part in index.items or (index,):
                sliced = is_slice(part.const) or part.const is Ellipsis or part.const is None
                if (
                    not sliced
                    and part.kind != TEXT
                    and (part.kind & UNKNOWN or base & NDARRAY)
                    and base & (ARRAY | UNKNOWN)
                ):
                    return True
            reg = instr.obj
        elif isinstance(instr, ir.CallMethod):
            reg = instr.obj
        elif isinstance(instr, ir.Load):
            bound = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == instr.name]
            if len(bound) != 1:
                return False
            reg = bound[0].src
        else:
            return False
    return False
