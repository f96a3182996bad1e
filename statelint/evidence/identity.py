"""What decides whether two objects are the same for a trace or a cache: ``__eq__`` that leaves out a function the
object was made with, arrays in static fields.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.evidence.body import Body
from statelint.ir import nodes as ir
from statelint.resolve.bindings import walk

KIND = "identity"
NAMES = None
_WHOLE = frozenset(
    ("__dict__", "vars", "astuple", "asdict", "fields", "tree_flatten", "super", "__slots__", "tree_equal")
)
_ARRAYS = ("jax.Array", "jnp.ndarray", "Array", "chex.Array", "np.ndarray", "ndarray")


def observe(body: Body) -> Iterator[Evidence]:
    """Comparisons field by field, and the class bodies of a module."""
    if body.fn.name == "__eq__" and body.owner is not None:
        yield from _compared(body)
    elif body.fn.kind == "module":
        module = body.analyzer.symbols.module(body.module)
        for cls in module.classes.values() if module is not None else ():
            yield from _static(body, cls)


def _compared(body: Body) -> Iterator[Evidence]:
    if not _WHOLE.isdisjoint(body.names):
        return
    compared = {i.name for i in walk(body.fn.body) if isinstance(i, ir.GetAttr)}
    assert body.owner is not None
    method = body.analyzer.symbols.method(*body.owner, "__init__")
    init = body.analyzer.symbols.function(*method) if method is not None else None
    if init is None or not init.params:
        return
    loads = {i.dst: i.name for i in walk(init.body) if isinstance(i, ir.Load)}
    selfs = {reg for reg, name in loads.items() if name == init.params[0].name}
    kept = {
        i.name: (loads[i.src], i.at)
        for i in walk(init.body)
        if isinstance(i, ir.SetAttr) and i.obj in selfs and i.src in loads
    }
    if len(compared & kept.keys()) < 2:
        return
    annotations = {p.name: p.annotation for p in init.params}
    for name, (param, at) in kept.items():
        if name not in compared and not name.startswith("_") and "Callable" in annotations.get(param, ""):
            step = Link(method[0] if method is not None else body.module, at, f"`{name}` is kept here")
            yield Evidence(body.fn.name_at, KIND, name, 1, (("what", "eq"), ("class", body.owner[1])), (step,))


def _static(body: Body, cls: ir.ClassIR) -> Iterator[Evidence]:
    made = body.analyzer.symbols.function(body.module, f"{cls.qualname}.<body>")
    if made is None:
        return
    consts = {i.dst: i.value for i in walk(made.body) if isinstance(i, ir.Const)}
    paths = {i.dst: i.path[-1] for i in walk(made.body) if isinstance(i, ir.LoadPath)}
    paths.update({i.dst: i.name for i in walk(made.body) if isinstance(i, ir.Load)})
    fields: dict[int, ir.Call | ir.CallMethod] = {}
    for instr in walk(made.body):
        if isinstance(instr, ir.Call | ir.CallMethod):
            called = paths.get(instr.func) if isinstance(instr, ir.Call) else instr.name
            if called in ("field", "static_field"):
                fields[instr.dst] = instr
    for instr in walk(made.body):
        if isinstance(instr, ir.Store) and instr.src in fields:
            call = fields[instr.src]
            options = {name: consts.get(reg) for name, reg in call.keywords}
            called = call.name if isinstance(call, ir.CallMethod) else paths[call.func]
            static = options.get("static") is True or options.get("pytree_node") is False or called == "static_field"
            text = cls.annotations.get(instr.name, "")
            if static and any(word == text.strip("\"' ") or text.startswith(f"{word}[") for word in _ARRAYS):
                yield Evidence(call.at, KIND, instr.name, 0, (("what", "static"), ("class", cls.qualname)))
