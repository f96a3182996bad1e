"""One layer with running statistics where several are meant, or run a second time by recomputation."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import InstRef, LibInst
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.layer_tree import keeps_statistics, statistics_at
from statelint.ir import nodes as ir

KIND = "shared_statistics"
NAMES = None
CHECKPOINTS = ("torch.utils.checkpoint.checkpoint", "torch.utils.checkpoint.checkpoint_sequential")


def observe(body: Body) -> Iterator[Evidence]:
    """Calls of one such layer on the results of different layers, and such layers under ``checkpoint``."""
    if "torch" not in body.analyzer.dialects(body.module):
        return
    if "checkpoint" in body.names or "checkpoint_sequential" in body.names:
        yield from _recomputed(body)
    if body.fn.name == "forward" and body.owner is not None:
        yield from _reused(body)
    else:
        yield from _built_in_twice(body)


def _recomputed(body: Body) -> Iterator[Evidence]:
    for call in body.calls:
        if not any(name in CHECKPOINTS for name in call.names) or not call.args:
            continue
        found = statistics_at(body, call.args[0])
        if found:
            yield Evidence(call.at, KIND, found, 0, (("how", "checkpoint"), ("function", body.text(call.args[0]))))


def _built_in_twice(body: Body) -> Iterator[Evidence]:
    """One such layer put into several containers, or several times into one."""
    seen: dict[int, Site] = {}
    for call in body.calls:
        if not call.classes and not any(name.startswith("torch.nn.") for name in call.names):
            continue
        for reg in call.args:
            value = body.value(reg)
            if len(value.refs) != 1 or len(value.views) != 1 or not keeps_statistics(body.analyzer, value.refs[0]):
                continue
            if reg in body.call_of or not body.path(reg) or "." in body.path(reg):
                continue  # made in the very place
            sid = next(iter(value.views))[0]
            first = seen.get(sid)
            made = _made_at(body, body.path(reg))
            around = made is not None and any(loop not in made.loops for loop in call.site.loops)
            if first is None and not around:
                seen[sid] = call.site
            elif first is None or not _exclusive(first, call.site):
                step = Link(body.module, (first or call.site).at, f"`{body.path(reg)}` is put into a model here")
                details = (("how", "built in"), ("source", body.text(call.dst)))
                yield Evidence(call.at, KIND, body.path(reg), 0, details, (step,) if first is not None else ())
                break


def _made_at(body: Body, name: str) -> Site | None:
    stores = [s for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
    return stores[0] if len(stores) == 1 else None


def _reused(body: Body) -> Iterator[Evidence]:
    calls: dict[str, list[tuple[Site, str, bool]]] = {}
    for call in body.calls:
        path, layer = _layer_of(body, call)
        if not path or layer is None or not keeps_statistics(body.analyzer, layer) or not call.args:
            continue
        source, varies = _feeder(body, call.args[0], call.site, 0)
        if source:
            calls.setdefault(path, []).append((call.site, source, varies))
    for path, found in calls.items():
        looped = next((site for site, _, varies in found if varies), None)
        if looped is not None:
            yield Evidence(looped.at, KIND, path, 0, (("how", "loop"),))
            continue
        first = found[0]
        for site, source, _ in found[1:]:
            if source != first[1] and not _exclusive(first[0], site):
                step = Link(body.module, first[0].at, f"`{path}` normalises the result of `{first[1]}` here")
                yield Evidence(site.at, KIND, path, 0, (("how", "twice"), ("source", source)), (step,))
                break


def _layer_of(body: Body, call: CallSite) -> tuple[str, LibInst | None]:
    """The path of an attribute that is called, and the library's layer in it."""
    instr = call.site.instr
    if isinstance(instr, ir.CallMethod):
        child = body.value(instr.obj)
        if not any(isinstance(ref, InstRef) for ref in child.refs) or body.path(instr.obj) != body.fn.params[0].name:
            return "", None
        shape = body.analyzer.class_shape(*body.owner).children.get(instr.name) if body.owner else None
        refs = shape.value.refs if shape is not None else ()
        path = f"{body.path(instr.obj)}.{instr.name}"
    elif isinstance(instr, ir.Call):
        refs, path = body.value(instr.func).refs, body.path(instr.func)
    else:
        return "", None
    if len(refs) != 1 or not isinstance(refs[0], LibInst) or not path.startswith(f"{body.fn.params[0].name}."):
        return "", None
    return path, refs[0]


def _feeder(body: Body, reg: int, site: Site, depth: int) -> tuple[str, bool]:
    """The path of the layer whose result an argument is, and whether it is another one in each turn of a loop."""
    made = body.producer.get(reg)
    if made is None or depth > 6:
        return "", False
    instr = made.instr
    if isinstance(instr, ir.Load):
        stores = [
            s for s in body.of(ir.Store)
            if isinstance(s.instr, ir.Store) and s.instr.name == instr.name and s.order < site.order
        ]  # fmt: skip
        return _feeder(body, stores[-1].instr.src, stores[-1], depth + 1) if stores else ("", False)  # type: ignore[attr-defined]
    if isinstance(instr, ir.CallMethod) and body.path(instr.obj) == body.fn.params[0].name:
        return f"{body.path(instr.obj)}.{instr.name}", False
    if isinstance(instr, ir.Call):
        path = body.path(instr.func)
        if path.startswith(f"{body.fn.params[0].name}."):
            return path, False
        if path and made.loops and _loop_target(body, path, made.loops[-1]):
            return path, True
        func = body.producer.get(instr.func)
        if func is not None and isinstance(func.instr, ir.GetItem):
            base = body.path(func.instr.obj)
            index = body.path(func.instr.index)
            if base and made.loops and index and _loop_target(body, index, made.loops[-1]):
                return base, True
            if base:
                return f"{base}[{body.text(func.instr.index)}]", False
    return "", False


def _loop_target(body: Body, name: str, loop: ir.For | ir.While) -> bool:
    if not isinstance(loop, ir.For):
        return False
    regs = [loop.item]
    while regs:
        for use in body.uses.get(regs.pop(), ()):
            if isinstance(use.instr, ir.Unpack):
                regs.extend(use.instr.dsts)
            elif isinstance(use.instr, ir.Store) and use.instr.name == name:
                return True
    return False


def _exclusive(one: Site, other: Site) -> bool:
    sides = {guard.test: guard.holds for guard in one.guards}
    return any(sides.get(guard.test, guard.holds) != guard.holds for guard in other.guards)
