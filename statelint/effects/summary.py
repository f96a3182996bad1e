"""Summaries: what a caller needs to know of a function, and composing them at a call.

A summary speaks of the function's own storages by access path from its parameters, the receiver, globals, captured
variables and what it allocates. At a call each path is resolved against the caller's state, and what the callee saved,
overwrote, consumed and returned happens to the caller's storages.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from statelint.effects import fields, members, retention, seeds, training
from statelint.effects.facts import Key, Lasting, LeafWrite, Link, Span
from statelint.effects.frame import (
    ConsumeRecord,
    Frame,
    Pass,
    SaveRecord,
    SeedRecord,
    Shape,
    Storage,
    WriteRecord,
    global_name,
)
from statelint.effects.retention import Place
from statelint.effects.state import Extra, State
from statelint.effects.value import (
    ABSENT,
    CERTAINLY,
    CONTAINER,
    DETACHED,
    LEAF,
    NDARRAY,
    NO_VIEWS,
    NOTHING,
    SCALAR,
    TENSOR,
    UNCOUNTED,
    UNKNOWN,
    BoundRef,
    FuncRef,
    InstRef,
    PartialRef,
    Ref,
    Value,
    View,
    WrapRef,
    counted_by,
    counter_of,
    join,
    members_of,
)
from statelint.effects.writes import attached, effective, from_arguments, may_be_array, origin_texts, overwrite
from statelint.storage import ALL, Index, Linear, Slice, compose

OBJECT_LEVELS = 2
"""An object that a function makes or changes is handed to its callers with the fields of this many levels of objects;
what lies deeper is known by its class alone.
"""


class Summary(msgspec.Struct):
    """``fields`` are the written fields of outside storages and all fields of returned ones, at exit. ``arrays`` are
    the array writes to outside storages in the order in which they were met.
    """

    key: Key
    params: tuple[str, ...]
    storages: list[Storage]
    origins: list[int]
    result: Value
    fields: list[tuple[int, object, Value]]
    extra: dict[int, Extra]
    arrays: list[tuple[int, tuple, WriteRecord]]  # type: ignore[type-arg]
    saves: dict[int, SaveRecord]
    saved: dict[int, int]
    clobbered: int
    clobbers: dict[int, tuple[WriteRecord, ...]]
    consumed: dict[int, tuple[ConsumeRecord, ...]]
    backward: tuple[Value, ...]
    freed: dict[int, Link]
    passes: tuple[Pass, ...]
    cleared: tuple[int, ...] = ()
    kept: tuple[Place, ...] = ()
    freezes: bool = False
    zeroes: bool = False
    effects: tuple[tuple[int, object, Key, Span, int], ...] = ()
    seeds: tuple[tuple[SeedRecord, Value], ...] = ()
    shapes: dict[int, Shape] = {}
    returns: bool = True
    generator: bool = False
    unknown: bool = False

    def is_receiver(self, sid: int) -> bool:
        """Whether a storage is the object whose method this is."""
        record = self.storages[sid]
        return record.kind == "param" and bool(self.params) and record.key == self.params[0] == "self"

    def root(self, sid: int) -> int:
        """The storage at the start of the access path."""
        while self.storages[sid].kind == "field":
            sid = self.storages[sid].base
        return sid


_SAID = tuple(name for name in Summary.__struct_fields__ if name not in ("shapes", "generator"))


def default_summary(key: Key, params: tuple[str, ...]) -> Summary:
    """What is assumed of a function that is not analysed (recursion, over budget): it returns something unknown."""
    return Summary(
        key, params, [], [], Value(UNKNOWN, doubt=1), [], {}, [], {}, {}, 0, {}, {}, (), {}, (), unknown=True
    )


def bottom_summary(key: Key, params: tuple[str, ...]) -> Summary:
    """What a recursive function is first assumed to do: nothing, and to return nothing that is known."""
    summary = default_summary(key, params)
    summary.unknown = False
    summary.result = Value(0)
    return summary


def same_summary(a: Summary, b: Summary) -> bool:
    """Whether two summaries of one function say the same."""
    return all(getattr(a, name) == getattr(b, name) for name in _SAID)


def summarize(frame: Frame, exit_state: State | None, result: Value) -> Summary:
    """The summary of an analysed function."""
    key = frame.key
    params = tuple(p.name for p in frame.fn.params)
    if exit_state is None:
        summary = default_summary(key, params)
        summary.returns = False
        summary.unknown = False
        summary.result = NOTHING
        return summary
    kept, reachable = _kept_fields(frame, exit_state, result)
    relevant = {sid for sid in exit_state.saved if sid in reachable or frame.outside(sid)}
    saved = {sid: exit_state.saved[sid] for sid in relevant}
    wanted = 0
    for bits in saved.values():
        wanted |= bits
    debt = exit_state.clobbered & _history(result, kept, exit_state)
    saves: dict[int, SaveRecord] = {}
    clobbers: dict[int, tuple[WriteRecord, ...]] = {}
    for index in range(len(frame.saves)):
        bit = 1 << index
        if (wanted | debt) & bit:
            saves[index] = frame.saves[index]
            if debt & bit:
                clobbers[index] = tuple(frame.clobbers.get(index, ()))[:3]
    extra = {s: e for s, e in exit_state.extra.items() if s in reachable or frame.outside(s)}
    consumed = {
        sid: tuple(frame.consumptions[e] for e in sorted(events))
        for sid, events in exit_state.consumed.items()
        if sid in reachable or frame.outside(sid)
    }
    return Summary(
        key,
        params,
        frame.storages,
        frame.origins,
        result,
        kept,
        extra,
        frame.array_writes,
        saves,
        saved,
        exit_state.clobbered & wanted | debt,
        clobbers,
        consumed,
        tuple(frame.consumed_values),
        {i: frame.freed_at[i] for i in saves if exit_state.freed >> i & 1},
        tuple(frame.passes),
        tuple(frame.cleared),
        retention.unsettled(frame, exit_state, result),
        frame.freezes,
        frame.zeroes,
        tuple((*effect, deps) for effect, deps in frame.effects.items()),
        tuple(frame.seeds.items()),
        {sid: frame.shapes[sid] for sid in reachable if sid in frame.shapes and not frame.outside(sid)},
        generator=frame.fn.is_generator,
    )


def _kept_fields(frame: Frame, state: State, result: Value) -> tuple[list[tuple[int, object, Value]], set[int]]:
    """The fields that a caller can reach, down to the parts of the parts of an object, and all storages met on the
    way."""
    reachable: set[int] = set()
    _reach(state, result, reachable)
    waiting = [sid for sid, _ in state.fields.tables() if frame.outside(sid) or sid in reachable]
    seen = set(waiting)
    kept: list[tuple[int, object, Value]] = []
    for _ in range(OBJECT_LEVELS):
        deeper: list[int] = []
        while waiting:
            sid = waiting.pop()
            for name, value in state.fields.of(sid).items():
                kept.append((sid, name, value))
                met: set[int] = set()
                _reach(state, value, met)
                reachable |= met
                is_object = any(isinstance(ref, InstRef) for ref in value.refs)
                (deeper if is_object else waiting).extend(met - seen)
                seen |= met
        waiting = deeper
    kept.sort(key=lambda field: field[0])
    return kept, reachable


def _reach(state: State, value: Value, into: set[int]) -> None:
    for sid, _ in value.views:
        into.add(sid)
    for item in value.items or ():
        _reach(state, item, into)
    for ref in value.refs:
        if isinstance(ref, BoundRef):
            _reach(state, ref.receiver, into)
        elif isinstance(ref, FuncRef) and ref.frame:
            into.add(ref.frame)
        elif isinstance(ref, WrapRef):
            _reach(state, ref.func, into)
        elif isinstance(ref, PartialRef):
            _reach(state, ref.func, into)
            for arg in ref.args:
                _reach(state, arg, into)


def _history(result: Value, kept: list[tuple[int, object, Value]], state: State) -> int:
    bits = effective(state, result)[0]
    for item in result.items or ():
        bits |= effective(state, item)[0]
    for _, _, value in kept:
        bits |= effective(state, value)[0]
    for hist, _, _ in state.extra.values():
        bits |= hist
    return bits


class Composition:
    """One call: the callee's storages and bits in the caller's terms."""

    def __init__(
        self, frame: Frame, state: State, summary: Summary, arguments: dict[str, Value], closure: int, at: Span
    ) -> None:
        self.frame = frame
        self.state = state
        self.summary = summary
        self.arguments = arguments
        self.closure = closure
        self.at = at
        self._values: dict[int, Value] = {}
        self._origin_cache: dict[int, tuple[int, int, int]] = {}
        self._last: tuple[int, tuple[int, int, int]] = (0, (0, 0, 0))
        self._bits: dict[int, int] = {}
        self._busy: set[int] = set()
        self.recursive = summary.key == frame.key
        """The function calls itself: what all its calls allocate and save at one place is one storage and one save."""
        self._saves = 0
        for index in summary.saves:
            self._saves |= 1 << index

    # storages ---------------------------------------------------------------------------------------------------

    def held(self, sid: int) -> Value:
        """The caller's value for what a callee's storage is."""
        value = self._values.get(sid)
        if value is None:
            if sid in self._busy:
                return Value(UNKNOWN, doubt=1)
            self._busy.add(sid)
            outer, self.frame.composing = self.frame.composing, not self.frame.analyzer.thorough
            value = self._values[sid] = self._resolve(sid)
            self.frame.composing = outer
            self._busy.discard(sid)
        return value

    def _resolve(self, sid: int) -> Value:
        record = self.summary.storages[sid]
        frame, state = self.frame, self.state
        kind = record.kind
        if kind == "param":
            found = self.arguments.get(str(record.key))
            return found if found is not None else NOTHING
        if kind == "field":
            base_record = self.summary.storages[record.base]
            if base_record.kind == "free":
                if not self.closure:
                    return Value(UNKNOWN)
                return fields.read(frame, state, self.closure, record.key)
            base = self.held(record.base)
            return self._field(base, record.key)
        if kind in ("global", "class", "default", "lib"):
            place = frame.storage(kind, 0, record.key)
            if kind == "global":
                module, name = global_name(record)
                known = frame.analyzer.global_variable(frame, state, module, name)
                if known is not None:
                    return known
            return Value(UNKNOWN, frozenset(((place, ALL),)), deps=frame.origin(place))
        if kind == "external":
            return Value(UNKNOWN, deps=frame.origin(frame.storage("external", 0, record.key)))
        if kind == "free":
            return Value(UNKNOWN, frozenset(((self.closure, ALL),))) if self.closure else Value(UNKNOWN)
        if self.recursive:
            return Value(UNKNOWN, frozenset(((frame.storage(kind, 0, record.key), ALL),)))
        site = (self.summary.key, sid)
        return Value(UNKNOWN, frozenset(((frame.new(self.at, site), ALL),)))

    def _field(self, base: Value, key: object) -> Value:
        if key == training.PARAMETERS:
            places = frozenset((self.frame.field(sid, key), ALL) for sid, _ in base.views)
            return Value(TENSOR, places, grad=CERTAINLY, mark=LEAF, doubt=base.doubt)
        if base.items is not None and isinstance(key, str) and key.startswith("["):
            inner = key[1:-1]
            if inner.lstrip("-").isdigit() and -len(base.items) <= int(inner) < len(base.items):
                return base.items[int(inner)]
            if base.items:
                result = base.items[0]
                for item in base.items[1:]:
                    result = join(result, item)
                return result
        if isinstance(key, str) and not key.startswith("[") and (base.refs or base.views):
            known = self._known(base, key)
            if known is not None:
                return known
            if base.refs:
                return members.get_attribute(self.frame, self.state, base, key, self.at)
        if base.kind & (TENSOR | NDARRAY) and not base.kind & UNKNOWN and isinstance(key, str) and key.startswith("["):
            inner = key[1:-1]
            at = Index(Linear(0, int(inner))) if inner.lstrip("-").isdigit() else None
            return fields.view(self.frame, self.state, base, (at,))  # the callee did not know it for an array
        found: Value | None = None
        for sid, _ in base.views:
            value = fields.read(self.frame, self.state, sid, key)
            found = value if found is None else join(found, value)
        return found if found is not None else Value(UNKNOWN, deps=base.deps, grad=base.grad, hist=base.hist)

    def _known(self, base: Value, key: object) -> Value | None:
        """A field that the caller has written or looked at before; None if any of the owners has it not."""
        found: Value | None = None
        for sid, _ in base.views:
            value = self.state.fields.get((sid, key))
            if value is None:
                value = self.frame.initials.get((sid, key))
            if value is None:
                return None
            found = value if found is None else join(found, value)
        return found

    def views(self, sid: int) -> frozenset[View]:
        """The caller's views for a callee's storage."""
        return self.held(sid).views

    def _moved(self, views: frozenset[View]) -> frozenset[View]:
        if not views:
            return views
        if len(views) == 1:
            ((sid, region),) = views
            if not region:
                return self.held(sid).views
        result: set[View] = set()
        for sid, region in views:
            clean = tuple(s if not _symbolic(s) else None for s in region)
            for target, outer in self.views(sid):
                moved = compose(outer, clean)
                result.add((target, moved[:1] if self.recursive else moved))
        return frozenset(result)

    def counter(self, counter: int, sid: int) -> int:
        """The caller's version counter for one of the callee's: that of an argument is the argument's."""
        if counter == UNCOUNTED:
            return counter
        return self.frame.counter((self.at, self.summary.key, counter)) if counter else counter_of(self.held(sid))

    # bits -------------------------------------------------------------------------------------------------------

    def origins(self, bits: int) -> tuple[int, int, int]:
        """``(deps, grad, hist)`` in the caller of a set of the callee's origins."""
        bits &= ~CERTAINLY
        before, (deps, grad, hist) = self._last
        if before & ~bits:
            before = deps = grad = hist = 0
        table = self.summary.origins
        # What one value depends on mostly contains what the one before did.
        for index in members_of(bits & ~before):
            h, g, d = self._origin(table[index])
            deps |= d
            grad |= g
            hist |= h
        self._last = (bits, (deps, grad, hist))
        return deps, grad, hist

    def scalar(self, bits: int, owner: int, name: object) -> bool:
        """Whether all that a set of origins stands for, but the field itself, are numbers and texts here."""
        known = False
        for index in members_of(bits & ~CERTAINLY):
            origin = self.summary.origins[index]
            record = self.summary.storages[origin]
            if record.kind == "field" and (record.base, record.key) == (owner, name):
                continue
            kind = self.held(origin).kind
            if not kind or kind & ~SCALAR:
                return False
            known = True
        return known

    def _origin(self, sid: int) -> tuple[int, int, int]:
        found = self._origin_cache.get(sid)
        if found is None:
            value = self.held(sid)
            hist, grad, deps = effective(self.state, value)
            for item in (*(value.items or ()), *self._elements(value)):
                h, g, d = effective(self.state, item)
                hist, grad, deps = hist | h, grad | g, deps | d
            found = self._origin_cache[sid] = (hist, grad, deps)
        return found

    def _elements(self, value: Value) -> Iterator[Value]:
        """What a container is known to hold."""
        if value.kind & CONTAINER:
            for sid, _ in value.views:
                for key, held in self.state.fields.of(sid).items():
                    if isinstance(key, str) and key.startswith("["):
                        yield held

    def history(self, bits: int) -> int:
        """The caller's saves for the callee's that it needs to know."""
        result = 0
        for index in members_of(bits & self._saves):
            result |= self.save_bit(index)
        return result

    def save_bit(self, index: int) -> int:
        """The caller's save for one of the callee's."""
        bits = self._bits.get(index)
        if bits is not None:
            return bits
        if self.state.no_grad:
            return 0
        frame = self.frame
        record = self.summary.saves[index]
        grad = record.grad & 1
        _, more, _ = self.origins(record.grad)
        grad |= more
        bits = 0
        if grad:
            link = Link(frame.module, self.at, f"`{self.summary.key[1]}` is called here")
            for sid, region in self._moved(frozenset(((record.sid, record.region),))):
                which = (index,) if not self.recursive else (record.chain[-1:], record.op, record.what)
                key = (self.at, self.summary.key, which, sid, region)
                bit = frame.save_bits.get(key, 0)
                if not bit:
                    bit = 1 << len(frame.saves)
                    frame.save_bits[key] = bit
                    name = frame.name_of(self.state, sid) or record.name
                    chain = (link, *record.chain[-1 if self.recursive else 0 :])[:6]
                    doubt = record.doubt + frame.ambiguity
                    frame.saves.append(
                        record._replace(
                            sid=sid,
                            region=region,
                            grad=grad,
                            chain=chain,
                            name=name,
                            doubt=doubt,
                            counter=self.counter(record.counter, record.sid),
                        )
                    )
                bits |= bit
        self._bits[index] = bits
        return bits

    # values -----------------------------------------------------------------------------------------------------

    def value(self, value: Value) -> Value:
        """A callee's value in the caller's terms."""
        if (
            not value.views
            and not value.deps
            and not value.refs
            and value.items is None
            and not value.grad
            and not value.hist
        ):
            return value
        deps, grad, hist = self.origins(value.deps)
        if not value.grad:
            grad = hist = 0
        else:
            _, grad, hist = self.origins(value.grad)
            grad |= value.grad & CERTAINLY
        hist |= self.history(value.hist)
        detached = value.mark & DETACHED and not value.mark & LEAF
        if detached or (self.state.no_grad and not self._given(value)):
            grad = hist = 0
        moved = self._moved(value.views)
        kind = value.kind
        refs = tuple(self.ref(r) for r in value.refs)
        items = tuple(self.value(v) for v in value.items) if value.items is not None else None
        const = value.const
        doubt = value.doubt
        if value.views and kind & UNKNOWN and items is None:
            # The callee did not know what it returns; the caller may.
            for sid, region in value.views:
                held = self.held(sid)
                if not region and self.summary.storages[sid].kind in ("param", "field"):
                    kind = kind & ~UNKNOWN | held.kind
                    if not refs:
                        refs = held.refs
                    if held.items is not None and len(value.views) == 1:
                        items = held.items
                    if held.const is not ABSENT and len(value.views) == 1:
                        const = held.const
                    doubt = max(doubt, held.doubt)
        if isinstance(const, Linear):
            const = ABSENT
        mark = value.mark
        counter = counter_of(value)
        if counter or mark & DETACHED or len(value.views) == 1:
            counter = self.counter(counter, next(iter(value.views))[0]) if value.views else 0
            mark = counted_by(mark, counter)
        return Value(kind, moved if moved else NO_VIEWS, const, refs, items, deps, grad, hist, doubt, mark)

    def _given(self, value: Value) -> bool:
        """Whether a value is, or views, something that the callee did not make."""
        return any(self.summary.storages[sid].kind not in ("new", "old") for sid, _ in value.views)

    def ref(self, ref: Ref) -> Ref:
        """What is called, in the caller's terms."""
        if isinstance(ref, BoundRef):
            return BoundRef(self.value(ref.receiver), ref.name)
        if isinstance(ref, FuncRef) and ref.frame:
            record = self.summary.storages[ref.frame]
            if record.kind == "free":
                return FuncRef(ref.module, ref.qualname, self.closure)
            return FuncRef(ref.module, ref.qualname, self.frame.new(self.at, (self.summary.key, ref.frame)))
        if isinstance(ref, WrapRef):
            return WrapRef(ref.kind, self.value(ref.func), ref.static, ref.options)
        if isinstance(ref, PartialRef):
            return PartialRef(
                self.value(ref.func), tuple(self.value(v) for v in ref.args),
                tuple((k, self.value(v)) for k, v in ref.keywords),
            )  # fmt: skip
        return ref


def _symbolic(selector: object) -> bool:
    if isinstance(selector, Index):
        return selector.at.symbol != 0
    if isinstance(selector, Slice):
        return any(b is not None and b.symbol != 0 for b in (selector.lower, selector.upper))
    return False


def compose_call(
    frame: Frame, state: State, summary: Summary, arguments: dict[str, Value], closure: int, at: Span
) -> Value:
    """Apply a summary to the caller's state; the call's result."""
    if summary.unknown:
        deps = grad = hist = 0
        for value in arguments.values():
            h, g, d = effective(state, value)
            deps, grad, hist = deps | d, grad | g, hist | h
        if summary.key == frame.key:
            grad = hist = 0  # what a function that calls itself gives comes from its other returns
        return Value(UNKNOWN, frozenset(((frame.new(at, "unknown"), ALL),)), deps=deps, grad=grad, hist=hist, doubt=1)
    call = Composition(frame, state, summary, arguments, closure, at)
    for sid, shape in summary.shapes.items():
        for target, _ in call.views(sid):
            frame.shapes.setdefault(target, shape)
    # Resolve all paths against the state before the call.
    for sid, _, _ in summary.fields:
        call.held(sid)
    for sid in (*summary.extra, *summary.consumed, *summary.saved):
        call.held(sid)
    if summary.backward:
        for consumed in summary.backward:
            frame.analyzer.hazards.consume(frame, state, call.value(consumed), at, "callee")
    frame.freezes = frame.freezes or summary.freezes
    if summary.zeroes:
        state.grads = {}
    for made in summary.passes:
        _, grad, read = call.origins(made.grad)
        grad |= made.grad & CERTAINLY
        frame.consumed_history |= read
        if not training.reach(frame, state, grad, read, at, made.frees, made.link):
            frame.analyzer.hazards.stepped(frame, state, read, at)
    for sown, seed in summary.seeds:
        seeds.note(frame, state, sown.generator, call.value(seed), at, sown.what)
    link = Link(frame.module, at, f"`{summary.key[1]}` is called here")
    writes_done = set()
    for sid, region, record in summary.arrays:
        overwritten = call.held(sid)
        if not overwritten.views:
            continue
        if record.mode == training.STEP:
            entry = record._replace(chain=(link, *record.chain)[:6], doubt=record.doubt + frame.ambiguity)
            for place, _ in overwritten.views:
                training.overwrite(frame, state, place, entry)
            _propagate(frame, overwritten.views, entry)
            continue
        unrecorded = state.no_grad or (overwritten.mark & DETACHED and not overwritten.mark & LEAF)
        if unrecorded and record.mode == "recorded":
            record = record._replace(mode="no_grad")
        entry = record
        if overwritten.mark & LEAF and entry.mode == "recorded" and not state.no_grad:
            frame.add_foreign(entry.key, LeafWrite(entry.at, entry.target, entry.op, entry.doubt + overwritten.doubt))
        views = call._moved(frozenset(((sid, region),)))
        entry = record._replace(
            chain=(link, *record.chain)[:6], doubt=record.doubt + frame.ambiguity, counter=call.counter(record.counter,
            sid)
        )  # fmt: skip
        if (views, entry.at, entry.key) in writes_done:
            continue
        writes_done.add((views, entry.at, entry.key))
        overwrite(frame, state, views, entry)
        _propagate(frame, views, entry)
        frame.analyzer.arguments.passed(frame, state, summary, sid, overwritten, entry, at)
    extras = []
    for sid, (hist, grad, deps) in summary.extra.items():
        more_deps, _, _ = call.origins(deps)
        _, more_grad, more_hist = call.origins(grad)
        if state.no_grad:
            extras.append((sid, 0, 0, more_deps))
            continue
        extras.append((sid, more_hist | call.history(hist), more_grad | grad & CERTAINLY, more_deps))
    saved = [(sid, call.history(bits)) for sid, bits in summary.saved.items()]
    new_fields = [(sid, name, call.value(value)) for sid, name, value in summary.fields]
    result = call.value(summary.result)
    for sid, bits in saved:
        for target, _ in call.views(sid):
            state.saved[target] = state.saved.get(target, 0) | bits
            state.clobbered &= ~bits
            state.freed &= ~bits
            state.stepped &= ~bits
    for index, freed_at in summary.freed.items():
        bits = call.save_bit(index)
        state.freed |= bits
        frame.ever_freed |= bits
        for position in range(bits.bit_length()):
            if bits >> position & 1:
                frame.freed_at[position] = freed_at
    for index in summary.saves:
        if summary.clobbered >> index & 1:
            bits = call.save_bit(index)
            state.clobbered |= bits
            for position in members_of(bits):
                for clobber in summary.clobbers.get(index, ()):
                    chain = (link, *clobber.chain)[:6]
                    entry = clobber._replace(
                        chain=chain, counter=call.counter(clobber.counter, summary.saves[index].sid)
                    )
                    frame.clobbers.setdefault(position, {})[entry] = None
    _last(frame, state, call, {(sid, name): value for sid, name, value in new_fields})
    kept: dict[tuple[int, object], list[Place]] = {}
    for keeping in summary.kept:
        kept.setdefault((keeping.sid, keeping.key), []).append(keeping)
    for sid, hist, grad, deps in extras:
        for target, _ in call.views(sid):
            for keeping in kept.get((sid, retention.EXTRA), ()) if hist else ():
                hist = retention.handed_up_extra(frame, keeping, hist, target)
            mine = state.extra.get(target, (0, 0, 0))
            state.extra[target] = (mine[0] | hist, mine[1] | grad, mine[2] | deps)
    for sid in summary.cleared:
        fields.clear(frame, state, call.held(sid))
    for sid, name, value in new_fields:
        owner = call.held(sid)
        if summary.storages[sid].kind == "free" and call.closure:
            owner = Value(UNKNOWN, frozenset(((call.closure, ALL),)))
        for keeping in kept.get((sid, name), ()):
            for target, _ in owner.views:
                value = retention.handed_up(frame, state, keeping, value, target)
        fields.assign(frame, state, owner, name, value)
    renewed = {(sid, name) for sid, name, _ in summary.fields}
    for sid, events in summary.consumed.items():
        storage = summary.storages[sid]
        if storage.kind == "field" and (storage.base, storage.key) not in renewed and summary.is_receiver(storage.base):
            continue  # what a method draws with a key of its own is the object's affair
        captured = summary.key if summary.storages[summary.root(sid)].kind == "free" else None
        frame.analyzer.keys.compose(frame, state, call.held(sid), events, at, link, captured)
    return result


def _last(frame: Frame, state: State, call: Composition, written: dict[tuple[int, object], Value]) -> None:
    """The callee's writes of what existed before this function too."""
    for sid, name, writer, write_at, needed in call.summary.effects:
        deps = call.origins(needed)[0]
        value = written.get((sid, name))
        for target, _ in call.views(sid):
            if not frame.outside(target):
                continue
            effect = (target, name, writer, write_at)
            frame.effects[effect] = frame.effects.get(effect, 0) | deps
            frame.conditional.setdefault(frame.path(target), set()).update(frame.branches)
            array = (value is None or may_be_array(frame, value)) and not call.scalar(needed, sid, name)
            graph = array and (value is None or attached(frame, effective(state, value)[1]))
            path = frame.path(frame.field(target, name)) if name is not None else frame.path(target)
            traced = array and from_arguments(frame, deps, target)
            frame.add(Lasting(call.at, writer, write_at, traced, graph, path, origin_texts(frame, deps)))


def _propagate(frame: Frame, views: frozenset[View], entry: WriteRecord) -> None:
    for sid, region in views:
        if frame.outside(sid) and len(entry.chain) < 6:
            frame.array_write(sid, region, entry)
