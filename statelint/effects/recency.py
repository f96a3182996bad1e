"""Recency: before a loop's next turn, what this turn allocated, saved or consumed becomes *old*.

The statement ``y = relu(x)`` in a loop makes a new storage in each turn. One abstract storage for all of them could not
tell a write to this turn's ``y`` from a write to the last one's. So a site has two: *new*, the latest, and *old*, all
before (the recency abstraction: Balakrishnan and Reps, SAS 2006).
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from statelint.effects.facts import Span
from statelint.effects.frame import Frame
from statelint.effects.state import Extra, State
from statelint.effects.value import BoundRef, PartialRef, Ref, Value, WrapRef, join
from statelint.storage.regions import Index, Linear, Region, Slice


class Made(NamedTuple):
    """Ranges of a frame's tables: the storages, saves and symbols that one run of a loop entered first."""

    storages: range
    saves: range
    symbols: range


class Mark(NamedTuple):
    """How many storages, saves and symbols a frame had at a loop's entry: what comes later belongs to the loop.
    ``earlier`` is what the loop's earlier runs entered (it stands in another loop, or several paths lead to it): a site
    that allocates again finds its storage there.
    """

    loop: object
    storages: int
    saves: int
    symbols: int
    earlier: tuple[Made, ...]

    def made(self, frame: Frame) -> tuple[Made, ...]:
        """All that this loop has entered so far."""
        now = Made(
            range(self.storages, len(frame.storages)),
            range(self.saves, len(frame.saves)),
            range(self.symbols + 1, frame.symbols + 1),
        )
        return (*self.earlier, now)


def mark(frame: Frame, loop: Span) -> Mark:
    """The mark for a run of the loop at a place."""
    key = (loop, frame.site)
    return Mark(key, len(frame.storages), len(frame.saves), frame.symbols, frame.made.get(key, ()))


def close(frame: Frame, start: Mark) -> None:
    """A run of a loop has ended: the next one is to know what it entered."""
    frame.made[start.loop] = tuple(made for made in start.made(frame) if any(made))


class _Aging:
    """The renaming of one turn's storages and saves."""

    def __init__(self, frame: Frame, start: Mark) -> None:
        self.frame = frame
        self.sids: dict[int, int] = {}
        made = start.made(frame)
        for sid in chain.from_iterable(m.storages for m in made):
            record = frame.storages[sid]
            if record.kind == "new":
                self.sids[sid] = frame.storage("old", 0, record.key)
        for sid in chain.from_iterable(m.storages for m in made):
            record = frame.storages[sid]
            if record.kind == "field" and record.base in self.sids:
                self.sids[sid] = frame.storage("field", self.sids[record.base], record.key)
        self.bits: dict[int, int] = {}
        self.mask = 0
        self.symbols = tuple(m.symbols for m in made)
        for index in chain.from_iterable(m.saves for m in made):
            if index in frame.old_saves or frame.saves[index].what == "kept":
                continue
            key = ("old", index)
            old = frame.save_bits.get(key)
            if old is None:
                save = frame.saves[index]
                old = 1 << len(frame.saves)
                frame.old_saves.add(len(frame.saves))
                frame.old_bits |= old
                sid, region = self.view((save.sid, save.region))
                frame.saves.append(save._replace(sid=sid, region=region))
                frame.save_bits[key] = old
            self.bits[index] = old
            self.mask |= 1 << index

    def view(self, view: tuple[int, Region]) -> tuple[int, Region]:
        sid, region = view
        return self.sids.get(sid, sid), self.region(region) if region else region

    def region(self, region: Region) -> Region:
        return tuple(
            Index(self.linear(s.at))
            if isinstance(s, Index)
            else Slice(self.bound(s.lower), self.bound(s.upper), s.exact)
            if isinstance(s, Slice)
            else s
            for s in region
        )

    def linear(self, at: Linear) -> Linear:
        return Linear(-at.symbol, at.offset) if any(at.symbol in made for made in self.symbols) else at

    def bound(self, at: Linear | None) -> Linear | None:
        return None if at is None else self.linear(at)

    def history(self, hist: int) -> int:
        moved = hist & self.mask
        if not moved:
            return hist
        result = hist & ~self.mask
        for index, old in self.bits.items():
            if moved >> index & 1:
                result |= old
        return result

    def value(self, value: Value) -> Value:
        sids = self.sids
        moved = any(sid in sids or region for sid, region in value.views) if value.views else False
        const = value.const
        if isinstance(const, Linear):
            const = self.linear(const)
        elif not moved and not value.hist & self.mask and value.items is None and not value.refs:
            return value
        views = frozenset(self.view(v) for v in value.views) if moved else value.views
        items = None if value.items is None else tuple(self.value(v) for v in value.items)
        refs = tuple(self.ref(r) for r in value.refs)
        same = views == value.views and items == value.items and refs == value.refs and const is value.const
        if same and not value.hist & self.mask:
            return value
        return Value(
            value.kind, views, const, refs, items, value.deps, value.grad, self.history(value.hist),
            value.doubt, value.mark,
        )  # fmt: skip

    def ref(self, ref: Ref) -> Ref:
        if isinstance(ref, BoundRef):
            return BoundRef(self.value(ref.receiver), ref.name)
        if isinstance(ref, PartialRef):
            return PartialRef(
                self.value(ref.func),
                tuple(self.value(v) for v in ref.args),
                tuple((k, self.value(v)) for k, v in ref.keywords),
            )
        if isinstance(ref, WrapRef):
            return WrapRef(ref.kind, self.value(ref.func), ref.static, ref.options)
        return ref


def age(frame: Frame, state: State, start: Mark) -> None:
    """Rename, in a state at the end of a loop's turn, what the turn made."""
    aging = _Aging(frame, start)
    if aging.sids or aging.mask or frame.symbols > start.symbols or state.consumed:
        value = aging.value
        for name, old in state.env.items():
            new = value(old)
            if new is not old:
                state.env[name] = new
        sids = aging.sids
        renamed: dict[int, dict[object, Value]] = {}
        for sid, table in state.fields.tables():
            moved = {key: value(old) for key, old in table.items()}
            target = sids.get(sid, sid)
            into = renamed.get(target)
            if into is None:
                renamed[target] = moved
            else:
                for key, new in moved.items():
                    into[key] = join(into[key], new) if key in into else new
        state.fields.replace(renamed)
        if state.extra:
            extra: dict[int, Extra] = {}
            for sid, (hist, grad, deps) in state.extra.items():
                target = sids.get(sid, sid)
                mine = extra.get(target, (0, 0, 0))
                extra[target] = (mine[0] | aging.history(hist), mine[1] | grad, mine[2] | deps)
            state.extra = extra
        saved: dict[int, int] = {}
        live = 0
        for sid, bits in state.saved.items():
            live |= bits
            target = sids.get(sid, sid)
            saved[target] = saved.get(target, 0) | aging.history(bits)
        state.saved = saved
        clobbered = aging.history(state.clobbered)
        if clobbered != state.clobbered:
            for index, aged in aging.bits.items():
                if state.clobbered >> index & 1:
                    old_index = aged.bit_length() - 1
                    frame.clobbers.setdefault(old_index, {}).update(frame.clobbers.get(index, {}))
            state.clobbered = clobbered
        if state.grads:
            state.grads = {place: sources for place, sources in state.grads.items() if place not in sids}
        if state.freed or state.stepped:
            _age_training(frame, aging, state, live)
        renewed = set(sids.values())
        consumed: dict[int, frozenset[int]] = {}
        for sid, events in state.consumed.items():
            if sid in renewed:
                continue  # a key of the turn before last; what is carried on is the last turn's
            if frame.of_many(sid):
                continue  # the next turn's element is another one
            target = sids.get(sid, sid)
            consumed[target] = consumed.get(target, frozenset()) | frozenset(
                _aged_event(frame, aging, e) for e in events
            )
        state.consumed = consumed


def forget(frame: Frame, state: State, iterable: Value | None) -> None:
    """At a loop's entry: what was written to earlier storages that nothing refers to any more. In an outer loop's next
    turn an inner loop would meet the writes of its own last run.
    """
    earlier = [sid for sid in state.extra if frame.storages[sid].kind == "old"]
    if not earlier:
        return
    held: set[int] = set()
    for value in (*state.env.values(), *((iterable,) if iterable is not None else ())):
        _collect(value, held)
    for _, table in state.fields.tables():
        for value in table.values():
            _collect(value, held)
    dead = {sid for sid in earlier if sid not in held}
    if dead:
        state.extra = {sid: added for sid, added in state.extra.items() if sid not in dead}


def _collect(value: Value, into: set[int]) -> None:
    for sid, _ in value.views:
        into.add(sid)
    for item in value.items or ():
        _collect(item, into)


def _age_training(frame: Frame, aging: _Aging, state: State, live: int) -> None:
    """What was done to this turn's saves (``live``) on every path was done to the last turn's."""
    freed, stepped = state.freed & ~aging.mask, state.stepped & ~aging.mask
    for index, old in aging.bits.items():
        old_index = old.bit_length() - 1
        if state.freed >> index & 1:
            freed |= old
            frame.freed_at.setdefault(old_index, frame.freed_at[index])
        elif live >> index & 1:
            freed &= ~old
        if state.stepped >> index & 1:
            stepped |= old
            frame.clobbers.setdefault(old_index, {}).update(frame.clobbers.get(index, {}))
        elif live >> index & 1:
            stepped &= ~old
    state.freed, state.stepped = freed, stepped


def _aged_event(frame: Frame, aging: _Aging, event: int) -> int:
    record = frame.consumptions[event]
    region = aging.region(record.region)
    return event if region == record.region else frame.consumption(record._replace(region=region))


def refreshed(frame: Frame, value: Value, start: Mark) -> Value:
    """A value held outside of the state, renamed like it."""
    return _Aging(frame, start).value(value)
