"""A compiled closure reads a variable of the function around it, which binds it anew after a call and calls again."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import FuncRef, Value, WrapRef
from statelint.evidence.body import Body, Site
from statelint.ir import nodes as ir
from statelint.resolve.bindings import walk

KIND = "rebound_capture"
NAMES = frozenset(("jit", "pmap", "filter_jit", "function"))
_KEPT = frozenset(("jit", "pmap", "tf_function", "compile"))


def observe(body: Body) -> Iterator[Evidence]:
    """Names captured by a compiled function of this body, stored between two of its calls."""
    if not body.fn.cells:
        return
    calls: dict[str, list[Site]] = {}
    for call in body.calls:
        instr = call.site.instr
        if isinstance(instr, ir.Call):
            for qualname in _compiled(body.value(instr.func)):
                calls.setdefault(qualname, []).append(call.site)
    for qualname, sites in calls.items():
        fn = body.analyzer.symbols.function(body.module, qualname)
        if fn is None:
            continue
        for name in fn.free:
            store = _between(body, name, sites, _made(body, qualname))
            read = next((i for i in walk(fn.body) if isinstance(i, ir.Load) and i.name == name), None)
            if store is not None and read is not None:
                step = Link(body.module, store.at, f"`{name}` is bound anew here")
                yield Evidence(read.at, KIND, name, 0, (("function", fn.name),), (step,))


def _compiled(value: Value) -> Iterator[str]:
    for ref in value.refs:
        if isinstance(ref, WrapRef) and ref.kind in _KEPT:
            for inner in ref.func.refs:
                while isinstance(inner, WrapRef) and inner.func.refs:
                    inner = inner.func.refs[0]
                if isinstance(inner, FuncRef):
                    yield inner.qualname


def _made(body: Body, qualname: str) -> tuple[object, ...]:
    """The loops in each turn of which a closure is made anew."""
    for site in body.of(ir.Function):
        if isinstance(site.instr, ir.Function) and site.instr.qualname == qualname:
            return site.loops
    return ()


def _between(body: Body, name: str, calls: list[Site], made: tuple[object, ...]) -> Site | None:
    """A binding of the name that a call precedes and another call, or the next turn's, follows."""
    if name not in body.fn.cells:
        return None
    for site in body.of(ir.Store):
        assert isinstance(site.instr, ir.Store)
        if site.instr.name != name or (made and site.loops[: len(made)] == made):
            continue
        for first in calls:
            for second in calls:
                if first.order < site.order < second.order:
                    return site
            if site.loops and first.loops and site.loops[0] == first.loops[0]:
                return site
    return None
