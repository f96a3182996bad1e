"""What each straight-line instruction does to the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from statelint.effects import fields, members, operators, retention, writes
from statelint.effects.calls import call, call_method
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import (
    ABSENT,
    ARRAY,
    CONTAINER,
    DICT,
    IMMUTABLE,
    ITERATOR,
    LIST,
    MASK,
    NDARRAY,
    NONE,
    NUMBER,
    OBJECT,
    PLAIN,
    SCALAR,
    SET,
    TENSOR,
    TEXT,
    TUPLE,
    UNKNOWN,
    FuncRef,
    LibInst,
    Value,
    constant,
    join_all,
)
from statelint.effects.writes import effective, kind_of
from statelint.ir import nodes as ir
from statelint.storage import ALL, Linear

Handler = Callable[[Frame, State, Any], None]


def _const(frame: Frame, state: State, instr: ir.Const) -> None:
    frame.regs[instr.dst] = constant(instr.value)


def _load(frame: Frame, state: State, instr: ir.Load) -> None:
    frame.regs[instr.dst] = load(frame, state, instr.name, instr.scope, instr.at)


def load(frame: Frame, state: State, name: str, scope: str, at: ir.Span) -> Value:
    """The value of a name."""
    if scope == "local" or scope == "class":
        value = state.env.get(name)
        if value is not None:
            return value
        if scope == "class":
            return frame.analyzer.global_value(frame, state, name, at)
        return Value(UNKNOWN, doubt=1)
    if scope == "cell":
        value = state.fields.get((frame.frame_sid, name))
        return value if value is not None else Value(UNKNOWN, doubt=1)
    if scope == "free":
        return fields.read(frame, state, frame.free_sid, name, at)
    if frame.fn.kind == "module":
        value = state.env.get(name)
        if value is not None:
            return value
    return frame.analyzer.global_value(frame, state, name, at)


def _load_path(frame: Frame, state: State, instr: ir.LoadPath) -> None:
    value = load(frame, state, instr.name, "global", instr.at)
    for name in instr.path:
        value = members.get_attribute(frame, state, value, name, instr.at)
    frame.regs[instr.dst] = value


def _store(frame: Frame, state: State, instr: ir.Store) -> None:
    name, value = instr.name, frame.regs[instr.src]
    scope = instr.scope
    if state.conds:
        _forget(state, name)
    if scope == "local" or scope == "class":
        if frame.loops and name[0] != "%" and instr.src not in frame.augmented:
            value = retention.renewed(frame, state, state.env.get(name), value, instr.at, name, 0)
        state.env[name] = value
        annotation = frame.fn.annotations.get(name)
        if annotation and value.kind == UNKNOWN:
            state.env[name] = frame.analyzer.annotated(frame.module, annotation, value)
    elif scope == "cell":
        state.fields[(frame.frame_sid, name)] = value
    elif scope == "free":
        place = frame.field(frame.free_sid, name)
        _note_rebinding(frame, state, place, name, value, instr.at)
        state.fields[(frame.free_sid, name)] = value
    elif frame.fn.kind == "module":
        state.env[name] = value
    else:
        sid = frame.storage("global", 0, (frame.module, name))
        _note_rebinding(frame, state, sid, name, value, instr.at)
        state.fields[(0, name)] = value


def _note_rebinding(frame: Frame, state: State, sid: int, name: str, value: Value, at: ir.Span) -> None:
    _, _, deps = effective(state, value)
    old = frame.origin_of.get(sid, 0)
    writes.add_state_write(frame, state, sid, at, "=", "rebind", 0, 0, value, value.kind, reads_old=bool(old & deps))


def _forget(state: State, name: str) -> None:
    """Tests that mention a rebound name are no longer known."""
    for key in [k for k in state.conds if name in k]:
        del state.conds[key]


def _delete(frame: Frame, state: State, instr: ir.Delete) -> None:
    state.env.pop(instr.name, None)


def _get_attr(frame: Frame, state: State, instr: ir.GetAttr) -> None:
    frame.regs[instr.dst] = members.get_attribute(frame, state, frame.regs[instr.obj], instr.name, instr.at)


def _set_attr(frame: Frame, state: State, instr: ir.SetAttr) -> None:
    owner, value = frame.regs[instr.obj], frame.regs[instr.src]
    if state.conds:
        _forget(state, instr.name)
    members.set_attribute(frame, state, owner, instr.name, value, instr.at, instr.src in frame.augmented)


def _del_attr(frame: Frame, state: State, instr: ir.DelAttr) -> None:
    members.set_attribute(frame, state, frame.regs[instr.obj], instr.name, Value(UNKNOWN), instr.at, False)


def _get_item(frame: Frame, state: State, instr: ir.GetItem) -> None:
    frame.regs[instr.dst] = members.get_item(frame, state, frame.regs[instr.obj], frame.regs[instr.index], instr.at)


def _set_item(frame: Frame, state: State, instr: ir.SetItem) -> None:
    members.set_item(
        frame, state, frame.regs[instr.obj], frame.regs[instr.index], frame.regs[instr.src], instr.at,
        instr.src in frame.augmented,
    )  # fmt: skip


def _del_item(frame: Frame, state: State, instr: ir.DelItem) -> None:
    obj = frame.regs[instr.obj]
    target = frame.name_of_value(state, obj)
    index = frame.regs[instr.index].const
    if isinstance(index, tuple) and index[:3] == ("slice", None, None):
        fields.clear(frame, state, obj)
    writes.note(frame, state, obj, instr.at, f"del {target}[...]", "call", (0, 0, 0), obj.doubt, None)


_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "//": "floor_divide",
    "%": "remainder",
    "**": "pow",
    "@": "matmul",
    "&": "bitwise_and",
    "|": "bitwise_or",
    "^": "bitwise_xor",
    "<<": "bitwise_left_shift",
    ">>": "bitwise_right_shift",
}


def _binary(frame: Frame, state: State, instr: ir.Binary) -> None:
    frame.regs[instr.dst] = binary(frame, state, instr.op, frame.regs[instr.left], frame.regs[instr.right], instr.at)


def binary(frame: Frame, state: State, op: str, left: Value, right: Value, at: ir.Span) -> Value:
    """``left op right``."""
    lk, rk = kind_of(frame, left), kind_of(frame, right)
    if not (lk | rk) & ~(NUMBER | TEXT | PLAIN | NONE):
        return _scalar(frame, op, left, right, lk | rk)
    if (lk | rk) & CONTAINER and not (lk | rk) & ARRAY:
        return _concatenation(frame, state, op, left, right, lk | rk, at)
    return operators.operator(frame, state, _OPERATORS[op], left, right, at)


def _scalar(frame: Frame, op: str, left: Value, right: Value, kind: int) -> Value:
    a, b = left.const, right.const
    const: object = ABSENT
    if isinstance(a, Linear) and isinstance(b, int) and op in "+-":
        const = Linear(a.symbol, a.offset + b if op == "+" else a.offset - b)
    elif isinstance(b, Linear) and isinstance(a, int) and op == "+":
        const = Linear(b.symbol, b.offset + a)
    elif type(a) in (int, float) and type(b) in (int, float):
        const = _fold(op, a, b)
    return Value(kind, const=const, deps=left.deps | right.deps, doubt=max(left.doubt, right.doubt))


def _fold(op: str, a: Any, b: Any) -> object:
    try:
        if op == "+":
            return a + b
        if op == "-":
            return a - b
        if op == "*":
            return a * b
        if op == "//":
            return a // b
        if op == "%":
            return a % b
    except (ArithmeticError, ValueError):
        pass
    return ABSENT


def _concatenation(frame: Frame, state: State, op: str, left: Value, right: Value, kind: int, at: ir.Span) -> Value:
    if left.items is not None and right.items is not None and op == "+":
        return container(frame, state, (*left.items, *right.items), kind, at, tuple_like=True)
    sid = frame.new(at, "concat")
    parts = [fields.element(frame, state, side, at) for side in (left, right) if side.kind & (CONTAINER | UNKNOWN)]
    found = join_all(parts)
    if found is not None:
        state.fields[(sid, fields.ANY)] = found
    return Value(kind, frozenset(((sid, ALL),)), deps=left.deps | right.deps, doubt=max(left.doubt, right.doubt))


def _in_place(frame: Frame, state: State, instr: ir.InPlace) -> None:
    target, right = frame.regs[instr.target], frame.regs[instr.right]
    op = instr.op
    kind = kind_of(frame, target)
    frame.augmented.add(instr.dst)
    text = f"{instr.target_text} {op}= ..."
    if op == "+":
        right = retention.accumulated(frame, state, target, right, instr)
    if not kind & ~(SCALAR | TUPLE | IMMUTABLE):
        frame.regs[instr.dst] = binary(frame, state, op, target, right, instr.at)
        return
    if kind & (LIST | SET | DICT) and not kind & ARRAY:
        element = fields.element(frame, state, right, instr.at)
        fields.assign(frame, state, target, fields.ANY, element, weak=True)
        writes.note(frame, state, target, instr.at, text, "augmented", (0, 0, element.deps), target.doubt, right)
        frame.regs[instr.dst] = target
        return
    if kind & OBJECT and not kind & (ARRAY | UNKNOWN):
        frame.regs[instr.dst] = target
        return
    frame.regs[instr.dst] = operators.in_place(
        frame, state, _OPERATORS[op], target, right, instr.at, instr.target_text, text
    )


def _unary(frame: Frame, state: State, instr: ir.Unary) -> None:
    value = frame.regs[instr.operand]
    if instr.op == "not":
        _, _, deps = effective(state, value)
        known = value.const
        negated: object = ABSENT if known is ABSENT or isinstance(known, Linear) else not known
        frame.regs[instr.dst] = Value(NUMBER, const=negated, deps=deps, doubt=value.doubt)
        return
    kind = kind_of(frame, value)
    if not kind & ~NUMBER:
        const = value.const
        if instr.op == "-" and type(const) in (int, float):
            frame.regs[instr.dst] = Value(NUMBER, const=-const, deps=value.deps)  # type: ignore[operator]
        else:
            frame.regs[instr.dst] = Value(NUMBER, deps=value.deps, doubt=value.doubt)
        return
    if instr.op == "+" and kind == TENSOR:
        frame.regs[instr.dst] = value  # it returns its operand
        return
    hist, grad, deps = effective(state, value)
    sid = frame.new(instr.at, "unary")
    if instr.op == "~":
        hist = grad = 0
    frame.regs[instr.dst] = Value(
        kind, frozenset(((sid, ALL),)), ABSENT, (), None, deps, 0 if state.no_grad else grad,
        0 if state.no_grad else hist, value.doubt,
    )  # fmt: skip


def _compare(frame: Frame, state: State, instr: ir.Compare) -> None:
    left, right = frame.regs[instr.left], frame.regs[instr.right]
    kind = (kind_of(frame, left) | kind_of(frame, right)) & ARRAY
    _, _, deps = effective(state, left)
    _, _, more = effective(state, right)
    op = instr.op
    if op in ("is", "is not", "in", "not in"):
        const: object = ABSENT
        if op in ("is", "is not") and right.const is None and right.kind == NONE and not left.doubt:
            if left.kind == NONE:
                const = op == "is"
            elif left.kind and not left.kind & (NONE | UNKNOWN):
                const = op == "is not"
        if op in ("in", "not in"):
            const = _member(left, right, state)
            if const is not ABSENT and op == "not in":
                const = not const
        frame.regs[instr.dst] = Value(NUMBER, const=const, deps=deps | more)
        return
    if kind:
        sid = frame.new(instr.at, "compare")
        frame.regs[instr.dst] = Value(kind, frozenset(((sid, ALL),)), deps=deps | more)
        return
    const = ABSENT
    a, b = left.const, right.const
    plain = (int, float, str, bool)
    if type(a) in plain and type(b) in plain and not left.doubt and not right.doubt:
        if op == "==":
            const = a == b
        elif op == "!=":
            const = a != b
        elif isinstance(a, (int, float)) and isinstance(b, (int, float)):
            const = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}.get(op, ABSENT)
    mark = MASK if const is ABSENT and (left.kind | right.kind) & UNKNOWN else 0
    frame.regs[instr.dst] = Value(NUMBER, const=const, deps=deps | more, doubt=max(left.doubt, right.doubt), mark=mark)


def _member(left: Value, right: Value, state: State) -> object:
    """Whether a constant is one of a display of constants, where that is known."""
    if not isinstance(left.const, (str, int)) or left.doubt:
        return ABSENT
    items = right.items
    if items is None and right.kind in (LIST, SET) and len(right.views) == 1:
        table = state.fields.of(next(iter(right.views))[0])
        items = tuple(table.values()) if fields.ANY not in table else None
    if not items or any(not isinstance(v.const, (str, int)) or v.doubt for v in items):
        return ABSENT
    return left.const in [v.const for v in items]


def _call(frame: Frame, state: State, instr: ir.Call) -> None:
    regs = frame.regs
    frame.instr = instr
    frame.regs[instr.dst] = call(
        frame, state, regs[instr.func], tuple(regs[r] for r in instr.args), instr.starred,
        tuple((k, regs[r]) for k, r in instr.keywords), instr.at,
    )  # fmt: skip


def _call_method(frame: Frame, state: State, instr: ir.CallMethod) -> None:
    regs = frame.regs
    frame.instr = instr
    frame.regs[instr.dst] = call_method(
        frame, state, regs[instr.obj], instr.name, tuple(regs[r] for r in instr.args), instr.starred,
        tuple((k, regs[r]) for k, r in instr.keywords), instr.at,
    )  # fmt: skip


_BUILD_KINDS = {"tuple": TUPLE, "list": LIST, "set": SET, "generator": ITERATOR}


def _build(frame: Frame, state: State, instr: ir.Build) -> None:
    items = tuple(frame.regs[r] for r in instr.items)
    kind = _BUILD_KINDS[instr.kind]
    if instr.starred:
        sid = frame.new(instr.at, "build")
        parts = [
            fields.element(frame, state, item, instr.at) if instr.starred >> i & 1 else item
            for i, item in enumerate(items)
        ]
        # What stands before the first starred part has its place; what comes after may stand anywhere.
        leading = (instr.starred & -instr.starred).bit_length() - 1
        for i, item in enumerate(parts[:leading]):
            state.fields[(sid, fields.key_text(i))] = item
        found = join_all(parts[leading:])
        if found is not None:
            state.fields[(sid, fields.ANY)] = found
        frame.regs[instr.dst] = Value(kind, frozenset(((sid, ALL),)))
        return
    frame.regs[instr.dst] = container(frame, state, items, kind, instr.at, tuple_like=kind == TUPLE)


def container(
    frame: Frame, state: State, items: tuple[Value, ...], kind: int, at: ir.Span, *, tuple_like: bool
) -> Value:
    """A new container holding ``items``."""
    deps = grad = hist = doubt = 0
    if tuple_like:
        for item in items:
            h, g, d = effective(state, item)
            deps |= d
            grad |= g
            hist |= h
        return Value(kind, items=items, deps=deps, grad=grad, hist=hist, doubt=doubt)
    sid = frame.new(at, "build")
    # A site in a loop starts with an empty container in each turn.
    state.fields.drop(sid)
    for i, item in enumerate(items[:32]):
        state.fields[(sid, fields.key_text(i))] = item
    if len(items) > 32:
        rest = join_all(items[32:])
        assert rest is not None
        state.fields[(sid, fields.ANY)] = rest
    return Value(kind, frozenset(((sid, ALL),)))


def _build_dict(frame: Frame, state: State, instr: ir.BuildDict) -> None:
    sid = frame.new(instr.at, "dict")
    state.fields.drop(sid)
    result = Value(DICT, frozenset(((sid, ALL),)))
    for key_reg, value_reg in zip(instr.keys, instr.values, strict=True):
        value = frame.regs[value_reg]
        if key_reg < 0:
            for source, _ in value.views:
                for key, held in state.fields.of(source).items():
                    state.fields[(sid, key)] = held
            if frame.analyzer.outside_view(frame, value):
                fields.assign(
                    frame, state, result, fields.ANY, fields.element(frame, state, value, instr.at), weak=True
                )
            continue
        key = frame.regs[key_reg].const
        if isinstance(key, (str, bytes, int)):
            state.fields[(sid, fields.key_text(key))] = value
        else:
            fields.assign(frame, state, result, fields.ANY, value, weak=True)
    frame.regs[instr.dst] = result


def _build_slice(frame: Frame, state: State, instr: ir.BuildSlice) -> None:
    def bound(reg: int) -> Linear | str | None:
        if reg < 0:
            return None
        value = frame.regs[reg]
        if value.const is None:
            return None
        return fields.linear(value) or "?"

    lower, upper = bound(instr.lower), bound(instr.upper)
    step = frame.regs[instr.step].const if instr.step >= 0 else 1
    deps = 0
    for reg in (instr.lower, instr.upper, instr.step):
        if reg >= 0:
            deps |= frame.regs[reg].deps
    # Half of the bounds may still tell two slices apart.
    forward = isinstance(step, int) and step > 0
    hull = (lower if forward and lower != "?" else None, upper if forward and upper != "?" else None)
    exact = step == 1 and lower != "?" and upper != "?"
    const: object = ("slice", *hull, exact)
    frame.regs[instr.dst] = Value(PLAIN, const=const, deps=deps)


def _build_string(frame: Frame, state: State, instr: ir.BuildString) -> None:
    deps = 0
    for reg in instr.parts:
        deps |= effective(state, frame.regs[reg])[2]
    frame.regs[instr.dst] = Value(TEXT, deps=deps)


def _append(frame: Frame, state: State, instr: ir.Append) -> None:
    target, value = frame.regs[instr.target], frame.regs[instr.value]
    key: object = fields.ANY
    if instr.key >= 0:
        const = frame.regs[instr.key].const
        if isinstance(const, (str, bytes)):
            key = fields.key_text(const)
    fields.assign(frame, state, target, key, value, weak=True)


def _unpack(frame: Frame, state: State, instr: ir.Unpack) -> None:
    operators.unpack(frame, state, instr)


def _function(frame: Frame, state: State, instr: ir.Function) -> None:
    defaults = tuple(frame.regs[r] for r in instr.defaults)
    keywords = tuple((k, frame.regs[r]) for k, r in instr.kw_defaults)
    frame.analyzer.remember_defaults(frame, state, instr.qualname, defaults, keywords)
    fn = frame.analyzer.symbols.function(frame.module, instr.qualname)
    captures = fn is not None and fn.free
    frame_sid = 0
    if captures:
        frame_sid = frame.free_sid if not frame.fn.cells and frame.fn.free else frame.frame_sid
        frame.closures[instr.qualname] = frame_sid
    frame.regs[instr.dst] = Value(1 << 11, refs=(FuncRef(frame.module, instr.qualname, frame_sid),))


def _class(frame: Frame, state: State, instr: ir.Class) -> None:
    frame.regs[instr.dst] = frame.analyzer.define_class(frame, state, instr)


def _import(frame: Frame, state: State, instr: ir.Import) -> None:
    frame.regs[instr.dst] = frame.analyzer.imported(instr.module, instr.name)


def _yield(frame: Frame, state: State, instr: ir.Yield) -> None:
    value = frame.regs[instr.src]
    frame.yields.append(fields.element(frame, state, value, instr.at) if instr.delegate else value)
    frame.regs[instr.dst] = Value(UNKNOWN)


def _await(frame: Frame, state: State, instr: ir.Await) -> None:
    frame.regs[instr.dst] = frame.regs[instr.src]


def _opaque(frame: Frame, state: State, instr: ir.Opaque) -> None:
    deps = 0
    for reg in instr.operands:
        deps |= effective(state, frame.regs[reg])[2]
    frame.regs[instr.dst] = Value(UNKNOWN, deps=deps)


def enter(frame: Frame, state: State, instr: ir.With) -> object:
    """Enter a context manager: gradient modes and tapes; what `leave` needs."""
    context = frame.regs[instr.context]
    before = state.no_grad
    entered = context
    for ref in context.refs:
        if isinstance(ref, LibInst) and ref.name.startswith("context:"):
            kind = ref.name[8:]
            if kind in ("no_grad", "inference_mode"):
                state.no_grad = True
            elif kind == "enable_grad":
                state.no_grad = False
            elif kind == "set_grad_enabled":
                state.no_grad = dict(ref.options).get("mode") is False
    enter_result = members.enter_context(frame, state, context, instr.at)
    frame.regs[instr.entered] = enter_result if enter_result is not None else entered
    return before


def leave(frame: Frame, state: State, instr: ir.With, before: object) -> None:
    """Leave a context manager."""
    state.no_grad = bool(before)


HANDLERS: dict[type[ir.Instr], Handler] = {
    ir.Const: _const,
    ir.Load: _load,
    ir.LoadPath: _load_path,
    ir.Store: _store,
    ir.Delete: _delete,
    ir.GetAttr: _get_attr,
    ir.SetAttr: _set_attr,
    ir.DelAttr: _del_attr,
    ir.GetItem: _get_item,
    ir.SetItem: _set_item,
    ir.DelItem: _del_item,
    ir.Binary: _binary,
    ir.InPlace: _in_place,
    ir.Unary: _unary,
    ir.Compare: _compare,
    ir.Call: _call,
    ir.CallMethod: _call_method,
    ir.Build: _build,
    ir.BuildDict: _build_dict,
    ir.BuildSlice: _build_slice,
    ir.BuildString: _build_string,
    ir.Append: _append,
    ir.Unpack: _unpack,
    ir.Function: _function,
    ir.Class: _class,
    ir.Import: _import,
    ir.Yield: _yield,
    ir.Await: _await,
    ir.Opaque: _opaque,
}

__all__ = ["HANDLERS", "NDARRAY", "TENSOR", "binary", "container", "enter", "leave", "load"]
