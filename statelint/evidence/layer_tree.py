"""What lies in a layer: the batch normalisations (and their like) that run when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.effects.value import BoundRef, FuncRef, InstRef, LibInst, PartialRef, Ref, Value, WrapRef
from statelint.ir import nodes as ir

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer
    from statelint.effects.frame import Shape
    from statelint.evidence.body import Body

DEPTH = 6


def keeps_statistics(analyzer: Analyzer, ref: Ref) -> bool:
    """Whether an instance of a library's class updates running statistics when it is called in training mode."""
    if not isinstance(ref, LibInst):
        return False
    model = analyzer.models.class_(ref.name)
    return bool(model and model.training_writes) and dict(ref.options).get("track_running_stats", True) is not False


def has_parameters(analyzer: Analyzer, ref: Ref) -> bool:
    """Whether an instance is a layer that holds parameters."""
    if isinstance(ref, InstRef):
        return analyzer.is_layer(ref.module, ref.qualname) and _own_parameters(analyzer, ref)
    if not isinstance(ref, LibInst):
        return False
    model = analyzer.models.class_(ref.name)
    return bool(model and model.parameters)


def _own_parameters(analyzer: Analyzer, ref: InstRef, depth: int = 0) -> bool:
    from statelint.effects.value import LEAF

    for child in analyzer.class_shape(ref.module, ref.qualname).children.values():
        if child.value.mark & LEAF:
            return True
        for inner in _below(child, 0):
            if isinstance(inner, InstRef):
                if depth < DEPTH and inner != ref and _own_parameters(analyzer, inner, depth + 1):
                    return True
            elif has_parameters(analyzer, inner):
                return True
    return False


def _below(shape: Shape, depth: int) -> list[Ref]:
    found = list(shape.value.refs)
    if depth < DEPTH and any(isinstance(ref, LibInst) for ref in shape.value.refs):
        for key, child in shape.children.items():
            if isinstance(key, str) and key.startswith("["):
                found.extend(_below(child, depth + 1))
    return found


def statistics_below(analyzer: Analyzer, value: Value, shape: Shape | None = None) -> str:
    """The name of a layer with running statistics that calling ``value`` runs; empty if none is known."""
    seen: set[Ref] = set()
    refs: list[Ref] = list(value.refs)
    if shape is not None:
        refs.extend(_below(shape, 0))
    for ref in refs:
        found = _in_ref(analyzer, ref, seen, 0)
        if found:
            return found
    return ""


def _in_ref(analyzer: Analyzer, ref: Ref, seen: set[Ref], depth: int) -> str:
    if ref in seen or depth > DEPTH:
        return ""
    seen.add(ref)
    if keeps_statistics(analyzer, ref):
        assert isinstance(ref, LibInst)
        return ref.name.rpartition(".")[2]
    if isinstance(ref, InstRef):
        return _in_method(analyzer, ref, "forward", seen, depth)
    if isinstance(ref, BoundRef):
        for receiver in ref.receiver.refs:
            if isinstance(receiver, InstRef):
                found = _in_method(analyzer, receiver, ref.name, seen, depth)
                if found:
                    return found
    if isinstance(ref, (PartialRef, WrapRef)):
        for inner in ref.func.refs:
            found = _in_ref(analyzer, inner, seen, depth + 1)
            if found:
                return found
    return ""


def _in_method(analyzer: Analyzer, receiver: InstRef, name: str, seen: set[Ref], depth: int) -> str:
    method = analyzer.symbols.method(receiver.module, receiver.qualname, name)
    fn = analyzer.symbols.function(*method) if method is not None else None
    if method is None or fn is None or not fn.params:
        return ""
    mark = FuncRef(f"{receiver.module}:{receiver.qualname}", f"{method[0]}:{method[1]}")
    if mark in seen:
        return ""
    seen.add(mark)
    shape = analyzer.class_shape(receiver.module, receiver.qualname)
    for attribute in attributes_of(fn):
        child = shape.children.get(attribute)
        if child is not None:
            for inner in _below(child, 0):
                found = _in_ref(analyzer, inner, seen, depth + 1)
                if found:
                    return found
        elif analyzer.symbols.method(receiver.module, receiver.qualname, attribute) is not None:
            found = _in_method(analyzer, receiver, attribute, seen, depth + 1)
            if found:
                return found
    return ""


def attributes_of(fn: ir.FunctionIR) -> list[str]:
    """The attributes and methods of the receiver that a method mentions, in order."""
    receiver = fn.params[0].name
    selves: set[int] = set()
    found: dict[str, None] = {}
    stack: list[ir.Block] = [fn.body]
    while stack:
        for instr in stack.pop():
            match instr:
                case ir.Load() if instr.name == receiver:
                    selves.add(instr.dst)
                case ir.GetAttr() | ir.CallMethod() if instr.obj in selves:
                    found[instr.name] = None
                case ir.If():
                    stack += [instr.orelse, instr.then]
                case ir.For():
                    stack += [instr.orelse, instr.body]
                case ir.While():
                    stack += [instr.orelse, instr.body, instr.head]
                case ir.With():
                    stack.append(instr.body)
                case ir.Try():
                    stack += [instr.final, instr.orelse, *(h.body for h in instr.handlers), instr.body]
    return list(found)


def statistics_at(body: Body, reg: int, depth: int = 0) -> str:
    """`statistics_below` for a register: an attribute of the receiver, a local, or a container made here."""
    found = statistics_below(body.analyzer, body.value(reg))
    if found or depth > DEPTH:
        return found
    path = body.path(reg)
    receiver, _, attribute = path.partition(".")
    if attribute and "." not in attribute and body.owner and body.fn.params and receiver == body.fn.params[0].name:
        shape = body.analyzer.class_shape(*body.owner).children.get(attribute)
        return statistics_below(body.analyzer, shape.value, shape) if shape is not None else ""
    call = body.call_of.get(reg)
    if call is not None:
        container = any(name.startswith("torch.nn.") for name in call.names)
        regs = call.args if container or call.method == "deepcopy" else ()
        return next((name for each in regs if (name := statistics_at(body, each, depth + 1))), "")
    site = body.producer.get(reg)
    if site is not None and isinstance(site.instr, ir.Load):
        name = site.instr.name
        stores = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
        return statistics_at(body, stores[0].src, depth + 1) if len(stores) == 1 else ""
    if site is not None and isinstance(site.instr, ir.Build):
        return next((name for each in site.instr.items if (name := statistics_at(body, each, depth + 1))), "")
    return ""
