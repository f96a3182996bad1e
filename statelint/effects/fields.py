"""Fields: attributes of objects, elements of containers, items of arrays."""

from __future__ import annotations

import msgspec

from statelint.effects import recency
from statelint.effects.facts import Span, StateRead
from statelint.effects.frame import Frame, Shape
from statelint.effects.state import Field, State
from statelint.effects.value import (
    ABSENT,
    ARRAY,
    CERTAINLY,
    CONTAINER,
    DETACHED,
    DICT,
    EXPANDED,
    IMMUTABLE,
    ITERATOR,
    KEY,
    LEAF,
    LIST,
    MASK,
    NDARRAY,
    NO_VIEWS,
    NONE,
    NUMBER,
    PLAIN,
    SCALAR,
    SET,
    STRIDED,
    TENSOR,
    TEXT,
    TUPLE,
    UNKNOWN,
    BoundRef,
    FuncRef,
    PartialRef,
    Ref,
    Value,
    View,
    WrapRef,
    join,
    join_all,
)
from statelint.effects.writes import add_state_write, effective, kind_of
from statelint.storage import ALL, Index, Linear, Region, Slice, compose
from statelint.storage.regions import Selector

_GONE = Value(UNKNOWN)
SOURCES = "%sources"
"""The field of a lazy iterator (zip, enumerate) that holds what it runs over."""
ANY = "[*]"
"""The field that stands for all elements of a container."""


def key_text(key: object) -> str:
    """The field name of a container's element under a constant key."""
    return f"[{key!r}]"


def initial_of_field(frame: Frame, field: Field) -> Value | None:
    """What a field held when the function was entered; None for storages made here."""
    sid, key = field
    if not frame.outside(sid):
        return None
    return initial(frame, sid, key)


def initial(frame: Frame, sid: int, key: object) -> Value:
    """The value of a field nobody has written here: from what is known of its owner, else unknown."""
    value = frame.initials.get((sid, key))
    if value is None:
        value = frame.initials[(sid, key)] = _initial(frame, sid, key)
    return value


def _initial(frame: Frame, sid: int, key: object) -> Value:
    place = frame.field(sid, key)
    if frame.storages[sid].kind == "free":
        known = frame.free_values.get(str(key))
        if known is not None:
            value = rooted(frame, known, place)
            if not value.grad & CERTAINLY or value.mark & LEAF:
                return value
            # What needs a gradient for certain has a history all the same, which the enclosing function knows.
            return Value(
                value.kind, value.views, value.const, value.refs, value.items, value.deps,
                value.grad | frame.origin(place), value.hist, value.doubt, value.mark,
            )  # fmt: skip
    shape = frame.shapes.get(sid)
    if shape is not None:
        child = _child(shape, key)
        if child is not None:
            frame.shapes.setdefault(place, child)
            return rooted(frame, child.value, place)
    if not frame.outside(sid):
        return Value(UNKNOWN, frozenset(((place, ALL),)))
    return Value(UNKNOWN, frozenset(((place, ALL),)), deps=frame.origin(place), grad=frame.origin(place))


def _child(shape: Shape, key: object) -> Shape | None:
    child = shape.children.get(key)
    if child is None and isinstance(key, str) and key.startswith("["):
        child = shape.children.get(ANY)
        if child is None and key == ANY:
            for name, part in shape.children.items():
                if isinstance(name, str) and name.startswith("["):
                    child = part if child is None else merge_shapes(child, part)
    return child


def rooted(frame: Frame, known: Value, place: int) -> Value:
    """A value of known type, standing at an access path."""
    origin = frame.origin(place)
    if not known.kind & ~SCALAR and known.kind:
        return Value(known.kind, NO_VIEWS, known.const, known.refs, deps=origin, doubt=known.doubt)
    grad = known.grad & 1
    if not grad and known.kind & (TENSOR | UNKNOWN | TUPLE):
        grad = known.grad and origin
    items = None
    if known.items is not None:
        items = tuple(rooted(frame, item, frame.field(place, key_text(i))) for i, item in enumerate(known.items))
    return Value(
        known.kind, frozenset(((place, ALL),)), known.const, known.refs, items, origin, grad, 0, known.doubt, known.mark
    )


def read(frame: Frame, state: State, sid: int, key: object, at: Span | None = None) -> Value:
    """The value of a field."""
    value = state.fields.get((sid, key))
    if value is None and key != ANY and isinstance(key, str) and key.startswith("["):
        value = state.fields.get((sid, ANY))
    if value is None:
        value = initial(frame, sid, key)
    if at is not None:
        observe(frame, sid, key, at, value)
    return value


def observe(frame: Frame, sid: int, key: object, at: Span, value: Value) -> None:
    """Record that state is read."""
    if not frame.composing and frame.outside(sid):
        place = frame.field(sid, key)
        reference = frame.state_ref(place)
        if reference is not None:
            frame.add(StateRead(at, reference, value.kind))


def assign(frame: Frame, state: State, owner: Value, key: object, value: Value, *, weak: bool = False) -> None:
    """Write a field of every storage that ``owner`` may be; strongly where it is only one."""
    views = owner.views
    strong = len(views) == 1 and not weak and key != ANY
    for sid, _ in views:
        if frame.storages[sid].kind == "old":
            strong = False
        field = (sid, key)
        if strong:
            state.fields[field] = value
        else:
            old = state.fields.get(field)
            if old is None and frame.outside(sid):
                old = initial(frame, sid, key)
            state.fields[field] = value if old is None else _either_of(join(old, value))


def clear(frame: Frame, state: State, container: Value) -> None:
    """A container is emptied, if it is only one: what it held is no longer reached through it."""
    if len(container.views) != 1:
        return
    for sid, _ in container.views:
        if frame.storages[sid].kind == "old":
            return
        for key in [k for k in state.fields.of(sid) if isinstance(k, str) and k.startswith("[")]:
            state.fields[(sid, key)] = _GONE
        state.fields[(sid, ANY)] = _GONE
        if frame.outside(sid) and not frame.guards:
            frame.cleared[sid] = None


def _either_of(joined: Value) -> Value:
    """Old and new in one: whether a key that is found there is the one that was used before is not known."""
    if joined.kind & KEY and len(joined.views) > 1:
        return msgspec.structs.replace(joined, doubt=joined.doubt + 2)
    return joined


def set_attribute(frame: Frame, state: State, owner: Value, name: str, value: Value, at: Span, how: str) -> None:
    """``owner.name = value``."""
    for sid, _ in owner.views:
        if frame.outside(sid) and not _constructing(frame, sid):
            place = frame.field(sid, name)
            add_state_write(
                frame, state, place, at, "=", how, 0, owner.doubt, value, value.kind, reads_old=how == "augmented"
            )
        if how == "rebind" and len(owner.views) == 1:
            old = state.fields.get((sid, name))
            if old is None and frame.outside(sid):
                old = initial(frame, sid, name)
            label = frame.path(frame.field(sid, name)) or name
            value = frame.analyzer.retention.renewed(frame, state, old, value, at, label, frame.field(sid, name))
    assign(frame, state, owner, name, value)


def _constructing(frame: Frame, sid: int) -> bool:
    root = frame.root(sid)
    return (
        root.kind == "param"
        and frame.fn.name
        in ("__init__", "__new__", "setup", "build", "__post_init__", "__setstate__", "reset_parameters")
        and frame.is_receiver(str(root.key))
    )


def element(frame: Frame, state: State, container: Value, at: Span) -> Value:
    """One element of an iterable: the join of all, distinct in each turn."""
    if container.items is not None:
        found = join_all(container.items)
        if found is not None:
            return found
    kind = kind_of(frame, container)
    if isinstance(container.const, range) or kind == NUMBER:
        return Value(NUMBER, const=Linear(frame.symbol((at, "item")), 0), deps=container.deps)
    if kind & ~(ARRAY | UNKNOWN | KEY) == 0 and kind & (ARRAY | KEY):
        region: Region = (Index(Linear(frame.row(at), 0)),)
        return view(frame, state, container, region)
    values = []
    for sid, _ in container.views:
        sources = state.fields.get((sid, SOURCES))
        if sources is not None and sources.items is not None:
            parts = tuple(element(frame, state, part, _part(at, i)) for i, part in enumerate(sources.items))
            values.append(Value(TUPLE, items=parts))
            continue
        known = [v for k, v in state.fields.of(sid).items() if isinstance(k, str) and k.startswith("[")]
        found = join_all(known)
        if found is None or (frame.outside(sid) and (sid, ANY) not in state.fields):
            first = read(frame, state, sid, ANY)
            found = first if found is None else join(found, first)
        values.append(found)
    result = join_all(values)
    if result is None:
        result = Value(UNKNOWN, frozenset(((frame.new(at, "element"), ALL),)))
    hist, grad, deps = effective(state, container)
    doubt = max(result.doubt, container.doubt)
    result = Value(
        result.kind, result.views, result.const, result.refs, result.items, result.deps | deps, result.grad | grad,
        result.hist | hist, doubt, result.mark,
    )  # fmt: skip
    return detached(result) if container.mark & DETACHED else result


def detached(value: Value) -> Value:
    """The value outside of the graph."""
    return Value(
        value.kind, value.views, value.const, value.refs, value.items, value.deps, doubt=value.doubt, mark=DETACHED
    )


def leaves(state: State, value: Value, depth: int = 4) -> frozenset[View]:
    """What a value views, and what the values that it holds view."""
    found = set(value.views)
    if depth:
        inner = [*(value.items or ()), *(v for sid, _ in value.views for v in state.fields.of(sid).values())]
        for part in inner:
            found |= leaves(state, part, depth - 1)
    return frozenset(found)


def _part(at: Span, number: int) -> Span:
    """A site of its own for each source of an iterator."""
    return (at[0], at[1], at[2], at[3] + number)


def lazy(frame: Frame, state: State, sources: tuple[Value, ...], at: Span) -> Value:
    """An iterator that takes one element of each source in each turn."""
    sid = frame.new(at, "lazy")
    state.fields[(sid, SOURCES)] = Value(TUPLE, items=sources)
    return Value(ITERATOR, frozenset(((sid, ALL),)))


def refresh(frame: Frame, item: Value, marks: recency.Mark) -> Value:
    """An element kept aside while a loop's turn ran."""
    return recency.refreshed(frame, item, marks)


def view(frame: Frame, state: State, base: Value, region: Region) -> Value:
    """A view of part of an array."""
    hist, grad, deps = effective(state, base)
    views = frozenset((sid, _rebased(frame, r, region)) for sid, r in base.views)
    mark = base.mark
    if mark & EXPANDED and any(isinstance(s, Index) for s in region):
        mark &= ~EXPANDED  # an element of the axis that was added
    if not _rows(region):
        mark |= STRIDED
    return Value(base.kind, views, ABSENT, (), None, deps, grad, hist, base.doubt, mark)


def _rows(region: Region) -> bool:
    """Whether a region selects successive rows of an axis, of all that lies at some index."""
    parts = [s for s in region if not isinstance(s, Index)]
    return not parts or (len(parts) == 1 and region[-1] is parts[0] and isinstance(parts[0], Slice) and parts[0].exact)


def _rebased(frame: Frame, outer: Region, inner: Region) -> Region:
    """``view[inner]`` where the view is ``storage[k:]``: position i of it is another number for another i."""
    if (
        len(outer) == 1
        and len(inner) == 1
        and isinstance(outer[0], Slice)
        and outer[0].exact
        and isinstance(inner[0], Index)
    ):
        lower, at = outer[0].lower or Linear(0, 0), inner[0].at
        if lower.symbol == 0 and lower.offset >= 0 and (at.symbol or at.offset >= 0):
            if not at.symbol:
                return (Index(Linear(0, lower.offset + at.offset)),)
            return (Index(Linear(frame.symbol(("rebased", lower.offset, at.symbol)), at.offset)),)
    return compose(outer, inner)


def linear(value: Value) -> Linear | None:
    """An integer value as a linear form; None if it is not known as one."""
    const = value.const
    if isinstance(const, Linear):
        return const
    if isinstance(const, int) and not isinstance(const, bool):
        return Linear(0, const)
    return None


def selector_of(index: Value) -> Selector | str:
    """What one part of an index selects; *copy* where it makes the result a copy, *new* for an inserted axis."""
    const = index.const
    if isinstance(const, tuple) and len(const) == 4 and const[0] == "slice":
        return Slice(const[1], const[2], const[3])
    if const is None and index.kind == NONE:
        return "new"
    if const is Ellipsis:
        return "rest"
    at = linear(index)
    if at is not None:
        return Index(at)
    if index.kind & (ARRAY | LIST | TUPLE) or index.mark & MASK:
        return "copy"
    return None


def region_of(index: Value) -> tuple[Region, bool]:
    """The region that an index selects, and whether the result may be a copy instead of a view."""
    parts = index.items if index.items is not None and index.kind & TUPLE else (index,)
    region: list[Selector] = []
    exact = True
    copied = False
    for part in parts:
        selected = selector_of(part)
        if selected == "copy":
            copied = True
            exact = False
        elif selected == "new":
            if exact:
                region.append(None)
            exact = False
        elif selected == "rest":
            exact = False
        elif exact:
            assert not isinstance(selected, str)
            region.append(selected)
    while region and region[-1] == Slice(None, None):
        region.pop()
    return tuple(region), copied


def get_item(frame: Frame, state: State, base: Value, index: Value, at: Span) -> Value:
    """``base[index]``."""
    const = index.const
    if base.items is not None and isinstance(const, int) and -len(base.items) <= const < len(base.items):
        return base.items[const]
    kind = kind_of(frame, base)
    results: list[Value] = []
    if kind & (ARRAY | KEY):
        region, copied = region_of(index)
        if copied or (kind & IMMUTABLE and not kind & (TENSOR | NDARRAY)):
            hist, grad, deps = effective(state, base)
            _, _, more = effective(state, index)
            fresh = frozenset(((frame.new(at, "item"), ALL),))
            results.append(Value(kind & (ARRAY | KEY), fresh, ABSENT, (), None, deps | more, grad, hist, base.doubt))
        else:
            results.append(view(frame, state, base, region))
    if kind & (CONTAINER | UNKNOWN) and not (kind & ARRAY and not kind & CONTAINER):
        item = _container_item(frame, state, base, index, kind, at)
        results.append(detached(item) if base.mark & DETACHED else item)
    if not results:
        hist, grad, deps = effective(state, base)
        return Value(kind if kind == TEXT else UNKNOWN, deps=deps, grad=grad, hist=hist, doubt=base.doubt)
    result = join_all(results)
    assert result is not None
    _, _, more = effective(state, index)
    if more & ~result.deps:
        result = with_deps(result, more)
    return result


def _container_item(frame: Frame, state: State, base: Value, index: Value, kind: int, at: Span) -> Value:
    const = index.const
    keyed = isinstance(const, (str, bytes)) or (isinstance(const, int) and kind & (LIST | TUPLE | DICT))
    if kind == UNKNOWN and not keyed:
        # It may be an array: then the result is a view of the same storage.
        region, copied = region_of(index)
        if isinstance(const, tuple) and const and const[0] == "slice":
            return view(frame, state, base, region)
        if copied:
            hist, grad, deps = effective(state, base)
            fresh = frozenset(((frame.new(at, "item"), ALL),))
            return Value(UNKNOWN, fresh, ABSENT, (), None, deps, grad, hist, base.doubt)
        result = view(frame, state, base, region)
        return Value(UNKNOWN, result.views, ABSENT, (), None, result.deps, result.grad, result.hist, result.doubt)
    if isinstance(const, tuple) and const and const[0] == "slice" and kind & (LIST | TUPLE):
        items = element(frame, state, base, at)
        sid = frame.new(at, "slice")
        state.fields[(sid, ANY)] = items
        return Value(kind & (LIST | TUPLE), frozenset(((sid, ALL),)), deps=base.deps, grad=base.grad, hist=base.hist)
    if not keyed:
        return element(frame, state, base, at)
    if isinstance(const, int) and const < 0:
        values = [read(frame, state, sid, _from_end(frame, state, sid, const), at) for sid, _ in base.views]
        return join_all(values) or Value(UNKNOWN, deps=base.deps, grad=base.grad, hist=base.hist)
    values = [read(frame, state, sid, key_text(const), at) for sid, _ in base.views]
    found = join_all(values)
    if found is None:
        return Value(UNKNOWN, deps=base.deps, grad=base.grad, hist=base.hist)
    hist, grad, deps = effective(state, base)
    if deps & ~found.deps or hist & ~found.hist:
        return Value(
            found.kind, found.views, found.const, found.refs, found.items, found.deps | deps, found.grad | grad,
            found.hist | hist, found.doubt, found.mark,
        )  # fmt: skip
    return found


def _from_end(frame: Frame, state: State, sid: int, number: int) -> str:
    """The field of a list's element that is counted from its end; any, where its length is not known."""
    table = state.fields.of(sid)
    count = length(frame, state, sid)
    if frame.outside(sid) or key_text(number) in table:
        return key_text(number)
    return ANY if count is None or count + number < 0 else key_text(count + number)


def length(frame: Frame, state: State, sid: int) -> int | None:
    """The number of elements of a list made here, if all are known one by one."""
    if frame.storages[sid].kind != "new":
        return None
    table = state.fields.of(sid)
    count = sum(1 for key in table if isinstance(key, str) and key.startswith("["))
    return count if all(key_text(number) in table for number in range(count)) else None


def with_deps(value: Value, deps: int) -> Value:
    """The same value, depending on more."""
    if not deps & ~value.deps:
        return value
    return Value(
        value.kind, value.views, value.const, value.refs, value.items, value.deps | deps, value.grad, value.hist,
        value.doubt, value.mark,
    )  # fmt: skip


def shape_of_value(frame: Frame, state: State, value: Value, depth: int = 0) -> Shape:
    """The types below a value, without its views: what other functions may rely on."""
    children: dict[object, Shape] = {}
    if depth < 4:
        for sid, _ in value.views:
            if frame.outside(sid) and frame.storages[sid].kind != "field" and depth:
                continue
            for key, child in state.fields.of(sid).items():
                if child.views or child.refs or child.kind & ~UNKNOWN:
                    shape = shape_of_value(frame, state, child, depth + 1)
                    children[key] = merge_shapes(children[key], shape) if key in children else shape
            known = frame.shapes.get(sid)
            if known is not None:
                for key, child_shape in known.children.items():
                    children.setdefault(key, child_shape)
    items = value.items
    if items is not None:
        items = tuple(shape_of_value(frame, state, v, depth + 1).value for v in items) if depth < 4 else None
    const = value.const if not isinstance(value.const, (Linear, tuple)) else ABSENT
    bare = Value(
        value.kind, NO_VIEWS, const, portable(value), items, 0, (value.grad & 1) or int(bool(value.grad)) * 2, 0,
        min(value.doubt, 2), value.mark & LEAF,
    )  # fmt: skip
    return Shape(bare, children)


def merge_shapes(a: Shape, b: Shape) -> Shape:
    """The join of two shapes."""
    children = dict(a.children)
    for key, child in b.children.items():
        children[key] = merge_shapes(children[key], child) if key in children else child
    return Shape(join(a.value, b.value), children)


def portable(value: Value) -> tuple[Ref, ...]:
    """A value's targets in a form that means the same in any function."""
    if not value.refs:
        return ()
    return tuple(_portable_ref(ref) for ref in value.refs)


def _portable_ref(ref: Ref) -> Ref:
    if isinstance(ref, FuncRef):
        return FuncRef(ref.module, ref.qualname, 0) if ref.frame else ref
    if isinstance(ref, BoundRef):
        return BoundRef(bare(ref.receiver), ref.name)
    if isinstance(ref, WrapRef):
        return WrapRef(ref.kind, bare(ref.func), ref.static, ref.options)
    if isinstance(ref, PartialRef):
        return PartialRef(
            bare(ref.func), tuple(bare(v) for v in ref.args), tuple((k, bare(v)) for k, v in ref.keywords)
        )
    return ref


def bare(value: Value, depth: int = 0) -> Value:
    """A value's type alone: no views, no dependence."""
    const = value.const if isinstance(value.const, (bool, str, type(None))) else ABSENT
    items = tuple(bare(v, depth + 1) for v in value.items) if value.items is not None and depth < 3 else None
    return Value(
        value.kind,
        NO_VIEWS,
        const,
        portable(value),
        items,
        0,
        value.grad & 1,
        0,
        min(value.doubt, 1),
        value.mark & LEAF,
    )


__all__ = [
    "ANY",
    "ITERATOR",
    "PLAIN",
    "SET",
    "assign",
    "element",
    "get_item",
    "initial",
    "read",
    "set_attribute",
    "view",
]
