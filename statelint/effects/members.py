"""Members of values: attributes, methods, properties, items, by what the value may be."""

from __future__ import annotations

from statelint.effects import fields, gradients, layers, leaves, writes
from statelint.effects.facts import Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import (
    ABSENT,
    ARRAY,
    CONTAINER,
    DICT,
    FUNCTION,
    IMMUTABLE,
    JAX,
    KEY,
    LIST,
    MODULE,
    NDARRAY,
    OBJECT,
    SET,
    TENSOR,
    TEXT,
    TF,
    TUPLE,
    UNKNOWN,
    BoundRef,
    ClassRef,
    FuncRef,
    InstRef,
    LibInst,
    LibRef,
    ModRef,
    Value,
    WrapRef,
    join_all,
    only,
)
from statelint.effects.writes import effective, kind_of
from statelint.storage import ALL

TYPE_WORDS = {
    TENSOR: "tensor",
    NDARRAY: "ndarray",
    JAX: "jax",
    TF: "tf",
    KEY: "key",
    LIST: "list",
    TUPLE: "tuple",
    DICT: "dict",
    SET: "set",
    TEXT: "str",
}
"""The models' word for a kind."""


def type_word(kind: int) -> str:
    """The models' word for a value's kind if it is one type only."""
    return TYPE_WORDS.get(kind & ~UNKNOWN, "")


def get_attribute(frame: Frame, state: State, obj: Value, name: str, at: Span) -> Value:
    """``obj.name``."""
    found: list[Value] = []
    for ref in obj.refs:
        value = _member_of_ref(frame, state, only(obj, ref), ref, name, at)
        if value is not None:
            found.append(value)
    if found:
        result = join_all(found)
        assert result is not None
        return result
    kind = kind_of(frame, obj)
    written = [state.fields[(sid, name)] for sid, _ in obj.views if (sid, name) in state.fields]
    if written:
        result = join_all(written)
        assert result is not None
        for sid, _ in obj.views:
            fields.observe(frame, sid, name, at, result)
        return result
    word = type_word(kind)
    if word:
        return frame.analyzer.library.attribute(frame, state, obj, word, name, at)
    if kind & UNKNOWN:
        value = frame.analyzer.library.guessed_attribute(frame, state, obj, name, at)
        if value is not None:
            return value
    values = [fields.read(frame, state, sid, name, at) for sid, _ in obj.views]
    result = join_all(values)
    if result is None:
        hist, grad, deps = effective(state, obj)
        return Value(UNKNOWN, deps=deps, grad=grad, hist=hist, doubt=obj.doubt)
    if obj.grad & ~result.grad and kind & UNKNOWN:
        return result
    return result


def _member_of_ref(frame: Frame, state: State, obj: Value, ref: object, name: str, at: Span) -> Value | None:
    analyzer = frame.analyzer
    if isinstance(ref, LibRef):
        return analyzer.imported(ref.name, name)  # a module of the project, if it is in a folder that is no package
    if isinstance(ref, ModRef):
        return analyzer.module_member(frame, state, ref.module, name, at)
    if isinstance(ref, InstRef):
        return instance_attribute(frame, state, obj, ref, name, at)
    if isinstance(ref, ClassRef):
        return _class_attribute(frame, state, ref, name, at)
    if isinstance(ref, LibInst):
        return layers.instance_attribute(frame, state, obj, ref, name, at)
    if isinstance(ref, (FuncRef, WrapRef)):
        if isinstance(ref, WrapRef) and name in ("defvjp", "defjvp", "defjvps", "def_fwd", "__wrapped__"):
            return Value(FUNCTION, refs=(BoundRef(obj, name),))
        sid = frame.storage("class", 0, ((getattr(ref, "module", ""), getattr(ref, "qualname", "")), name))
        held = state.fields.get((sid, name))
        return held if held is not None else Value(UNKNOWN, frozenset(((sid, ALL),)), doubt=1)
    return None


def instance_attribute(frame: Frame, state: State, obj: Value, ref: InstRef, name: str, at: Span) -> Value:
    """An attribute of an instance of a project's class: what was written, a method, a property, or what its class
    says."""
    analyzer = frame.analyzer
    written: list[Value] = []
    for sid, _ in obj.views:
        if (sid, name) in state.fields:
            value = state.fields[(sid, name)]
            fields.observe(frame, sid, name, at, value)
            written.append(value)
    if written and len(written) == len(obj.views):
        result = join_all(written)
        assert result is not None
        return result
    method = analyzer.symbols.method(ref.module, ref.qualname, name)
    if method is not None:
        fn = analyzer.symbols.function(*method)
        decorators = fn.decorators if fn is not None else ()
        if any(d.rpartition(".")[2] in ("property", "cached_property", "getter") for d in decorators):
            return analyzer.call_function(frame, state, FuncRef(*method), (obj,), (), at, receiver=ref)
        if "staticmethod" in decorators:
            return Value(FUNCTION, refs=(FuncRef(*method),))
        return Value(FUNCTION, refs=(BoundRef(obj, name),))
    shape = analyzer.class_shape(ref.module, ref.qualname)
    if not obj.views:
        child = shape.children.get(name)
        return child.value if child is not None else Value(UNKNOWN, doubt=1)
    values = []
    for sid, _ in obj.views:
        if sid not in frame.shapes:
            frame.shapes[sid] = shape
        if name not in frame.shapes[sid].children and (sid, name) not in state.fields:
            assigned = analyzer.class_value(ref.module, ref.qualname, name)
            if assigned is not None and (sid, name) not in state.fields:
                value = fields.rooted(frame, assigned, frame.field(sid, name)) if frame.outside(sid) else assigned
                frame.initials[(sid, name)] = value
                fields.observe(frame, sid, name, at, value)
                values.append(value)
                continue
            inherited = layers.inherited_attribute(frame, state, obj, ref, name, at)
            if inherited is not None:
                values.append(inherited)
                continue
        values.append(fields.read(frame, state, sid, name, at))
    result = join_all(values)
    assert result is not None
    return result


def _class_attribute(frame: Frame, state: State, ref: ClassRef, name: str, at: Span) -> Value | None:
    analyzer = frame.analyzer
    method = analyzer.symbols.method(ref.module, ref.qualname, name)
    if method is not None:
        fn = analyzer.symbols.function(*method)
        if fn is not None and "classmethod" in fn.decorators:
            return Value(FUNCTION, refs=(BoundRef(Value(1 << 12, refs=(ref,)), name),))
        return Value(FUNCTION, refs=(FuncRef(*method),))
    sid = frame.storage("class", 0, ((ref.module, ref.qualname), ref.qualname))
    held = state.fields.get((sid, name))
    if held is None:
        assigned = analyzer.class_value(ref.module, ref.qualname, name)
        if assigned is not None:
            held = fields.rooted(frame, assigned, frame.field(sid, name))
            frame.initials[(sid, name)] = held
    if held is not None:
        fields.observe(frame, sid, name, at, held)
        return held
    nested = analyzer.symbols.class_(ref.module, f"{ref.qualname}.{name}")
    if nested is not None:
        return Value(1 << 12, refs=(ClassRef(ref.module, nested.qualname),))
    for base in analyzer.symbols.library_bases(ref.module, ref.qualname):
        if "." in base and name in ("apply", "__init__", "__call__", "forward"):
            return (
                analyzer.library_name(f"{base}.{name}")
                if name != "apply"
                else Value(FUNCTION, refs=(BoundRef(Value(1 << 12, refs=(ref,)), "apply"),))
            )
    return Value(UNKNOWN, frozenset(((frame.field(sid, name), ALL),)), doubt=1)


def set_attribute(frame: Frame, state: State, obj: Value, name: str, value: Value, at: Span, augmented: bool) -> None:
    """``obj.name = value``: a property's setter, a tensor's ``data``, or a field."""
    kind = kind_of(frame, obj)
    if augmented and kind_of(frame, value) & (TENSOR | NDARRAY) and not kind_of(frame, value) & ~(TENSOR | NDARRAY):
        return  # the in-place operation wrote to the array that the attribute holds
    if kind & TENSOR and name == "data":
        target = frame.name_of_value(state, obj)
        writes.write(frame, state, obj, at, f"{target}.data = ...", f"{target}.data", "swapped", how="array")
        leaves.swap(frame, state, obj, at)
        return
    if kind & ARRAY and name in ("requires_grad", "grad"):
        if name == "grad":
            gradients.zeroed(frame, state, list(frame.owners))
        elif value.const is not True:
            frame.freezes = True
        if name == "requires_grad" and isinstance(value.const, bool):
            leaves.require(state, obj, value.const)
        return
    for ref in obj.refs:
        if isinstance(ref, InstRef):
            method = frame.analyzer.symbols.method(ref.module, ref.qualname, name)
            if method is not None and augmented is False:
                fn = frame.analyzer.symbols.function(*method)
                if fn is not None and any(d.endswith(".setter") for d in fn.decorators):
                    frame.analyzer.call_function(frame, state, FuncRef(*method), (obj, value), (), at, receiver=ref)
                    return
        if isinstance(ref, ModRef):
            sid = frame.storage("global", 0, (ref.module, name))
            writes.add_state_write(frame, state, sid, at, "=", "rebind", 0, 0, value, value.kind, reads_old=augmented)
            return
        if isinstance(ref, ClassRef):
            sid = frame.storage("class", 0, ((ref.module, ref.qualname), ref.qualname))
            owner = Value(OBJECT, frozenset(((sid, ALL),)))
            fields.set_attribute(frame, state, owner, name, value, at, "augmented" if augmented else "rebind")
            return
    fields.set_attribute(frame, state, obj, name, value, at, "augmented" if augmented else "rebind")


def get_item(frame: Frame, state: State, obj: Value, index: Value, at: Span) -> Value:
    """``obj[index]``, through ``__getitem__`` where a project's class defines it."""
    for ref in obj.refs:
        if isinstance(ref, InstRef):
            method = frame.analyzer.symbols.method(ref.module, ref.qualname, "__getitem__")
            if method is not None:
                return frame.analyzer.call_function(frame, state, FuncRef(*method), (obj, index), (), at, receiver=ref)
        if isinstance(ref, LibInst):
            found = layers.instance_item(frame, state, obj, ref, index, at)
            if found is not None:
                return found
        if isinstance(ref, LibRef):
            model = frame.analyzer.models.function(f"{ref.name}.__getitem__")
            if model is not None:
                return frame.analyzer.library.apply(frame, state, model, {"key": index}, at, ref.name)
    return fields.get_item(frame, state, obj, index, at)


def set_item(frame: Frame, state: State, obj: Value, index: Value, value: Value, at: Span, augmented: bool) -> None:
    """``obj[index] = value``."""
    for ref in obj.refs:
        if isinstance(ref, InstRef):
            method = frame.analyzer.symbols.method(ref.module, ref.qualname, "__setitem__")
            if method is not None:
                frame.analyzer.call_function(frame, state, FuncRef(*method), (obj, index, value), (), at, receiver=ref)
                return
    kind = kind_of(frame, obj)
    if kind & IMMUTABLE and not kind & (TENSOR | NDARRAY | UNKNOWN | CONTAINER):
        return
    target = frame.name_of_value(state, obj)
    text = f"{target}[...] = ..." if not augmented else f"{target}[...] augmented"
    array = kind & ARRAY or (kind & UNKNOWN and not isinstance(index.const, (str, bytes)))
    if kind & (CONTAINER | UNKNOWN | OBJECT) and not kind & ARRAY:
        const = index.const
        key: object = fields.key_text(const) if isinstance(const, (str, bytes, int)) else fields.ANY
        if not kind & UNKNOWN or isinstance(const, (str, bytes)):
            _, _, more = effective(state, index)
            hist, grad, deps = effective(state, value)
            if key == fields.ANY:
                value = frame.analyzer.retention.stored(frame, state, obj, value, at, target, "item", key)
            fields.assign(frame, state, obj, key, value)
            frame.analyzer.caches.store(frame, state, obj, index, value, at)
            if not augmented or kind & ~UNKNOWN:
                how = "augmented" if augmented else "item"
                writes.note(frame, state, obj, at, text, how, (hist, grad, deps | more), obj.doubt, value)
            return
        if key == fields.ANY and not kind & ~(UNKNOWN | CONTAINER):
            value = frame.analyzer.retention.stored(frame, state, obj, value, at, target, "item", key)
        fields.assign(frame, state, obj, key, value, weak=True)
    region, copied = fields.region_of(index)
    if not array or (augmented and kind & ARRAY and not copied):
        # `a[i] += v` on an array already wrote through the view that the in-place operation took, unless it took a
        # copy.
        return
    part = obj if copied else fields.view(frame, state, obj, region)
    mode = "no_grad" if state.no_grad else "recorded"
    hist, grad, deps = effective(state, value)
    if kind & UNKNOWN:
        frame.analyzer.caches.store(frame, state, obj, index, value, at)
    writes.write(
        frame, state, part, at, text, target, mode if not kind & NDARRAY or kind & TENSOR else "hidden",
        (hist, grad, deps), "item", 0, value,
    )  # fmt: skip
    if not copied:
        writes.elements_shared(frame, part, at, text, target, "copy_", 0)


def enter_context(frame: Frame, state: State, context: Value, at: Span) -> Value | None:
    """What ``with context as x`` binds."""
    for ref in context.refs:
        if isinstance(ref, InstRef):
            method = frame.analyzer.symbols.method(ref.module, ref.qualname, "__enter__")
            if method is not None:
                return frame.analyzer.call_function(frame, state, FuncRef(*method), (context,), (), at, receiver=ref)
    return None


__all__ = ["ABSENT", "MODULE", "get_attribute", "get_item", "set_attribute", "set_item", "type_word"]
