"""A name is rebound where the array behind it should have been written.

Three forms: the target of a loop over arrays that last (``for p, e in zip(ps, es): p = e``), a parameter of a function
that is to work in place, and a parameter of a function that returns nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import ARRAY, JAX, LEAF, NUMBER, SCALAR, UNKNOWN, Value
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, Site, operands
from statelint.ir import nodes as ir

KIND = "rebound_name"
NAMES = None

CONVERSIONS = frozenset(
    [
        "to",
        "cuda",
        "cpu",
        "float",
        "double",
        "half",
        "int",
        "long",
        "bool",
        "type",
        "type_as",
        "numpy",
        "contiguous",
        "view",
        "reshape",
        "squeeze",
        "unsqueeze",
        "flatten",
        "permute",
        "transpose",
        "astype",
        "asarray",
        "array",
        "as_tensor",
        "from_numpy",
        "tensor",
        "clone",
        "detach",
        "item",
        "tolist",
        "copy",
        "expand",
        "unsqueeze_",
        "requires_grad_",
        "to_device",
        "device_put",
        "convert_to_tensor",
        "ravel",
        "atleast_1d",
        "atleast_2d",
    ]
)
"""What prepares a value for use; where that use is missing, the line is a leftover and no lost write."""
WRITES = frozenset(["copy_", "set_", "fill_", "copyto"])


def observe(body: Body) -> Iterator[Evidence]:
    """Stores to such names whose value nobody reads."""
    if not body.analyzer.dialects(body.module):
        return
    targets = _loop_targets(body)
    if targets:
        yield from _in_loops(body, targets)
    if body.fn.kind == "function" and body.fn.params:
        yield from _parameters(body)


def _loop_targets(body: Body) -> dict[str, list[tuple[ir.For, Site]]]:
    """For each name, the loops that bind it and the sites that do."""
    found: dict[str, list[tuple[ir.For, Site]]] = {}
    for site in body.of(ir.For):
        loop = site.instr
        assert isinstance(loop, ir.For)
        regs = [loop.item]
        while regs:
            reg = regs.pop()
            for use in body.uses.get(reg, ()):
                if isinstance(use.instr, ir.Unpack):
                    regs.extend(use.instr.dsts)
                elif isinstance(use.instr, ir.Store) and loop in use.loops:
                    found.setdefault(use.instr.name, []).append((loop, use))
    return found


def _in_loops(body: Body, targets: dict[str, list[tuple[ir.For, Site]]]) -> Iterator[Evidence]:
    for site in body.of(ir.Store):
        store = site.instr
        assert isinstance(store, ir.Store)
        bound = targets.get(store.name, [])
        around = [pair for pair in bound if pair[0] in site.loops and pair[1].order < site.order]
        if not around or store.name.startswith("%") or not _scope(body, store):
            continue
        loop, binding = max(around, key=lambda pair: pair[1].order)
        if any(binding is not each and each.order == site.order for _, each in bound):
            continue
        if _read_after(body, store.name, site, loop, [each for each, _ in bound if each is not loop]):
            continue
        element = body.value(binding.instr.src) if isinstance(binding.instr, ir.Store) else Value(UNKNOWN)
        doubt = _lost(body, store, element, loop)
        if doubt is not None:
            step = Link(body.module, binding.at, f"`{store.name}` is an element of what the loop runs over")
            yield Evidence(site.at, KIND, store.name, doubt, (("how", "loop"),), (step,))


def _scope(body: Body, store: ir.Store) -> bool:
    return store.scope == "local" or (store.scope == "global" and body.fn.kind == "module")


def _read_after(body: Body, name: str, site: Site, loop: ir.For | None = None, others: Sequence[ir.For] = ()) -> bool:
    """Whether the stored value may be read: later, or earlier in a loop that comes around. ``loop`` binds the name anew
    with each turn, as ``others`` do elsewhere."""
    inner = site.loops[site.loops.index(loop) + 1 :] if loop is not None else site.loops
    for each in body.sites:
        instr = each.instr
        reads = isinstance(instr, (ir.Load, ir.LoadPath, ir.Delete)) and instr.name == name
        if not reads or (isinstance(instr, ir.Load) and _only_for(body, instr, site)):
            continue
        if any(other in each.loops for other in others):
            continue
        if each.order > site.order or any(around in each.loops for around in inner):
            return True
        if loop is not None and loop not in each.loops and any(around in each.loops for around in site.loops):
            return True
    return False


def _only_for(body: Body, load: ir.Load, site: Site) -> bool:
    """Whether a load only makes the value of the store itself: it comes before it in one statement."""
    return load.at[0] >= site.at[0] and load.at[2] <= site.at[2] and (load.at[:2] > site.at[:2])


def _lost(body: Body, store: ir.Store, element: Value, loop: ir.For) -> int | None:
    """The doubt that the store was meant as a write; None if it was not."""
    new = body.value(store.src)
    site = body.producer.get(store.src)
    if site is not None and isinstance(site.instr, ir.InPlace) and kind_of(body.frame, element) & ~(JAX | NUMBER):
        traced = body.analyzer.dialects(body.module) == {"jax"} and not kind_of(body.frame, element) & ~(UNKNOWN | JAX)
        if not traced:
            return None  # written in place
    if new.const is None or not new.kind & ~SCALAR or _converted(body, store.src):
        return None
    leaf = bool(element.mark & LEAF)
    known = kind_of(body.frame, element)
    if leaf and not known & ~ARRAY:
        return element.doubt
    kinds = known | kind_of(body.frame, new)
    if not kinds & (ARRAY | UNKNOWN) or kinds & ~(ARRAY | UNKNOWN) or element.refs or new.refs:
        return None
    if not _arithmetic(body, store, loop):
        return None
    itself = _depends(body, store.src, store.name, 0)
    return 1 if known & ARRAY or itself or _of_parameters(body, loop) else 2


def _of_parameters(body: Body, loop: ir.For) -> bool:
    """Whether the loop runs over the parameters or the state of something unknown."""
    regs, seen = [loop.iterable], 0
    while regs and seen < 12:
        seen += 1
        reg = regs.pop()
        call = body.call_of.get(reg)
        if call is None:
            continue
        if call.method in ("parameters", "buffers", "named_parameters", "named_buffers"):
            return True
        if call.method in ("zip", "enumerate", "list", "tuple", "items", "values"):
            regs.extend(call.args if call.receiver < 0 else (call.receiver,))
    return False


def _arithmetic(body: Body, store: ir.Store, loop: ir.For) -> bool:
    """Whether the new value is computed from the old one, or is another element of the same loop."""
    site = body.producer.get(store.src)
    instr = site.instr if site is not None else None
    if isinstance(instr, ir.Load):
        return any(name == instr.name for name in _names_of(body, loop))
    return isinstance(instr, (ir.Binary, ir.InPlace)) and _depends(body, store.src, store.name, 0)


def _names_of(body: Body, loop: ir.For) -> set[str]:
    return {name for name, bound in _loop_targets(body).items() if any(each is loop for each, _ in bound)}


def _depends(body: Body, reg: int, name: str, depth: int) -> bool:
    site = body.producer.get(reg)
    if site is None or depth > 12:
        return False
    instr = site.instr
    if isinstance(instr, ir.Load):
        return instr.name == name
    return any(_depends(body, each, name, depth + 1) for each in operands(instr))


def _converted(body: Body, reg: int) -> bool:
    """Whether a value is only another form of what it was made of, or built of several."""
    site = body.producer.get(reg)
    instr = site.instr if site is not None else None
    if isinstance(instr, (ir.Call, ir.CallMethod)):
        call = body.call_of[reg]
        return call.method in CONVERSIONS
    return isinstance(instr, (ir.Build, ir.BuildDict, ir.BuildString, ir.Const, ir.GetItem, ir.Function, ir.Compare))


def _parameters(body: Body) -> Iterator[Evidence]:
    fn = body.fn
    params = {p.name for p in fn.params if p.kind in ("positional", "normal", "keyword")}
    if fn.class_qualname and fn.params and "staticmethod" not in fn.decorators:
        params.discard(fn.params[0].name)
    in_place = _meant_in_place(body)
    returns = _returns_nothing(body)
    if not (in_place or returns):
        return
    for site in body.of(ir.Store):
        store = site.instr
        assert isinstance(store, ir.Store)
        if store.name not in params or store.scope != "local":
            continue
        new = body.value(store.src)
        place = body.frame.storage("param", 0, store.name)
        if not kind_of(body.frame, new) & ARRAY or new.kind & ~(ARRAY | UNKNOWN) or new.refs:
            continue
        if any(sid == place for sid, _ in new.views) or _converted(body, store.src):
            continue
        written = _first_write(body, store.name, place)
        if (
            in_place
            and written is not None
            and written.order < site.order
            and not _exclusive(written, site)
            and not _written_back(body, store.name, site)
        ):
            step = Link(body.module, written.at, f"`{store.name}` is written in place here")
            yield Evidence(site.at, KIND, store.name, 0, (("how", "in place"),), (step,))
        elif returns and not _read_after(body, store.name, site) and not site.loops:
            depends = _depends(body, store.src, store.name, 0)
            yield Evidence(site.at, KIND, store.name, 1 if depends else 2, (("how", "nothing"),))


def _meant_in_place(body: Body) -> bool:
    """By its name (``name_``) or by what its text says."""
    name = body.fn.name
    if any(param.name.replace("_", "") == "inplace" for param in body.fn.params):
        return False  # a mode of it
    if name.endswith("_") and not name.startswith("__"):
        return True
    return re.search(r"\bin[- ]?place\b", body.fn.docstring, re.IGNORECASE) is not None and not re.search(
        r"\b(not|isn't|without|instead of)\b[^.]{0,30}\bin[- ]?place\b", body.fn.docstring, re.IGNORECASE
    )


def _returns_nothing(body: Body) -> bool:
    fn = body.fn
    if fn.is_generator or fn.is_async or any(name.endswith(("abstractmethod", "overload")) for name in fn.decorators):
        return False
    for site in body.of(ir.Return):
        instr = site.instr
        assert isinstance(instr, ir.Return)
        if body.value(instr.src).const is not None:
            return False
    return True


def _first_write(body: Body, name: str, place: int) -> Site | None:
    """The first in-place write to the caller's array."""
    for call in body.calls:
        regs = ([call.receiver] if call.receiver >= 0 else []) + list(call.args[:1])
        in_place = call.method.endswith("_") and not call.method.endswith("__")
        if in_place and any(
            body.path(reg) == name and any(s == place for s, _ in body.value(reg).views) for reg in regs
        ):
            return call.site
    for site in body.of(ir.SetItem, ir.InPlace):
        instr = site.instr
        reg = instr.obj if isinstance(instr, ir.SetItem) else instr.target if isinstance(instr, ir.InPlace) else -1
        if body.path(reg) == name and any(s == place for s, _ in body.value(reg).views):
            return site
    return None


def _exclusive(one: Site, other: Site) -> bool:
    """Whether the two stand in different branches of one test."""
    sides = {guard.test: guard.holds for guard in one.guards}
    return any(sides.get(guard.test, guard.holds) != guard.holds for guard in other.guards)


def _written_back(body: Body, name: str, site: Site) -> bool:
    """Whether what the name is bound to is copied somewhere afterwards."""
    for call in body.calls:
        if call.site.order > site.order and call.method in WRITES and any(body.path(reg) == name for reg in call.args):
            return True
    return False
