"""Calls: by what the called value may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from statelint.effects import fields, gradients, layers, members, recency, training
from statelint.effects.facts import Root, Span
from statelint.effects.frame import Frame
from statelint.effects.instances import instance_of
from statelint.effects.library import bind
from statelint.effects.state import State, join_states
from statelint.effects.value import (
    ABSENT,
    ARRAY,
    CLASS,
    DETACHED,
    DICT,
    FUNCTION,
    JAX,
    KEY,
    LEAF,
    NDARRAY,
    NONE,
    NOTHING,
    NUMBER,
    OBJECT,
    SCALAR,
    TENSOR,
    TUPLE,
    UNKNOWN,
    BoundRef,
    ClassRef,
    FuncRef,
    InstRef,
    LibInst,
    LibRef,
    ModRef,
    PartialRef,
    Ref,
    Value,
    View,
    WrapRef,
    constant,
    join,
    join_all,
    only,
    unsure,
)
from statelint.effects.writes import effective, kind_of
from statelint.ir.nodes import CallMethod
from statelint.models.record import FunctionModel
from statelint.storage import ALL

Arguments = tuple[Value, ...]
Keywords = tuple[tuple[str | None, Value], ...]

NN_MODULE = "torch.nn.Module"
CALL_METHODS = ("__call__", "forward", "call")
SHARED_METHODS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "clear",
        "index",
        "count",
        "sort",
        "reverse",
        "copy",
        "update",
        "keys",
        "values",
        "items",
        "get",
        "setdefault",
        "add",
        "discard",
        "union",
        "split",
        "join",
        "strip",
        "replace",
        "format",
        "read",
        "write",
        "close",
        "send",
        "step",
        "reset",
        "sample",
        "predict",
        "fit",
        "act",
        "forward",
        "size",
        "render",
        "train",
        "eval",
        "parameters",
        "state_dict",
        "load_state_dict",
        "to",
        "cpu",
        "cuda",
        "type",
        "apply",
        "max",
        "min",
        "sum",
        "mean",
        "all",
        "any",
    ]
)
"""Method names that do not tell an array from other things."""


def call(frame: Frame, state: State, func: Value, args: Arguments, starred: int, keywords: Keywords, at: Span) -> Value:
    """``func(*args, **keywords)``."""
    if not func.refs:
        return unknown_call(frame, state, func, args, keywords, at)
    if len(func.refs) == 1:
        result = _call_ref(frame, state, func, func.refs[0], args, starred, keywords, at)
    else:
        result = _alternatives(
            frame, state, func.refs, lambda side, ref: _call_ref(frame, side, func, ref, args, starred, keywords, at)
        ) or Value(UNKNOWN)
    return unsure(result, func.doubt)


def _alternatives(
    frame: Frame, state: State, refs: tuple[Ref, ...], run: Callable[[State, Ref], Value | None]
) -> Value | None:
    """One of several targets is called, each from the same state: which of them depends on something that is not known
    here, so what each does is not certain. None if ``run`` finds nothing for any of them."""
    frame.ambiguity += 2
    results: list[Value] = []
    end: State | None = None
    for ref in refs:
        side = state.copy()
        made = run(side, ref)
        if made is not None:
            results.append(made)
            if end is not None and frame.consumptions:
                frame.analyzer.keys.keep_apart(frame, end, side)
            end = join_states(end, side, lambda field: fields.initial_of_field(frame, field))
    frame.ambiguity -= 2
    if end is not None:
        state.become(end)
    joined = join_all(results)
    if joined is not None and any(r.views != joined.views for r in results):
        return unsure(joined, 2)
    return joined


def _call_ref(
    frame: Frame, state: State, func: Value, ref: Ref, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    if isinstance(ref, FuncRef):
        return frame.analyzer.call_function(
            frame, state, ref, args, keywords, at, starred=starred, given=_given(frame, func)
        )
    if isinstance(ref, LibRef):
        return call_library(frame, state, ref.name, args, starred, keywords, at)
    if isinstance(ref, ClassRef):
        return construct(frame, state, ref, args, starred, keywords, at)
    if isinstance(ref, InstRef):
        return call_instance(frame, state, func, ref, args, starred, keywords, at)
    if isinstance(ref, LibInst):
        return call_layer(frame, state, func, ref, args, starred, keywords, at)
    if isinstance(ref, BoundRef):
        return call_method(frame, state, ref.receiver, ref.name, args, starred, keywords, at)
    if isinstance(ref, PartialRef):
        merged = dict(ref.keywords)
        merged.update({k: v for k, v in keywords if k is not None})
        return call(frame, state, ref.func, ref.args + args, starred << len(ref.args), tuple(merged.items()), at)
    if isinstance(ref, WrapRef):
        return _call_wrapped(frame, state, ref, args, starred, keywords, at)
    return unknown_call(frame, state, func, args, keywords, at)


def _given(frame: Frame, func: Value) -> bool:
    """Whether a function came in from outside: as an argument, or as an argument of the function that defines this
    one."""
    for sid in frame.origin_sids(func.deps):
        root, first = frame.root(sid), frame.storages[sid]
        if root.kind == "param" and not frame.is_receiver(str(root.key)):
            return True
        if root.kind == "free" and first.kind == "field":
            outer = frame.analyzer.symbols.function(frame.module, frame.fn.parent)
            if outer is not None and any(p.name == first.key for p in outer.params):
                return True
    return False


def _call_wrapped(
    frame: Frame, state: State, ref: WrapRef, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    before = state.no_grad
    if ref.kind in ("no_grad", "inference_mode"):
        state.no_grad = True
    if ref.kind in ("vmap", "pmap"):
        result = _mapped(frame, state, ref, args, starred, keywords, at)
    else:
        result = call(frame, state, ref.func, args, starred, keywords, at)
    state.no_grad = before
    if ref.kind == "grad":
        deps = effective(state, result)[2]
        sid = frame.new(at, "gradient")
        gradient = Value(JAX, frozenset(((sid, ALL),)), deps=deps)
        options = dict(ref.options)
        if options.get("value_and_grad"):
            return Value(TUPLE, items=(result, gradient), deps=deps)
        if options.get("has_aux"):
            return Value(TUPLE, items=(gradient, result), deps=deps)
        return Value(
            UNKNOWN if "torch" in frame.analyzer.dialects(frame.module) else JAX, frozenset(((sid, ALL),)), deps=deps
        )
    if ref.kind == "contextmanager":
        return Value(OBJECT, deps=result.deps)
    return result


def _mapped(
    frame: Frame, state: State, ref: WrapRef, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    """One call for each row: rows of keys are different keys, what the function captures or all rows share is the
    same."""
    func = ref.func
    axes = dict(ref.options).get("in_axes", 0)
    rows = [a for i, a in enumerate(args) if (axes[i] if isinstance(axes, tuple) and i < len(axes) else 0) is not None]
    shared = len(rows) < len(args)
    captures = any(isinstance(r, (FuncRef, BoundRef, PartialRef)) for r in func.refs)
    result: Value | None = None
    marks = recency.mark(frame, at)
    taken: set[View] = set()
    for value in (*rows, *(v for _, v in keywords)):
        taken |= fields.leaves(state, value)
    frame.mapped.append((frozenset(taken), frame.row(at)))
    turns = 2 if captures or shared else 1
    for turn in range(turns):
        if turn:
            recency.age(frame, state, marks)
            frame.loops.append(at)
        made = call(frame, state, func, args, starred, keywords, at)
        result = made if result is None else join(recency.refreshed(frame, result, marks), made)
    recency.close(frame, marks)
    frame.mapped.pop()
    if turns > 1:
        frame.loops.pop()
    assert result is not None
    return result


def unknown_call(
    frame: Frame, state: State, func: Value, args: Arguments, keywords: Keywords, at: Span, method: str = ""
) -> Value:
    """A call of something unknown (or of its ``method``): something new, computed from everything passed."""
    hist, grad, deps = func.hist, func.grad, func.deps
    if func.views:
        hist |= training.forward(frame, state, func, at, method)
    if frame.owners and training.concerned(frame, (*args, *(v for _, v in keywords))):
        gradients.zeroed(frame, state, list(frame.owners))
    scalar = True
    for value in (*args, *(v for _, v in keywords)):
        h, g, d = effective(state, value)
        if value.kind & ~SCALAR:
            scalar = False
        hist, grad, deps = hist | h, grad | g, deps | d
    if state.no_grad:
        hist = grad = 0
    if func.kind & UNKNOWN:
        frame.analyzer.keys.passed(frame, state, args, keywords, at, _called(frame))
    kind = UNKNOWN
    if scalar and func.kind & ~UNKNOWN and not func.views:
        kind = UNKNOWN
    return Value(kind, frozenset(((frame.new(at, "call"), ALL),)), ABSENT, (), None, deps, grad, hist, func.doubt)


def _called(frame: Frame) -> str:
    """What the current call calls, as far as it has a name."""
    instr = frame.instr
    return instr.name if isinstance(instr, CallMethod) else "a call"


def call_library(
    frame: Frame, state: State, name: str, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    """A call of a library's function or class."""
    analyzer = frame.analyzer
    special = SPECIAL.get(name)
    if special is not None:
        found = special(frame, state, args, keywords, at)
        if found is not None:
            return found
    model = analyzer.models.function(name)
    if model is None:
        if analyzer.models.class_(name) is not None or name.rpartition(".")[2][:1].isupper():
            return layers.construct(frame, state, name, args, starred, keywords, at)
        return unknown_call(frame, state, Value(FUNCTION), args, keywords, at)
    return apply_function(frame, state, model, bind(model, args, starred, keywords), at, name)


def apply_function(
    frame: Frame, state: State, model: FunctionModel, bound: dict[str, Value], at: Span, name: str
) -> Value:
    """A row with its higher-order part: the functions it invokes, transforms or runs in a region."""
    if name.endswith((".parameters", ".named_parameters")):
        return layers.parameters_of(frame, state, bound.get("self"), at, named=name.endswith("named_parameters"))
    if name.rpartition(".")[2] in ("register_buffer", "register_parameter", "add_module", "register_module"):
        layers.register(frame, state, name.rpartition(".")[2], bound, at)
    results: dict[str, Value] = {}
    for region in model.regions:
        target = bound.get(region.param)
        if target is not None:
            note_roots(frame, target, region.kind, name, at, bound)
    if model.context and not model.regions and not model.mutates:
        return context_value(frame, model, bound, at)
    if model.invokes:
        exclusive = bool(model.regions) and model.regions[0].kind == "cond"
        before, after = state.consumed, state.consumed
        for invocation in model.invokes:
            func = bound.get(invocation.function)
            if func is None or (invocation.function in results and "result" in invocation.arguments):
                continue  # what a turn hands to the next one is followed by the repetition itself
            if func.items is not None:
                branches = func.items
            elif func.views and not func.refs:
                branches = (fields.element(frame, state, func, at),)
            else:
                branches = (func,)
            for branch in branches:
                if not branch.refs:
                    continue
                if exclusive:
                    state.consumed = dict(before)
                kind = model.regions[0].kind if model.regions else ""
                results[invocation.function] = _invoke(
                    frame,
                    state,
                    branch,
                    invocation.arguments,
                    kind if invocation.repeated else None,
                    bound,
                    results,
                    at,
                )
                if exclusive:
                    after = _merged(after, state.consumed)
        if exclusive:
            state.consumed = after
    elif model.regions:
        wrapped = _transformed(frame, state, model, bound, at, name)
        if wrapped is not None:
            return wrapped
    return frame.analyzer.library.apply(frame, state, model, bound, at, name, results)


def _merged(a: dict[int, frozenset[int]], b: dict[int, frozenset[int]]) -> dict[int, frozenset[int]]:
    """What either of two branches consumed."""
    return {sid: a.get(sid, frozenset()) | b.get(sid, frozenset()) for sid in {**a, **b}}


def _invoke(
    frame: Frame, state: State, func: Value, specs: tuple[str, ...], repeated: str | None, bound: dict[str, Value],
    results: dict[str, Value], at: Span,
) -> Value:  # fmt: skip
    rowed = repeated in ("scan", "loop", "vmap")

    def arguments() -> tuple[Value, ...]:
        args: list[Value] = []
        for spec in specs:
            if spec.startswith("*"):
                rest = [v for k, v in bound.items() if k.startswith("*") and k != "**"]
                args.extend(rest)
            elif spec.endswith("[*]"):
                source = bound.get(spec[:-3])
                if rowed and source is not None and source.kind != NONE:
                    args.append(source)
                    continue
                args.append(
                    fields.element(frame, state, source, at)
                    if source is not None and source.kind != 32
                    else Value(UNKNOWN)
                )
            elif spec == "result":
                previous = next(reversed(results.values()), None)
                args.append(previous if previous is not None else Value(UNKNOWN))
            else:
                found = bound.get(spec)
                args.append(found if found is not None else Value(UNKNOWN, frozenset(((frame.new(at, spec), ALL),))))
        return tuple(args)

    keywords = tuple((k, v) for k, v in bound.items() if "*" not in k and k not in specs) if "**" in specs else ()
    marks = recency.mark(frame, at)
    if rowed:
        sources = [bound[s[:-3]] for s in specs if s.endswith("[*]") and s[:-3] in bound]
        taken: frozenset[View] = frozenset().union(*(fields.leaves(state, v) for v in sources))
        frame.mapped.append((taken, frame.row(at)))
    result = call(frame, state, func, arguments(), 0, keywords, at)
    if repeated is None:
        return result
    recency.age(frame, state, marks)
    carried = next((s for s in specs if s in bound and not s.endswith("[*]")), None)
    if carried is not None and repeated in ("scan", "loop"):
        # The next turn gets what this one returns: a scan's carry is the first of a pair.
        carry = result.items[0] if repeated == "scan" and result.items else result
        bound = {**bound, carried: recency.refreshed(frame, carry, marks)}
    frame.loops.append(at)
    second = call(frame, state, func, arguments(), 0, keywords, at)
    frame.loops.pop()
    if rowed:
        frame.mapped.pop()
    # What a loop leaves is what its last turn made of the turn before.
    result = second if carried is not None else join(recency.refreshed(frame, result, marks), second)
    recency.close(frame, marks)
    return result.items[0] if repeated == "scan" and result.items else result


def _transformed(
    frame: Frame, state: State, model: FunctionModel, bound: dict[str, Value], at: Span, name: str
) -> Value | None:
    region = model.regions[0]
    target = bound.get(region.param)
    if target is None:
        # A decorator factory: `@jit(static_argnums=1)`.
        keywords = tuple((k, v) for k, v in bound.items() if "*" not in k)
        return Value(FUNCTION, refs=(PartialRef(Value(FUNCTION, refs=(LibRef(name),)), (), keywords),))
    if not target.refs and target.kind & ~(FUNCTION | UNKNOWN | OBJECT):
        return None
    short = name.rpartition(".")[2]
    options: list[tuple[str, object]] = []
    if "value_and_grad" in short:
        options.append(("value_and_grad", True))
    axes = bound.get("in_axes")
    if axes is not None and axes.items is not None and any(a.kind == NONE for a in axes.items):
        options.append(("in_axes", tuple(None if a.kind == NONE else 0 for a in axes.items)))
    for word in ("donate_argnums", "donate_argnames"):
        given = tuple(_constants(bound.get(word)))
        if given:
            options.append((word, given))
    aux = bound.get("has_aux")
    if aux is not None and aux.const is True:
        options.append(("has_aux", True))
    if short in ("vjp", "linearize", "jvp"):
        return None
    return Value(
        FUNCTION | (target.kind & OBJECT), target.views, refs=(WrapRef(region.kind, target, (), tuple(options)),)
    )


def _constants(value: Value | None) -> Iterable[str | int]:
    """The names or numbers in an option like ``static_argnums``."""
    if value is not None:
        for part in value.items if value.items is not None else (value,):
            if isinstance(part.const, (str, int)) and not isinstance(part.const, bool):
                yield part.const


def context_value(frame: Frame, model: FunctionModel, bound: dict[str, Value], at: Span) -> Value:
    """The result of ``torch.no_grad()`` and the like; used as a decorator, the function in that mode."""
    decorated = next((v for k, v in bound.items() if v.kind & FUNCTION and v.refs), None)
    if decorated is not None:
        return Value(FUNCTION, refs=(WrapRef(model.context, decorated),))
    mode = next((v.const for v in bound.values() if isinstance(v.const, bool)), None)
    options = (("mode", mode),) if mode is not None else ()
    return Value(
        OBJECT, frozenset(((frame.new(at, "context"), ALL),)), refs=(LibInst(f"context:{model.context}", options),)
    )


def note_roots(frame: Frame, target: Value, kind: str, via: str, at: Span, bound: dict[str, Value]) -> None:
    """Record that the functions behind ``target`` are differentiated or traced."""
    static: list[str] = []
    for name in ("static_argnums", "static_argnames", "nondiff_argnums"):
        static.extend(str(part) for part in _constants(bound.get(name)))
    given = bound.get("argnums")
    argnums: tuple[str, ...] = ()
    if kind == "grad" and via.startswith("jax."):
        numbers = (given.items if given.items is not None else (given,)) if given is not None else (constant(0),)
        if all(isinstance(n.const, int) for n in numbers):
            argnums = tuple(str(n.const) for n in numbers)
    found = False
    for key in frame.analyzer.functions_behind(target):
        found = True
        frame.add(Root(at, kind, key, via, tuple(static), 0, argnums))
    if found or target.kind != UNKNOWN:
        return
    for sid, region in target.views:
        record = frame.storages[sid]
        if record.kind == "field" and isinstance(record.key, str) and not region:
            # A method of an unknown object: the only one of this name in the module.
            owner = frame.analyzer.symbols.sole_owner(frame.module, record.key)
            method = frame.analyzer.symbols.method(*owner, record.key) if owner is not None else None
            if method is not None:
                frame.add(Root(at, kind, method, via, tuple(static), 1, argnums))


def construct(
    frame: Frame, state: State, ref: ClassRef, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    """An instance of a project's class: a new storage on which ``__init__`` runs."""
    analyzer = frame.analyzer
    if analyzer.is_plain_enum(ref):
        return Value(OBJECT, refs=(InstRef(ref.module, ref.qualname),))
    sid = frame.new(at, "object")
    deps = 0
    for value in (*args, *(v for _, v in keywords)):
        deps |= effective(state, value)[2]
    state.fields.drop(sid)
    instance = Value(OBJECT, frozenset(((sid, ALL),)), refs=(InstRef(ref.module, ref.qualname),), deps=deps)
    method = analyzer.symbols.method(ref.module, ref.qualname, "__init__")
    if method is not None:
        analyzer.call_function(
            frame, state, FuncRef(*method), (instance, *args), keywords, at, starred=starred << 1,
            receiver=InstRef(ref.module, ref.qualname),
        )  # fmt: skip
    else:
        names = analyzer.dataclass_fields(ref.module, ref.qualname)
        for name, value in zip(names, args, strict=False):
            state.fields[(sid, name)] = value
        for keyword, value in keywords:
            if keyword is not None:
                state.fields[(sid, keyword)] = value
    return instance


def call_instance(
    frame: Frame, state: State, obj: Value, ref: InstRef, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    """``instance(...)``: its ``__call__``, or ``forward``/``call`` for a layer."""
    symbols = frame.analyzer.symbols
    for name in CALL_METHODS:
        method = symbols.method(ref.module, ref.qualname, name)
        if method is None:
            continue
        if name == "forward" and not frame.analyzer.is_layer(ref.module, ref.qualname):
            continue
        return frame.analyzer.call_function(
            frame, state, FuncRef(*method), (obj, *args), keywords, at, starred=starred << 1, receiver=ref
        )
    for base in symbols.library_bases(ref.module, ref.qualname):
        model = frame.analyzer.models.class_(base)
        if base in layers.LAYER_LISTS:
            return _run_sequence(frame, state, obj, args, at)
        if model is not None and model.call is not None:
            return _apply_layer(frame, state, obj, model.call, {}, model.parameters, args, starred, keywords, at, base)
    return unknown_call(frame, state, obj, args, keywords, at)


def call_layer(
    frame: Frame, state: State, obj: Value, ref: LibInst, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    """Calling an instance of a library's class."""
    if ref.name.startswith("context:"):
        if args and args[0].refs:
            return Value(FUNCTION, refs=(WrapRef(ref.name[8:], args[0]),))
        return NOTHING
    if ref.name == "torch.nn.Sequential":
        return _run_sequence(frame, state, obj, args, at)
    model = frame.analyzer.models.class_(ref.name)
    if model is None or model.call is None:
        return unknown_call(frame, state, obj, args, keywords, at)
    return _apply_layer(
        frame, state, obj, model.call, dict(ref.options), model.parameters, args, starred, keywords, at, ref.name
    )


def _run_sequence(frame: Frame, state: State, obj: Value, args: Arguments, at: Span) -> Value:
    elements = layers.layer_elements(frame, state, obj)
    current: Value = args[0] if args else Value(UNKNOWN)
    if not elements:
        return unknown_call(frame, state, obj, args, (), at)
    if not layers.in_order(frame, state, obj):
        # Which of them comes last is not known: what one of them saved may be any of theirs.
        frame.ambiguity += 2
        current = _run_layers(frame, state, elements, current, at)
        frame.ambiguity -= 2
        return current
    return _run_layers(frame, state, elements, current, at)


def _run_layers(frame: Frame, state: State, elements: list[Value], current: Value, at: Span) -> Value:
    for number, layer in enumerate(elements[:24]):
        # Each layer runs as a site of its own, so that their results are different storages.
        outer, frame.site = frame.site, (frame.site, number)
        current = call(frame, state, layer, (current,), 0, (), at)
        frame.site = outer
    return current


def _apply_layer(
    frame: Frame, state: State, obj: Value, model: FunctionModel, options: dict[str, object], parameters: tuple[str,
    ...],
    args: Arguments, starred: int, keywords: Keywords, at: Span, name: str,
) -> Value:  # fmt: skip
    bound = bind(model, (obj, *args), starred << 1, keywords)
    for key, option in options.items():
        if key not in bound:
            bound[key] = Value(NUMBER, doubt=1) if option == "?" else constant(option)
    for parameter in parameters:
        if parameter not in bound:
            bound[parameter] = layers._tensor_field(frame, Value(OBJECT, obj.views), parameter, 1, 0)
    if name in layers.RECURRENT:
        bound["self"] = layers._tensor_field(frame, Value(OBJECT, obj.views), training.PARAMETERS, 1, 0)
    first = next((v for k, v in bound.items() if k not in ("self", *options, *parameters)), None)
    if first is not None and first.kind & UNKNOWN and name.startswith("torch."):
        for sid, _ in first.views:
            frame.evidence.setdefault(sid, TENSOR)
    if obj.doubt:
        bound["self"] = obj
    return apply_function(frame, state, model, bound, at, name)


def call_method(
    frame: Frame, state: State, obj: Value, name: str, args: Arguments, starred: int, keywords: Keywords, at: Span
) -> Value:
    """``obj.name(...)``."""
    found: Value | None = None
    if len(obj.refs) == 1:
        found = _method_of_ref(frame, state, obj, obj.refs[0], name, args, starred, keywords, at)
    elif obj.refs:
        found = _alternatives(
            frame,
            state,
            obj.refs,
            lambda side, ref: _method_of_ref(frame, side, only(obj, ref), ref, name, args, starred, keywords, at),
        )
    if found is not None:
        return found
    kind = kind_of(frame, obj)
    word = members.type_word(kind)
    if name == "at" or (kind & JAX and name in ("set", "add", "multiply") and not word):
        return unknown_call(frame, state, obj, args, keywords, at)
    model = frame.analyzer.models.method(word, name) if word else None
    if model is None and not word:
        model = _guess(frame, obj, kind, name)
    if model is not None:
        bound = bind(model, (obj, *args), starred << 1, keywords)
        return apply_function(frame, state, model, bound, at, f"{model.name.rpartition('.')[0]}.{name}")
    if kind == UNKNOWN and not obj.refs and name not in SHARED_METHODS and name[:2] != "__":
        owner = frame.analyzer.symbols.sole_owner(frame.module, name)
        if owner is not None:
            return _guessed_receiver(frame, state, obj, InstRef(*owner), name, args, starred, keywords, at)
    if name in ("parameters", "named_parameters") and "torch" in frame.analyzer.dialects(frame.module):
        return layers.parameters_of(frame, state, obj, at, named=name == "named_parameters")
    if name == "zero_grad":
        gradients.zeroed(frame, state, list(frame.owners))
    if name == "backward" and args:
        frame.analyzer.hazards.consume(frame, state, args[0], at, "backward", not keywords)
    if any((sid, name) in state.fields for sid, _ in obj.views) or (kind & (UNKNOWN | OBJECT) and obj.views):
        member = members.get_attribute(frame, state, obj, name, at)
        if member.refs:
            return call(frame, state, member, args, starred, keywords, at)
        hist = effective(state, obj)[0] | training.forward(frame, state, obj, at, name)
        frame_origin_free = Value(UNKNOWN, deps=obj.deps | member.deps, grad=obj.grad | member.grad, hist=hist)
        return unknown_call(frame, state, frame_origin_free, args, keywords, at)
    return unknown_call(frame, state, obj, args, keywords, at, name)


def _guessed_receiver(
    frame: Frame, state: State, obj: Value, ref: InstRef, name: str, args: Arguments, starred: int, keywords: Keywords,
    at: Span,
) -> Value:  # fmt: skip
    """A method of an unknown receiver that only one class of the module has: what it does is likely, not certain."""
    analyzer = frame.analyzer
    method = analyzer.symbols.method(ref.module, ref.qualname, name)
    assert method is not None
    fn = analyzer.symbols.function(*method)
    if fn is None or set(fn.decorators) & {"property", "staticmethod", "classmethod", "cached_property"}:
        return unknown_call(frame, state, obj, args, keywords, at, name)
    receiver = Value(OBJECT, obj.views, refs=(ref,), deps=obj.deps, grad=obj.grad, doubt=1)
    frame.ambiguity += 2
    made = analyzer.call_function(
        frame, state, FuncRef(*method), (receiver, *args), keywords, at, starred=starred << 1, receiver=ref, given=True
    )
    frame.ambiguity -= 2
    return unsure(made, 1)


def _guess(frame: Frame, obj: Value, kind: int, name: str) -> FunctionModel | None:
    """The model of a method of an unknown receiver, where the name alone tells that it is an array."""
    analyzer = frame.analyzer
    dialects = analyzer.dialects(frame.module)
    candidates = []
    if kind & ARRAY:
        candidates = [w for bit, w in members.TYPE_WORDS.items() if kind & bit & (ARRAY | KEY)]
    elif kind & UNKNOWN and name not in SHARED_METHODS and not kind & OBJECT:
        if "torch" in dialects:
            candidates.append("tensor")
        elif "numpy" in dialects or "autograd" in dialects:
            candidates.append("ndarray")
    for word in candidates:
        model = analyzer.models.method(word, name)
        if model is not None:
            if kind & UNKNOWN:
                bit = TENSOR if word == "tensor" else NDARRAY if word == "ndarray" else JAX
                if name not in ("copy", "sum", "mean", "max", "min", "reshape", "astype"):
                    for sid, _ in obj.views:
                        frame.evidence.setdefault(sid, bit)
            return model
    return None


def _method_of_ref(
    frame: Frame,
    state: State,
    obj: Value,
    ref: Ref,
    name: str,
    args: Arguments,
    starred: int,
    keywords: Keywords,
    at: Span,
) -> Value | None:
    analyzer = frame.analyzer
    if isinstance(ref, InstRef):
        if not any((sid, name) in state.fields for sid, _ in obj.views):
            method = analyzer.symbols.method(ref.module, ref.qualname, name)
            if method is not None:
                fn = analyzer.symbols.function(*method)
                if fn is not None and not any(
                    d.rpartition(".")[2] in ("property", "cached_property") for d in fn.decorators
                ):
                    if "staticmethod" in fn.decorators:
                        return analyzer.call_function(
                            frame, state, FuncRef(*method), args, keywords, at, starred=starred
                        )
                    return analyzer.call_function(
                        frame, state, FuncRef(*method), (obj, *args), keywords, at, starred=starred << 1, receiver=ref
                    )
            for base in analyzer.symbols.library_bases(ref.module, ref.qualname):
                model = analyzer.models.method(base, name)
                if model is not None:
                    bound = bind(model, (obj, *args), starred << 1, keywords)
                    return apply_function(frame, state, model, bound, at, f"{base}.{name}")
        member: Value | None = members.get_attribute(frame, state, obj, name, at)
        assert member is not None
        return call(frame, state, member, args, starred, keywords, at)
    if isinstance(ref, LibRef):
        return call_library(frame, state, f"{ref.name}.{name}", args, starred, keywords, at)
    if isinstance(ref, (ModRef, ClassRef)):
        if (
            isinstance(ref, ClassRef)
            and name == "apply"
            and analyzer.symbols.method(ref.module, ref.qualname, "apply") is None
        ):
            method = analyzer.symbols.method(ref.module, ref.qualname, "forward")
            if method is not None:
                context = Value(
                    OBJECT,
                    frozenset(((frame.new(at, "ctx"), ALL),)),
                    refs=(LibInst("torch.autograd.function.FunctionCtx"),),
                )
                before = state.no_grad
                state.no_grad = True
                result = analyzer.call_function(
                    frame, state, FuncRef(*method), (context, *args), keywords, at, starred=starred << 1
                )
                state.no_grad = before
                hist = grad = 0
                for value in args:
                    h, g, _ = effective(state, value)
                    hist, grad = hist | h, grad | g
                return Value(result.kind, result.views, ABSENT, (), None, result.deps, grad, hist, result.doubt)
        if isinstance(ref, ClassRef):
            method = analyzer.symbols.method(ref.module, ref.qualname, name)
            fn = analyzer.symbols.function(*method) if method is not None else None
            if method is not None and fn is not None and "classmethod" in fn.decorators:
                return analyzer.call_function(
                    frame, state, FuncRef(*method), (obj, *args), keywords, at, starred=starred << 1,
                    receiver=InstRef(ref.module, ref.qualname),
                )  # fmt: skip
        member = (
            members.get_attribute(frame, state, obj, name, at)
            if isinstance(ref, ClassRef)
            else analyzer.module_member(frame, state, ref.module, name, at)
        )
        if member is not None:
            return call(frame, state, member, args, starred, keywords, at)
        return None
    if isinstance(ref, LibInst):
        if ref.name == "super":
            return _super_method(frame, state, obj, dict(ref.options), name, args, starred, keywords, at)
        model = analyzer.models.method(ref.name, name)
        if model is not None:
            bound = bind(model, (obj, *args), starred << 1, keywords)
            return apply_function(frame, state, model, bound, at, f"{ref.name}.{name}")
        member = layers.instance_attribute(frame, state, obj, ref, name, at)
        if member is not None and member.refs:
            return call(frame, state, member, args, starred, keywords, at)
        return None
    if isinstance(ref, (WrapRef, FuncRef, PartialRef, BoundRef)):
        if isinstance(ref, WrapRef):
            if name in ("defvjp", "defjvp", "def_fwd", "def_bwd"):
                for value in args:
                    note_roots(frame, value, "custom", name, at, {})
            elif name == "apply":
                return call(frame, state, ref.func, args, starred, keywords, at)
        return unknown_call(frame, state, Value(FUNCTION), args, keywords, at)
    return None


def _super_method(
    frame: Frame, state: State, obj: Value, options: dict[str, object], name: str, args: Arguments, starred: int,
    keywords: Keywords, at: Span,
) -> Value:  # fmt: skip
    analyzer = frame.analyzer
    module, qualname = str(options.get("module", "")), str(options.get("class", ""))
    receiver = InstRef(*frame.owner) if frame.owner is not None else InstRef(module, qualname)
    for symbol in analyzer.symbols.mro(module, qualname)[1:]:
        if symbol.kind == "class":
            ir = analyzer.symbols.class_(symbol.module, symbol.name)
            if ir is not None and name in ir.methods:
                return analyzer.call_function(
                    frame, state, FuncRef(symbol.module, ir.methods[name]), (Value(OBJECT, obj.views, refs=(receiver,)),
                    *args),
                    keywords, at, starred=starred << 1, receiver=receiver,
                )  # fmt: skip
        else:
            model = analyzer.models.method(symbol.name, name)
            if model is not None:
                bound = bind(model, (obj, *args), starred << 1, keywords)
                return apply_function(frame, state, model, bound, at, f"{symbol.name}.{name}")
    return unknown_call(frame, state, Value(UNKNOWN), args, keywords, at)


def _super(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if not frame.fn.class_qualname or not frame.fn.params:
        return None
    receiver = state.env.get(frame.fn.params[0].name)
    if receiver is None:
        return None
    options = (("class", frame.fn.class_qualname), ("module", frame.module))
    return Value(OBJECT, receiver.views, refs=(LibInst("super", options),))


def _range(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    deps = 0
    for value in args:
        deps |= value.deps
    known = [value.const for value in args if type(value.const) is int and not value.doubt]
    counted = range(*known) if 0 < len(known) == len(args) < 3 else range(0)  # no number is known: any
    return Value(1 << 15, const=counted, deps=deps)


def _isinstance(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    known = instance_of(frame.analyzer, args[0], args[1]) if len(args) == 2 and not keywords else None
    return Value(NUMBER) if known is None else Value(NUMBER, const=known)


def _partial(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if not args or not args[0].refs:
        return None
    return Value(FUNCTION, refs=(PartialRef(args[0], args[1:], tuple((k, v) for k, v in keywords if k is not None)),))


def _decorating(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if len(args) == 1 and args[0].refs:
        return args[0]
    return None


def _enumerate(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if not args:
        return None
    return fields.lazy(frame, state, (Value(NUMBER), args[0]), at)


def _zip(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    return fields.lazy(frame, state, args, at)


def _iter(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    return args[0] if len(args) == 1 and args[0].kind & ~OBJECT else None


def _next(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if not args:
        return None
    for ref in args[0].refs:
        if isinstance(ref, InstRef):
            return call_method(frame, state, args[0], "__next__", (), 0, (), at)
    found = fields.element(frame, state, args[0], at)
    if found.kind == KEY:
        # Every step of an iterator gives another key.
        return Value(KEY, frozenset(((frame.new(at, "next"), ALL),)), deps=found.deps)
    return found


def _dict(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if (args and not (len(args) == 1 and args[0].kind & DICT)) or (not args and any(k is None for k, _ in keywords)):
        return None
    sid = frame.new(at, "dict")
    state.fields.drop(sid)
    result = Value(DICT, frozenset(((sid, ALL),)))
    for source in (*args, *(v for k, v in keywords if k is None)):
        for origin, _ in source.views:
            for key, held in state.fields.of(origin).items():
                state.fields[(sid, key)] = held
        if frame.analyzer.outside_view(frame, source):
            fields.assign(frame, state, result, fields.ANY, fields.element(frame, state, source, at), weak=True)
    for name, value in keywords:
        if name is not None:
            state.fields[(sid, fields.key_text(name))] = value
    return result


def _context_manager(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if args and args[0].refs:
        return Value(FUNCTION, refs=(WrapRef("contextmanager", args[0]),))
    return None


def _setattr(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if len(args) == 3 and isinstance(args[1].const, str):
        members.set_attribute(frame, state, args[0], args[1].const, args[2], at, False)
    return NOTHING


def _getattr(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    if len(args) >= 2 and isinstance(args[1].const, str):
        found = members.get_attribute(frame, state, args[0], args[1].const, at)
        return join(found, args[2]) if len(args) == 3 else found
    return None


def _parameter(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    named = dict(keywords)
    data = args[0] if args else named.get("data")
    flag = args[1] if len(args) > 1 else named.get("requires_grad")
    views = data.views if data is not None and data.views else frozenset(((frame.new(at, "parameter"), ALL),))
    if flag is not None and flag.const is False:
        return Value(TENSOR, views)
    return Value(TENSOR, views, grad=1, mark=LEAF | DETACHED)


def _tree_map(frame: Frame, state: State, args: Arguments, keywords: Keywords, at: Span) -> Value | None:
    """Over a tuple of leaves: each result depends on its own leaf alone."""
    leaves = args[1].items if len(args) == 2 and args[0].refs else None
    if not leaves or len(leaves) > 4 or any(leaf.kind & ~(SCALAR | ARRAY | KEY | UNKNOWN) for leaf in leaves):
        return None
    made = []
    for number, leaf in enumerate(leaves):
        outer, frame.site = frame.site, (frame.site, number)
        made.append(call(frame, state, args[0], (leaf,), 0, (), at))
        frame.site = outer
    return Value(TUPLE, items=tuple(made))


SPECIAL = {
    "jax.tree.map": _tree_map,
    "jax.tree_map": _tree_map,
    "jax.tree_util.tree_map": _tree_map,
    "torch.nn.Parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "iter": _iter,
    "next": _next,
    "setattr": _setattr,
    "getattr": _getattr,
    "super": _super,
    "range": _range,
    "isinstance": _isinstance,
    "functools.partial": _partial,
    "enumerate": _enumerate,
    "zip": _zip,
    "dict": _dict,
    "functools.wraps": lambda frame, state, args, keywords, at: Value(FUNCTION, refs=(LibRef("statelint.identity"),)),
    "statelint.identity": _decorating,
    "property": _decorating,
    "staticmethod": _decorating,
    "classmethod": _decorating,
    "contextlib.contextmanager": _context_manager,
}

__all__ = ["CLASS", "apply_function", "call", "call_library", "call_method", "construct", "unknown_call"]
