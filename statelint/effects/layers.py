"""Instances of library classes: layers, containers of layers, optimizers, generators."""

from __future__ import annotations

import re

import msgspec

from statelint.effects import fields, training
from statelint.effects.facts import Span
from statelint.effects.frame import Frame
from statelint.effects.library import KIND_OF_TYPE, bind, instance
from statelint.effects.state import State
from statelint.effects.value import (
    ABSENT,
    CERTAINLY,
    FUNCTION,
    ITERATOR,
    LEAF,
    LIST,
    NONE,
    NUMBER,
    OBJECT,
    PLAIN,
    TENSOR,
    TEXT,
    TUPLE,
    UNKNOWN,
    BoundRef,
    InstRef,
    LibInst,
    Value,
)
from statelint.effects.writes import effective
from statelint.storage import ALL

RECURRENT = frozenset(("torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"))
"""Layers whose parameters have names by number: in their rows ``self`` stands for them."""
_RECURRENT_PARAMETER = re.compile(r"(weight|bias)_(ih|hh|hr)_l\d+(_reverse)?")
LAYER_LISTS = frozenset(
    (
        "torch.nn.Sequential",
        "torch.nn.ModuleList",
        "torch.nn.ModuleDict",
        "torch.nn.ParameterList",
        "torch.nn.ParameterDict",
        "keras.Sequential",
    )
)


def construct(
    frame: Frame, state: State, name: str, args: tuple[Value, ...], starred: int,
    keywords: tuple[tuple[str | None, Value], ...], at: Span,
) -> Value:  # fmt: skip
    """An instance of a library's class; its constant arguments are kept, a container's elements are its fields."""
    model = frame.analyzer.models.class_(name)
    canonical = model.name if model is not None else name
    options: dict[str, object] = {}
    if model is not None and model.init is not None:
        for parameter in model.init.params or ():
            if parameter.default in ("True", "False", "None"):
                options[parameter.name] = {"True": True, "False": False, "None": None}[parameter.default]
        bound = bind(model.init, (Value(OBJECT), *args), starred, keywords)
    else:
        bound = {str(k): v for k, v in keywords if k is not None}
    for key, value in bound.items():
        if key != "self":
            options[key] = value.const if isinstance(value.const, (bool, type(None), str, int, float)) else "?"
    options = {k: v for k, v in options.items() if not k.startswith("*")}
    given = None
    if model is not None and model.kind == "optimizer":
        given = args[0] if args else dict(keywords).get("params")
        owned = training.ownership(frame, state, given) if given is not None else ()
        if owned:
            options[training.OWNS] = owned
    sid = frame.new(at, "instance")
    deps = 0
    hist = grad = 0
    for value in (*args, *(v for _, v in keywords)):
        h, g, d = effective(state, value)
        hist, grad, deps = hist | h, grad | g, deps | d
    if state.no_grad or not canonical.startswith("torch.distributions."):
        hist = grad = 0  # only a distribution hands on the graphs of what it is made from
    if canonical in LAYER_LISTS:
        _fill(frame, state, sid, args, starred, at)
    elif given is not None:
        state.fields[(sid, "params")] = given
        for place in training.owned(frame, state, Value(OBJECT, frozenset(((sid, ALL),)))):
            frame.owners.setdefault(place, {})[sid] = None
            frame.labels[place] = frame.name_of(state, frame.storages[place].base)
    made = instance(frame.analyzer.models, canonical, sid, tuple(sorted(options.items(), key=str)))
    return msgspec.structs.replace(made, deps=deps, grad=grad, hist=hist)


def _fill(frame: Frame, state: State, sid: int, args: tuple[Value, ...], starred: int, at: Span) -> None:
    if starred or (len(args) == 1 and args[0].kind & (LIST | UNKNOWN | 128 | 256) and not args[0].kind & OBJECT):
        source = args[0]
        if source.items is not None:
            for i, item in enumerate(source.items):
                state.fields[(sid, fields.key_text(i))] = item
            return
        copied = False
        for owner, _ in source.views:
            for key, value in state.fields.of(owner).items():
                if isinstance(key, str) and key.startswith("["):
                    state.fields[(sid, key)] = value
                    copied = True
        if not copied or any(frame.outside(o) for o, _ in source.views):
            state.fields[(sid, fields.ANY)] = fields.element(frame, state, source, at)
        return
    for i, item in enumerate(args):
        state.fields[(sid, fields.key_text(i))] = item


def layer_elements(frame: Frame, state: State, obj: Value) -> list[Value]:
    """The layers of a container, in order where that is known."""
    found: list[tuple[int, Value]] = []
    anything: list[Value] = []
    for sid, _ in obj.views:
        keys = {k for k in state.fields.of(sid) if isinstance(k, str) and k.startswith("[")}
        shape = frame.shapes.get(sid)
        if shape is not None:
            keys |= {k for k in shape.children if isinstance(k, str) and k.startswith("[")}
        for key in keys:
            value = fields.read(frame, state, sid, key)
            inner = key[1:-1]
            if inner.isdigit():
                found.append((int(inner), value))
            else:
                anything.append(value)
    found.sort(key=lambda pair: pair[0])
    return [v for _, v in found] + anything


def in_order(frame: Frame, state: State, obj: Value) -> bool:
    """Whether each layer of a container is known by its place."""
    for sid, _ in obj.views:
        shape = frame.shapes.get(sid)
        if fields.ANY in state.fields.of(sid) or (shape is not None and fields.ANY in shape.children):
            return False
    return True


def instance_attribute(frame: Frame, state: State, obj: Value, ref: LibInst, name: str, at: Span) -> Value | None:
    """An attribute of an instance of a library's class."""
    for sid, _ in obj.views:
        if (sid, name) in state.fields:
            value = state.fields[(sid, name)]
            fields.observe(frame, sid, name, at, value)
            return value
    models = frame.analyzer.models
    model = models.class_(ref.name)
    if model is None:
        return None
    if name in model.parameters or (ref.name in RECURRENT and _RECURRENT_PARAMETER.fullmatch(name)):
        return _tensor_field(frame, obj, name, CERTAINLY, LEAF)
    if name in model.buffers:
        return _tensor_field(frame, obj, name, 0, 0)
    typed = models.attribute(ref.name, name)
    if typed is not None:
        kind = KIND_OF_TYPE.get(typed, OBJECT)
        if kind & (NUMBER | PLAIN):
            return Value(kind)
        return Value(kind, _places(frame, obj, name))
    if models.method(ref.name, name) is not None:
        return Value(FUNCTION, refs=(BoundRef(obj, name),))
    return None


def _tensor_field(frame: Frame, obj: Value, name: str, grad: int, mark: int) -> Value:
    return Value(TENSOR, _places(frame, obj, name), ABSENT, (), None, 0, grad, 0, obj.doubt, mark)


def _places(frame: Frame, obj: Value, name: str) -> frozenset[tuple[int, tuple[()]]]:
    return frozenset((frame.field(sid, name), ()) for sid, _ in obj.views)


def inherited_attribute(frame: Frame, state: State, obj: Value, ref: InstRef, name: str, at: Span) -> Value | None:
    """An attribute that a project's class has from a library class it extends."""
    models = frame.analyzer.models
    for base in frame.analyzer.symbols.library_bases(ref.module, ref.qualname):
        if models.method(base, name) is not None:
            return Value(FUNCTION, refs=(BoundRef(obj, name),))
        typed = models.attribute(base, name)
        if typed is not None:
            kind = KIND_OF_TYPE.get(typed, OBJECT)
            if name == "training" or kind & (NUMBER | PLAIN):
                place = next(iter(obj.views), (0, ()))[0]
                return Value(kind, deps=frame.origin(frame.field(place, name)) if place else 0)
            return Value(kind, _places(frame, obj, name))
    return None


def instance_item(frame: Frame, state: State, obj: Value, ref: LibInst, index: Value, at: Span) -> Value | None:
    """``layers[i]``."""
    if ref.name not in LAYER_LISTS:
        return None
    elements = layer_elements(frame, state, obj)
    const = index.const
    if isinstance(const, int) and -len(elements) <= const < len(elements):
        return elements[const]
    return fields.element(frame, state, obj, at)


def register(frame: Frame, state: State, method: str, bound: dict[str, Value], at: Span) -> None:
    """``module.register_buffer(name, tensor)`` and its like: an attribute by a name given as a string."""
    owner, name = bound.get("self"), bound.get("name")
    value = next((bound[k] for k in ("tensor", "param", "module") if k in bound), None)
    if owner is None or name is None or value is None or not isinstance(name.const, str):
        return
    if method == "register_buffer" and value.kind & ~NONE:
        value = Value(TENSOR, value.views or frozenset(((frame.new(at, "buffer"), ALL),)), ABSENT, (), None, value.deps)
    fields.assign(frame, state, owner, name.const, value)


def parameters_of(frame: Frame, state: State, obj: Value | None, at: Span, *, named: bool) -> Value:
    """``module.parameters()``: leaves that need a gradient, all of them one storage below the module."""
    sid = frame.new(at, "parameters")
    places = _places(frame, obj, training.PARAMETERS) if obj is not None else frozenset()
    leaf = Value(TENSOR, places or frozenset(((sid, ALL),)), grad=CERTAINLY, mark=LEAF, doubt=0)
    item = Value(TUPLE, items=(Value(TEXT), leaf)) if named else leaf
    state.fields[(sid, fields.ANY)] = item
    return Value(ITERATOR, frozenset(((sid, ALL),)))
