"""Writes to arrays and containers: versions bumped, saves clobbered, facts recorded."""

from __future__ import annotations

from statelint.effects.facts import ArgumentWrite, ExpandedWrite, LeafWrite, Link, Span, StateWrite
from statelint.effects.frame import Frame, SaveRecord, WriteRecord
from statelint.effects.instances import is_value
from statelint.effects.state import State
from statelint.effects.value import (
    ARRAY,
    CERTAINLY,
    CONTAINER,
    DETACHED,
    EXPANDED,
    IMMUTABLE,
    LEAF,
    MAYBE,
    NDARRAY,
    NUMBER,
    SCALAR,
    TENSOR,
    UNKNOWN,
    InstRef,
    Value,
    View,
    counter_of,
    members_of,
)
from statelint.storage import ALL, overlap


def effective(state: State, value: Value) -> tuple[int, int, int]:
    """``(hist, grad, deps)`` of a value with what writes to its storage have added since."""
    hist, grad, deps = value.hist, value.grad, value.deps
    if state.extra and value.views:
        for sid, _ in value.views:
            added = state.extra.get(sid)
            if added is not None:
                deps |= added[2]
                if not value.mark & DETACHED:
                    hist |= added[0]
                    grad |= added[1]
    return hist, grad, deps


def save(
    frame: Frame, state: State, value: Value, at: Span, op: str, what: str, name: str, grad: int, doubt: int,
    counter: int | None = None,
) -> int:  # fmt: skip
    """Record that an operation keeps a value for its backward rule; the bits of the saves."""
    bits = 0
    counter = counter_of(value) if counter is None else counter
    link = (Link(frame.module, at, f"`{name}` is saved here by `{op}`" if name else f"`{op}` saves its {what} here"),)
    for sid, region in value.views:
        key = (sid, region, at, op, what, frame.site, counter)
        bit = frame.save_bits.get(key, 0)
        if not bit:
            bit = 1 << len(frame.saves)
            frame.save_bits[key] = bit
            leaf = bool(value.mark & LEAF or (value.grad & CERTAINLY and not value.hist))
            frame.saves.append(
                SaveRecord(
                    sid,
                    region,
                    op,
                    what,
                    name,
                    grad,
                    doubt + value.doubt + frame.ambiguity + frame.alias_doubt(value, sid),
                    link,
                    leaf,
                    counter,
                )
            )
        state.saved[sid] = state.saved.get(sid, 0) | bit
        # A new save of this site stands at the current version.
        state.clobbered &= ~bit
        state.freed &= ~bit
        state.stepped &= ~bit
        bits |= bit
    return bits


def write(
    frame: Frame,
    state: State,
    value: Value,
    at: Span,
    op: str,
    target: str,
    mode: str,
    added: tuple[int, int, int] = (0, 0, 0),
    how: str = "array",
    doubt: int = 0,
    source: Value | None = None,
) -> None:
    """An array (or what may be one) is overwritten through a view."""
    if not value.kind & ~(SCALAR | IMMUTABLE):
        return
    doubt += value.doubt + frame.ambiguity + _one_of_several(frame, value)
    if value.mark & DETACHED and not value.mark & LEAF and mode == "recorded":
        mode = "no_grad"  # an alias outside the graph: autograd does not record the write
    known = kind_of(frame, value)
    if not known & (ARRAY | CONTAINER) and known & UNKNOWN and not known & ~UNKNOWN:
        doubt += 1
    clobber(frame, state, value, at, op, target, mode, doubt)
    hist, grad, deps = added
    if mode != "recorded":
        hist = grad = 0
    for sid, _ in value.views:
        if hist or grad or deps:
            mine = state.extra.get(sid, (0, 0, 0))
            state.extra[sid] = (mine[0] | hist, mine[1] | grad, mine[2] | deps)
    if value.mark & LEAF and mode == "recorded" and not state.no_grad:
        frame.add(LeafWrite(at, target, op, doubt + bool(value.mark & MAYBE)))
    unseen = mode != "recorded" and not known & NDARRAY
    note(frame, state, value, at, op, how, (hist, grad, deps), doubt, source, unseen=unseen)


def _one_of_several(frame: Frame, value: Value) -> int:
    """The doubt that a value which may be a new array, or one that was there before, is the latter."""
    if len(value.views) < 2 or value.mark & MAYBE:
        return 0
    outside = {frame.outside(sid) for sid, _ in value.views}
    return 1 if len(outside) > 1 else 0


IDEMPOTENT = frozenset(
    [
        "fill_",
        "zero_",
        "zeros_",
        "ones_",
        "constant_",
        "masked_fill_",
        "index_fill_",
        "index_put_",
        "fill_diagonal_",
        "tril_",
        "triu_",
        "threshold_",
        "eye_",
        "scatter_",
        "requires_grad_",
        "t_",
        "transpose_",
        "squeeze_",
        "unsqueeze_",
        "detach_",
        "set_",
        "resize_",
    ]
)
"""Writes that PyTorch lets through a view whose elements share memory (torch 2.13, by execution), or that write
nothing.
"""


def elements_shared(frame: Frame, value: Value, at: Span, op: str, target: str, name: str, doubt: int) -> None:
    """A write through a view whose elements share memory with each other: which of them wins is undefined."""
    if (
        value.mark & EXPANDED
        and kind_of(frame, value) & (TENSOR | UNKNOWN)
        and name.rpartition(".")[2] not in IDEMPOTENT
    ):
        frame.add(ExpandedWrite(at, target, op, doubt + value.doubt + frame.ambiguity))


def clobber(frame: Frame, state: State, value: Value, at: Span, op: str, target: str, mode: str, doubt: int) -> None:
    """Every save that stands on what is written is overwritten."""
    record = WriteRecord(frame.key, at, op, target, mode, doubt, False, (), counter_of(value))
    for sid, region in value.views:
        told = record._replace(doubt=doubt + frame.alias_doubt(value, sid), region=region)
        if frame.outside(sid):
            frame.array_write(sid, region, told)
        overwrite(frame, state, frozenset(((sid, region),)), told)


def overwrite(frame: Frame, state: State, views: frozenset[View], record: WriteRecord) -> None:
    """A write through some views meets the saves that stand on their storages."""
    for sid, region in views:
        for index in members_of(state.saved.get(sid, 0)):
            saved = frame.saves[index]
            entry = record.against(saved, apart=not overlap(saved.region, region))
            if entry is not None:
                state.clobbered |= 1 << index
                frame.clobbers.setdefault(index, {})[entry] = None


def kind_of(frame: Frame, value: Value) -> int:
    """The kind of a value, with what its uses have shown about its storage."""
    kind = value.kind
    if kind & UNKNOWN and frame.evidence:
        for sid, _ in value.views:
            found = frame.evidence.get(sid)
            if found:
                kind = kind & ~UNKNOWN | found
    return kind


def note(
    frame: Frame,
    state: State,
    value: Value,
    at: Span,
    op: str,
    how: str,
    added: tuple[int, int, int],
    doubt: int,
    source: Value | None,
    *,
    unseen: bool = False,
) -> None:
    """The facts about state and arguments that a write to ``value`` is. ``unseen``: autograd does not record it."""
    for sid, _ in value.views:
        if not frame.outside(sid):
            continue
        root = frame.root(sid)
        kind = kind_of(frame, value)
        reference = frame.state_ref(sid)
        if reference is not None:
            add_state_write(
                frame, state, sid, at, op, how, added[2], doubt, source, kind, reads_old=how != "item", unseen=unseen,
                grad=added[1],
            )  # fmt: skip
        elif root.kind == "param" and not _own_packing(frame, sid):
            put = kind_of(frame, source) if source is not None else 0
            deps = origin_texts(frame, effective(state, source)[2] if source is not None else added[2])
            frame.add(
                ArgumentWrite(
                    at,
                    str(root.key),
                    frame.path(sid),
                    how,
                    op,
                    state.no_grad,
                    kind,
                    doubt,
                    guard_texts(frame),
                    put,
                    deps,
                )
            )


def _own_packing(frame: Frame, sid: int) -> bool:
    """Whether it is the tuple or dict that the call itself makes for ``*args`` or ``**kwargs``."""
    name = frame.storages[sid].key
    return frame.storages[sid].kind == "param" and any(
        p.name == name and p.kind in ("vararg", "kwarg") for p in frame.fn.params
    )


def add_state_write(
    frame: Frame,
    state: State,
    sid: int,
    at: Span,
    op: str,
    how: str,
    deps: int,
    doubt: int,
    source: Value | None,
    kind: int,
    *,
    reads_old: bool,
    unseen: bool = False,
    grad: int = 0,
) -> None:
    """Record a write of state by its access path. ``grad``: whose gradients the write adds to those of ``source``."""
    reference = frame.state_ref(sid)
    if reference is None:
        return
    if source is not None:
        _, flow, more = effective(state, source)
        grad |= flow
        deps |= more
    field = how in ("rebind", "augmented") and frame.storages[sid].kind == "field"
    place = (frame.storages[sid].base, frame.storages[sid].key) if field else (sid, None)
    effect = (*place, frame.key, at)
    frame.effects[effect] = frame.effects.get(effect, 0) | deps
    if frame.finals:
        frame.restored.add(reference)
        frame.final_writes.add(at)
    frame.conditional.setdefault(reference.text, set()).update(frame.branches)
    own = 0
    for origin in frame.origin_sids(deps):
        if origin == sid or frame.path(origin) == reference.text:
            own = 1
    texts = origin_texts(frame, deps)
    traced = source is not None and may_be_array(frame, source) and from_arguments(frame, deps, sid)
    container = 0
    if frame.storages[sid].kind == "field":
        container = 1
    frame.add(
        StateWrite(
            at,
            reference,
            how,
            op,
            state.no_grad or unseen,
            texts,
            bool(own) or reads_old,
            traced,
            not unseen and not state.no_grad and attached(frame, grad),
            guard_texts(frame),
            not deps and source is not None,
            kind,
            container,
            doubt,
        )
    )


def from_arguments(frame: Frame, deps: int, state: int) -> bool:
    """Whether a value is computed from arguments, or from captured variables other than the state itself."""
    for sid in frame.origin_sids(deps):
        root = frame.root(sid)
        if root.kind == "param" and not frame.is_receiver(str(root.key)):
            return True
        if root.kind == "free" and sid != state:
            return True
    return False


def attached(frame: Frame, grad: int) -> bool:
    """Whether a value needs a gradient for another reason than the receiver's own state, which may be a plain
    tensor."""
    if grad & CERTAINLY:
        return True
    for sid in frame.origin_sids(grad):
        root = frame.root(sid)
        if root.kind != "param" or not frame.is_receiver(str(root.key)):
            return True
    return False


def may_be_array(frame: Frame, value: Value) -> bool:
    """Whether a value may be an array, or hold some."""
    if value.items is not None:
        return any(may_be_array(frame, v) for v in value.items)
    kind = kind_of(frame, value)
    if value.kind & NUMBER and not value.kind & (ARRAY | UNKNOWN):
        return False
    return bool(kind & (ARRAY | UNKNOWN | CONTAINER)) or _tree(frame, value)


def _tree(frame: Frame, value: Value) -> bool:
    """Whether a value is an object that JAX takes apart into arrays."""
    refs = [ref for ref in value.refs if isinstance(ref, InstRef)]
    return (
        bool(refs)
        and "jax" in frame.analyzer.dialects(frame.module)
        and is_value(frame.analyzer, refs[0].module, refs[0].qualname)
    )


def origin_texts(frame: Frame, deps: int) -> tuple[str, ...]:
    """The access paths of a set of origins, sorted."""
    return tuple(sorted({frame.path(sid) for sid in frame.origin_sids(deps)} - {""}))


def guard_texts(frame: Frame) -> tuple[str, ...]:
    """The tests around the current place, outermost first."""
    return tuple(text for text, _ in frame.guards if text)


__all__ = ["ALL", "add_state_write", "clobber", "effective", "kind_of", "note", "save", "write"]
