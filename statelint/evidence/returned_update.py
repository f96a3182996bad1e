"""A function whose only effect is its result: an updated copy of one of its arguments."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import CONTAINER, UNKNOWN
from statelint.evidence.body import Body, CallSite
from statelint.ir import nodes as ir

KIND = "returned_update"
NAMES = frozenset(
    [
        "at",
        "replace",
        "_replace",
        "tree_at",
        "apply_updates",
        "masked_fill",
        "masked_scatter",
        "index_add",
        "index_copy",
        "index_fill",
        "index_put",
        "scatter",
        "scatter_add",
        "scatter_reduce",
        "clamp",
        "clip",
        "where",
        "detach",
        "stop_gradient",
        "dynamic_update_slice",
        "tensor_scatter_nd_update",
        "apply_gradients",
    ]
)
IMPURE = (ir.SetAttr, ir.SetItem, ir.DelItem, ir.DelAttr, ir.Yield, ir.Await, ir.Raise, ir.Try, ir.Class, ir.Function)
PLAIN_CALLS = frozenset(
    [
        "len",
        "range",
        "zip",
        "enumerate",
        "min",
        "max",
        "sum",
        "abs",
        "int",
        "float",
        "bool",
        "isinstance",
        "getattr",
        "tuple",
        "list",
        "dict",
        "sorted",
        "reversed",
    ]
)


def observe(body: Body) -> Iterator[Evidence]:
    """Functions that return an update of a parameter and do nothing else."""
    fn = body.fn
    if fn.kind != "function" or fn.is_generator or fn.is_async or fn.globals_written or fn.free:
        return
    returned: set[int] = set()
    for site in body.sites:
        if isinstance(site.instr, IMPURE) or (isinstance(site.instr, ir.InPlace) and _may_write(body, site.instr)):
            return
        if isinstance(site.instr, ir.Return):
            returned.add(site.instr.src)
    if not returned or any(not call.used or not _pure(body, call) for call in body.calls):
        return
    params = {p.name for p in fn.params}
    found: set[str] = set()
    for reg in returned:
        param = _updated(body, reg, params, 0)
        if param is None:
            return
        found.add(param)
    found.discard("")
    if len(found) == 1:
        yield Evidence(fn.name_at, KIND, found.pop())


def _may_write(body: Body, instr: ir.InPlace) -> bool:
    return any(body.frame.outside(sid) for sid, _ in body.value(instr.target).views)


def _pure(body: Body, call: CallSite) -> bool:
    if call.functions or call.classes:
        return False
    if not call.names:
        return False
    for name in call.names:
        if name in PLAIN_CALLS or (name.startswith("?.") and call.method in NAMES | {"set", "add", "multiply"}):
            continue
        model = body.analyzer.models.function(name)
        if model is None or (model.mutates and not all(m.conditions for m in model.mutates)):
            return False
        if model.draws or model.seeds or model.external or model.effect or model.backward or model.regions:
            return False
    return True


def _updated(body: Body, reg: int, params: set[str], depth: int) -> str | None:
    """The parameter of which a register holds an updated copy ("" for the parameter itself unchanged)."""
    site = body.producer.get(reg)
    if site is None or depth > 8:
        return None
    instr = site.instr
    call = body.call_of.get(reg)
    if call is not None:
        source = call.receiver if call.receiver >= 0 else (call.args[0] if call.args else -1)
        if call.method not in NAMES and not _at(body, source):
            return None
        if call.method == "where" and len(call.args) == 3:
            source = call.args[2]
        if call.method == "tree_at" and len(call.args) > 1:
            source = call.args[1]
        return _root(body, source, params, depth + 1)
    if isinstance(instr, ir.Load):
        stores = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == instr.name]
        if not stores:
            return "" if instr.name in params else None
        made = {_updated(body, store.src, params, depth + 1) for store in stores if store.src != reg}
        made.discard("")
        return made.pop() if len(made) == 1 else None
    return None


def _at(body: Body, reg: int) -> bool:
    item = body.producer.get(reg)
    if item is None or not isinstance(item.instr, ir.GetItem):
        return False
    at = body.producer.get(item.instr.obj)
    return at is not None and isinstance(at.instr, ir.GetAttr) and at.instr.name == "at"


def _root(body: Body, reg: int, params: set[str], depth: int) -> str | None:
    site = body.producer.get(reg)
    if site is None or depth > 8:
        return None
    instr = site.instr
    if isinstance(instr, ir.Load):
        if instr.name in params and body.value(reg).kind & (UNKNOWN | ~CONTAINER):
            return instr.name
        stores = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == instr.name]
        roots = {_root(body, store.src, params, depth + 1) for store in stores}
        return roots.pop() if len(roots) == 1 else None
    if isinstance(instr, ir.GetItem):
        return _root(body, instr.obj, params, depth + 1)
    if isinstance(instr, ir.GetAttr) and instr.name == "at":
        return _root(body, instr.obj, params, depth + 1)
    if isinstance(instr, (ir.Call, ir.CallMethod)):
        return _updated(body, reg, params, depth + 1)
    return None
