"""Caches that keep arrays: memoised functions whose result is one (or a closure over some), caching descriptors, and
values stored once on an object that came in as an argument.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import JAX, FuncRef, Value
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "memo_of_arrays"
NAMES = None
_MEMO = frozenset(("lru_cache", "cache", "cached_property", "lazy_property"))


def observe(body: Body) -> Iterator[Evidence]:
    """What is kept, and where."""
    if "jax" not in body.analyzer.dialects(body.module):
        return
    memo = next((d for d in body.fn.decorators if d.rpartition(".")[2] in _MEMO), "")
    if memo:
        yield from _memoised(body, memo)
    if body.fn.name == "__get__":
        yield from _descriptor(body)
    for site in body.of(ir.SetItem, ir.SetAttr):
        instr = site.instr
        assert isinstance(instr, (ir.SetItem, ir.SetAttr))
        path = body.path(instr.obj)
        root = path.partition(".")[0]
        once = any(
            " not in " in f" {g.key} " or g.key.endswith(" is None") or "hasattr" in g.key for g in site.guards
        ) or (any(" in " in g.key and not g.holds for g in site.guards))
        if once and "." in path and root != "self" and _is_param(body, root) and _array(body.value(instr.src)):
            yield Evidence(site.at, KIND, path, 1, (("what", "object"),))


def _is_param(body: Body, name: str) -> bool:
    return any(p.name == name for p in body.fn.params)


def _memoised(body: Body, memo: str) -> Iterator[Evidence]:
    for site in body.of(ir.Return):
        assert isinstance(site.instr, ir.Return)
        value = body.value(site.instr.src)
        if _array(value):
            yield Evidence(body.fn.name_at, KIND, body.fn.name, 0, (("what", "memo"), ("memo", memo)))
            return
        if not body.fn.params and body.fn.free and any(isinstance(r, FuncRef) for r in value.refs):
            inner = next(r.qualname for r in value.refs if isinstance(r, FuncRef))
            if _closes_over_made(body, inner):
                yield Evidence(body.fn.name_at, KIND, body.fn.name, 1, (("what", "closure"), ("memo", memo)))
                return


def _closes_over_made(body: Body, inner: str) -> bool:
    """Whether a returned function captures what this function computed from what it captures itself."""
    fn = body.analyzer.symbols.function(body.module, inner)
    if fn is None:
        return False
    for call in body.calls:
        taken = {body.path(reg).partition(".")[0] for reg in (*call.args, *(r for _, r in call.keywords))}
        made = {name for part in (call.dst, *body.unpacked(call.dst)) for name, _ in body.stored_as(part)}
        if taken & set(body.fn.free) and made & set(fn.free):
            return True
    return False


def _descriptor(body: Body) -> Iterator[Evidence]:
    """``value = self.wrapped(instance); setattr(instance, name, value)``."""
    instance = body.fn.params[1].name if len(body.fn.params) > 1 else ""
    for call in body.calls:
        if "setattr" in call.names and len(call.args) == 3 and body.path(call.args[0]) == instance:
            stored = body.path(call.args[2])
            makers = [
                c
                for c in body.calls
                if any(name == stored for name, _ in body.stored_as(c.dst)) or c.dst == call.args[2]
            ]
            if any(body.path(arg) == instance for c in makers for arg in c.args):
                yield Evidence(call.at, KIND, instance, 1, (("what", "descriptor"),))


def _array(value: Value) -> bool:
    if value.items is not None:
        return any(_array(item) for item in value.items)
    return bool(value.kind & JAX) and value.kind == JAX
