"""What a torch module's methods do with its attributes: which are registered, and which plain ones hold tensors or
layers that the module does not know of."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Span
from statelint.effects.value import DICT, LEAF, LIST, NDARRAY, NONE, TENSOR, TUPLE, Value
from statelint.evidence.body import Body, CallSite
from statelint.evidence.layer_tree import has_parameters
from statelint.ir import nodes as ir

KIND = "layer_attribute"
NAMES = None
SETUP = ("__init__", "build", "setup", "reset_parameters", "__post_init__")
PARAMETER = ("torch.nn.Parameter", "torch.nn.parameter.Parameter")
MOVES = frozenset(["to", "cuda", "cpu", "type_as", "type", "float", "half", "double", "new_tensor", "to_device"])
HOLDERS = frozenset(["ModuleList", "Sequential", "ModuleDict", "ParameterList", "ParameterDict"])
REGISTERS = frozenset(["add_module", "register_module", "register_parameter", "setattr", "__setattr__"])


def observe(body: Body) -> Iterator[Evidence]:
    """One piece of evidence for each assignment, registration or move of an attribute of ``self``."""
    if body.owner is None or not body.analyzer.is_layer(*body.owner) or not body.fn.params:
        return
    yield from _registrations(body)
    if body.fn.name in SETUP or body.fn.name.startswith(("_init", "init_", "_build", "build_", "_make", "_setup")):
        for site in body.of(ir.SetAttr):
            instr = site.instr
            assert isinstance(instr, ir.SetAttr)
            if body.path(instr.obj) == body.fn.params[0].name:
                yield from _assignment(body, instr)
    else:
        yield from _moves(body)


def _fact(at: Span, what: str, name: str, doubt: int = 0, **details: str) -> Evidence:
    return Evidence(at, KIND, name, doubt, (("what", what), *details.items()))


def _registrations(body: Body) -> Iterator[Evidence]:
    for call in body.calls:
        if call.method in ("register_buffer", "register_parameter", "add_module", "register_module") and call.args:
            name = body.value(call.args[0]).const
            if isinstance(name, str) and call.method == "register_buffer" and len(call.args) > 1:
                source = _origin(body, call.args[1])
                if source is not None and _is_parameter(source):
                    yield _fact(call.at, "parameter as buffer", name)
            yield _fact(call.at, "registered", name if isinstance(name, str) else "*")
        elif call.method in ("setattr", "__setattr__"):
            yield _fact(call.at, "registered", "*")
        elif call.method in HOLDERS:
            for reg in call.args:
                path = body.path(reg)
                if path:
                    yield _fact(call.at, "held", path.rpartition(".")[2])


def _assignment(body: Body, instr: ir.SetAttr) -> Iterator[Evidence]:
    value = body.value(instr.src)
    name = instr.name
    if value.const is None or (value.kind & NDARRAY and not value.kind & ~NDARRAY):
        yield _fact(instr.at, "later", name, kind="array" if value.kind & NDARRAY else "")
    elif value.kind & TENSOR and not value.kind & ~(TENSOR | NONE):
        yield from _tensor(body, instr, value)
    elif value.kind & (LIST | DICT | TUPLE) and not value.kind & ~(LIST | DICT | TUPLE):
        yield from _list(body, instr)
    elif any(has_parameters(body.analyzer, ref) for ref in value.refs):
        yield _fact(instr.at, "layer", name)
    elif isinstance(value.const, bool):
        yield _fact(instr.at, "flag", name, value="true" if value.const else "")


def _tensor(body: Body, instr: ir.SetAttr, value: Value) -> Iterator[Evidence]:
    source = _origin(body, instr.src)
    if source is not None and _is_parameter(source):
        yield _fact(instr.at, "registered", instr.name)
        return
    if value.mark & LEAF:
        if source is not None and (_requires_grad(body, source) or body.call_of.get(instr.src, source) is not source):
            yield _fact(instr.at, "leaf", instr.name)
        else:
            yield _fact(instr.at, "registered", instr.name)
        return
    made = _behind(body, instr.src)
    if made is not None:
        yield _fact(instr.at, "derived", instr.name, operation=made)
        return
    device = "yes" if source is not None and (source.keyword("device") >= 0 or source.method in MOVES) else ""
    params = {p.name for p in body.fn.params[1:]}
    given = body.path(instr.src) in params
    yield _fact(instr.at, "tensor", instr.name, value.doubt, device=device, given="yes" if given else "")


def _origin(body: Body, reg: int) -> CallSite | None:
    """The call that made a value, through locals that are stored once."""
    for _ in range(5):
        call = body.call_of.get(reg)
        if call is not None and call.receiver >= 0 and call.method == "requires_grad_":
            reg = call.receiver
            continue
        if call is not None:
            return call
        site = body.producer.get(reg)
        if site is None or not isinstance(site.instr, ir.Load):
            return None
        name = site.instr.name
        stores = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
        if len(stores) != 1:
            return None
        reg = stores[0].src
    return None


def _is_parameter(call: CallSite) -> bool:
    return any(name in PARAMETER for name in call.names)


def _requires_grad(body: Body, call: CallSite) -> bool:
    reg = call.keyword("requires_grad")
    return reg >= 0 and body.value(reg).const is True


def _behind(body: Body, reg: int) -> str | None:
    """The operation by which a value was computed from a new Parameter: ``.to(...)``, ``*``."""
    for _ in range(4):
        site = body.producer.get(reg)
        instr = site.instr if site is not None else None
        if isinstance(instr, ir.CallMethod):
            if instr.name.endswith("_"):
                return None  # changed in place: the parameter itself
            source, operation = instr.obj, f".{instr.name}(...)"
        elif isinstance(instr, ir.Binary):
            sides = [
                r for r in (instr.left, instr.right) if (c := body.call_of.get(r)) is not None and _is_parameter(c)
            ]
            if not sides:
                return None
            source, operation = sides[0], instr.op
        else:
            return None
        call = body.call_of.get(source)
        if call is not None and _is_parameter(call):
            return operation
        reg = source
    return None


def _list(body: Body, instr: ir.SetAttr) -> Iterator[Evidence]:
    """A list or dict of layers or parameters that are made here and registered nowhere."""
    site = body.producer.get(instr.src)
    paths = {f"{body.fn.params[0].name}.{instr.name}"}
    builds = {instr.src}
    if site is not None and isinstance(site.instr, ir.Load):
        paths.add(site.instr.name)
        for store in body.of(ir.Store):
            if isinstance(store.instr, ir.Store) and store.instr.name == site.instr.name:
                builds.add(store.instr.src)
    elements: list[tuple[int, bool]] = []
    for reg in builds:
        made = body.producer.get(reg)
        made_instr = made.instr if made is not None else None
        if isinstance(made_instr, ir.Build):
            elements += [(item, False) for item in made_instr.items]
        elif isinstance(made_instr, ir.BuildDict):
            elements += [(item, False) for item in made_instr.values]
    literal = len(elements)
    if not elements and (source := body.call_of.get(instr.src)) is not None and source.functions:
        yield from _made_elsewhere(body, instr)
        return
    for each in body.sites:
        match each.instr:
            case ir.Append() if each.instr.target in builds:
                elements.append((each.instr.value, True))
            case ir.CallMethod() if (
                each.instr.name == "append" and each.instr.args and body.path(each.instr.obj) in paths
            ):
                elements.append((each.instr.args[0], True))
            case ir.SetItem() if body.path(each.instr.obj) in paths:
                elements.append((each.instr.src, True))
    if literal == 1 and len(elements) == 1:
        return  # a network hidden from parameters() on purpose
    for reg, _ in elements:
        what = _unregistered(body, reg)
        if what:
            yield _fact(instr.at, what, instr.name)
            return


def _made_elsewhere(body: Body, instr: ir.SetAttr) -> Iterator[Evidence]:
    """A list of layers that a function of the project makes."""
    assert body.owner is not None
    shape = body.analyzer.class_shape(*body.owner).children.get(instr.name)
    for key, child in shape.children.items() if shape is not None else ():
        if not isinstance(key, str) or not key.startswith("[") or child.value.doubt:
            continue
        if any(has_parameters(body.analyzer, ref) for ref in child.value.refs):
            yield _fact(instr.at, "layers", instr.name)
            return


def _unregistered(body: Body, reg: int) -> str:
    value = body.value(reg)
    source = _origin(body, reg)
    if source is None:
        return ""
    if value.mark & LEAF and _is_parameter(source):
        what = "parameters"
    elif (source.classes or source.names) and any(has_parameters(body.analyzer, ref) for ref in value.refs):
        if source.functions and not source.classes:
            return ""
        what = "layers"
    else:
        return ""
    holders = [reg]
    site = body.producer.get(reg)
    if site is not None and isinstance(site.instr, ir.Load):
        name = site.instr.name
        holders += [
            each.instr.dst for each in body.of(ir.Load) if isinstance(each.instr, ir.Load) and each.instr.name == name
        ]
    holders.append(source.dst)
    for holder in holders:
        for use in body.uses.get(holder, ()):
            if isinstance(use.instr, ir.SetAttr):
                return ""
            if isinstance(use.instr, (ir.Call, ir.CallMethod)) and body.call_of[use.instr.dst].method in REGISTERS:
                return ""
    return what


def _moves(body: Body) -> Iterator[Evidence]:
    receiver = body.fn.params[0].name
    for call in body.calls:
        path = body.path(call.receiver) if call.receiver >= 0 and call.method in MOVES else ""
        if path.startswith(f"{receiver}.") and path.count(".") == 1:
            yield _fact(call.at, "moved", path.partition(".")[2])
        elif call.method in ("type_as", "to"):
            continue
    if body.fn.name in ("_apply", "to", "cuda"):
        yield _fact(body.fn.name_at, "moved", "*")
