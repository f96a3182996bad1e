"""Random keys as linear values: a key is consumed at most once on a path.

The algebra is that of ``jax.experimental.key_reuse`` (jax 0.10): a source makes a key, a sink consumes it, and a call
consumes what its callee consumes. ``split`` is a sink of its argument and a source of its results; ``fold_in`` derives
and, with distinct data, does not consume.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from statelint.effects.facts import Key, KeyReturned, KeyReuse, KeyUse, Link, Span
from statelint.effects.fields import initial
from statelint.effects.frame import ConsumeRecord, Frame
from statelint.effects.instances import is_value
from statelint.effects.state import State
from statelint.effects.value import DICT, KEY, UNKNOWN, Value, View
from statelint.effects.writes import kind_of
from statelint.models.record import FunctionModel
from statelint.storage import ALL, Index, Linear, Region, Slice, overlap
from statelint.storage import compose as composed

Keywords = tuple[tuple[str | None, Value], ...]
DIRECT = "the key is consumed here by"
SOFT = 1
"""The doubt of a consumption that is assumed of something unknown."""


def use(frame: Frame, state: State, model: FunctionModel, bound: dict[str, Value], at: Span, op: str) -> None:
    """A library call that makes, derives from or consumes a key."""
    assert model.key is not None
    how, name = model.key
    value = bound.get(name) if name else None
    if value is None:
        return
    if value.kind & DICT:
        if how == "consume":
            _streams(frame, state, value, at, op)
        return
    for sid, _ in value.views:
        frame.evidence.setdefault(sid, KEY)
    if how == "consume":
        _consume_value(frame, state, value, at, op, value.doubt)


def folded(frame: Frame, value: Value, data: Value | None) -> Value | None:
    """The key that ``fold_in`` makes of a key and a number: the same one each time, where both are known to be the
    same.
    """
    if data is None or type(data.const) is not int or len(value.views) != 1 or value.kind != KEY:
        return None
    sid, region = next(iter(value.views))
    if region:
        return None
    place = frame.field(sid, f"fold_in({data.const})")
    return Value(KEY, frozenset(((place, ALL),)), deps=value.deps, doubt=value.doubt)


def passed(frame: Frame, state: State, args: Iterable[Value], keywords: Keywords, at: Span, op: str) -> None:
    """A key is handed to something unknown, which will hardly have any other use for it than to consume it."""
    for value in args:
        if value.kind & KEY and not value.kind & ~(KEY | UNKNOWN):
            _consume_value(frame, state, value, at, op, max(value.doubt, SOFT))
    for name, value in keywords:
        if value.kind & DICT and name == "rngs":
            _streams(frame, state, value, at, op, SOFT)
        elif value.kind & KEY and not value.kind & ~(KEY | UNKNOWN):
            _consume_value(frame, state, value, at, op, max(value.doubt, SOFT))


def _consume_value(frame: Frame, state: State, value: Value, at: Span, op: str, doubt: int) -> None:
    for sid, region in value.views:
        unknown_part = any(s is None for s in region)
        link = Link(frame.module, at, f"{DIRECT} `{op}`")
        consume(frame, state, sid, ConsumeRecord(region, op, link, doubt + unknown_part), at)


def keep_apart(frame: Frame, a: State, b: State) -> None:
    """Before two paths meet: a key that they have renewed differently stays one key, consumed as on its own path.
    ``if noisy: key, sub = split(key)`` consumes the old key only where ``key`` is the new one."""
    for name, mine in a.env.items():
        theirs = b.env.get(name)
        if theirs is not None and theirs is not mine:
            merged = _either(frame, a, b, mine, theirs)
            if merged is not None:
                a.env[name] = b.env[name] = merged
    for one, other in ((a, b), (b, a)):
        for sid, table in list(one.fields.tables()):
            others = other.fields.of(sid)
            if others is table:
                continue
            for key, mine in list(table.items()):
                theirs = others.get(key) or (initial(frame, sid, key) if frame.outside(sid) else None)
                merged = _either(frame, one, other, mine, theirs) if theirs is not None and theirs is not mine else None
                if merged is not None:
                    a.fields[(sid, key)] = b.fields[(sid, key)] = merged


def _either(frame: Frame, a: State, b: State, mine: Value, theirs: Value) -> Value | None:
    """One key for two, where one of them is known as a key and they are not the same."""
    kinds = kind_of(frame, mine), kind_of(frame, theirs)
    if KEY not in kinds or any(k & ~(KEY | UNKNOWN) for k in kinds) or mine.views == theirs.views:
        return None
    if not mine.views or not theirs.views:
        return None
    sid = frame.storage("new", 0, ("either", mine.views, theirs.views))
    for state, value in ((a, mine), (b, theirs)):
        events: set[int] = set()
        for own, region in value.views:
            for event in state.consumed.get(own, ()):
                record = frame.consumptions[event]
                if overlap(record.region, region):
                    events.add(frame.consumption(record._replace(region=())))
        state.consumed[sid] = frozenset(events)
    frame.either[sid] = mine.views | theirs.views
    return Value(KEY, frozenset(((sid, ALL),)), deps=mine.deps | theirs.deps, doubt=max(mine.doubt, theirs.doubt))


def hold_result(state: State, value: Value) -> None:
    """Name what a path returns, so that keys which two paths return meet like those that they leave in a variable."""
    for number, item in enumerate(value.items if value.items is not None else (value,)):
        if item.views:
            state.env[f"%result.{number}"] = item


def held_result(frame: Frame, state: State, result: Value) -> Value:
    """The joined result with one key for two where paths return different ones."""
    items = [
        held
        if (held := state.env.get(f"%result.{number}")) is not None
        and any(sid in frame.either for sid, _ in held.views)
        else item
        for number, item in enumerate(result.items if result.items is not None else (result,))
    ]
    return msgspec.structs.replace(result, items=tuple(items)) if result.items is not None else items[0]


def _streams(frame: Frame, state: State, rngs: Value, at: Span, op: str, doubt: int = 0) -> None:
    """``rngs={"params": a, "dropout": b}``: each stream consumes its key, and two streams of one key draw the same."""
    initial = op.rpartition(".")[2].startswith("init")
    seen: set[View] = set()
    for sid, _ in rngs.views:
        for name, held in state.fields.of(sid).items():
            if isinstance(name, str) and name.startswith("["):
                if initial and seen & held.views:
                    continue  # layers draw their parameters once, by their own names
                seen |= held.views
                stream = f"{op} (stream {name[1:-1]})"
                _consume_value(frame, state, held, at, stream, max(doubt, held.doubt))


def consume(
    frame: Frame, state: State, sid: int, record: ConsumeRecord, at: Span, body: tuple[Key, Span] | None = None
) -> None:
    """A key is consumed: reuse if that part of it was consumed before on this path. ``body``: where in a function that
    captures the key."""
    frame.drawn.add(sid)
    _note_use(frame, sid, record, at)
    record = record._replace(region=_row_of(frame, sid, record.region))
    before = state.consumed.get(sid, frozenset())
    event = frame.consumption(record)
    for own, region in frame.either.get(sid, ()):
        event_there = frame.consumption(record._replace(region=region))
        state.consumed[own] = state.consumed.get(own, frozenset()) | {event_there}
    for other in sorted(before):
        earlier = frame.consumptions[other]
        if overlap(earlier.region, record.region) and frame.root(sid).kind != "default":
            same = earlier.link.at == record.link.at
            loop = same and earlier.op == record.op and bool(frame.loops)
            doubt = max(earlier.doubt, record.doubt) if same else earlier.doubt + record.doubt
            doubt += 0 if _same(frame, earlier.region, record.region) else 2
            if _permutes(earlier.op) and _permutes(record.op):
                doubt += 2  # several arrays are shuffled alike
            key = frame.name_of_view(state, sid, record.region)
            mapped = body is not None and loop
            argument = None if mapped else frame.argument_span(lambda v: any(s == sid for s, _ in v.views))
            first, place = earlier.link, at
            if body is not None and loop:
                first = Link(frame.module, at, "the function is run more than once by this")
                place = body[1]
            fact = KeyReuse(place, key, record.op, first, earlier.op, loop, doubt, argument, _split(frame))
            if body is not None and loop:
                frame.add_foreign(body[0], fact)
            else:
                frame.add(fact)
            break
    state.consumed[sid] = before | {event}


def _permutes(op: str) -> bool:
    return op.rpartition(".")[2] in ("permutation", "shuffle")


def _note_use(frame: Frame, sid: int, record: ConsumeRecord, at: Span) -> None:
    """State that holds a key is drawn from."""
    if frame.outside(sid):
        reference = frame.state_ref(sid)
        if reference is not None and reference.root != "free":
            literal = fixed = False
            if reference.root == "attribute":
                default = frame.analyzer.class_value(*reference.owner, reference.name)
                literal = default is not None and default.kind == KEY
                fixed = is_value(frame.analyzer, *reference.owner)
            direct = record.link.message.startswith(DIRECT)
            frame.add(KeyUse(at, reference, record.op, literal, fixed, direct, record.doubt))


def settle(frame: Frame) -> None:
    """Keys that were consumed and are returned: the caller takes them for the next ones."""
    for (value, state), at in zip(frame.returns, frame.return_spans, strict=False):
        if state.consumed:
            for sid in _returned(frame, state, value, at, 0):
                # It is told here, once, and not at each use in the callers.
                state.consumed = {k: v for k, v in state.consumed.items() if k != sid or frame.outside(sid)}


def _returned(frame: Frame, state: State, value: Value, at: Span, depth: int) -> list[int]:
    found = []
    used = [(sid, event) for sid, region in value.views if (event := _used(frame, state, sid, region)) is not None]
    if used and len({sid for sid, _ in used}) == len({sid for sid, _ in value.views}):
        sid, event = used[0]
        name = frame.name_of_view(state, sid, next(r for s, r in value.views if s == sid))
        frame.add(KeyReturned(at, name, event.op, event.link, max(event.doubt, value.doubt)))
        found += [sid for sid, _ in used]
    for item in value.items or () if depth < 3 else ():
        found += _returned(frame, state, item, at, depth + 1)
    return found


def _used(frame: Frame, state: State, sid: int, region: Region) -> ConsumeRecord | None:
    """The consumption of a part of a key."""
    for number in sorted(state.consumed.get(sid, ())):
        event = frame.consumptions[number]
        if overlap(event.region, region) and _same(frame, event.region, region):
            return event
    return None


def _row_of(frame: Frame, sid: int, region: Region) -> Region:
    """The region with the row that a mapped function takes of it in the turn that runs now."""
    for views, symbol in frame.mapped:
        row = Index(Linear(symbol, 0))
        place = sid
        while True:
            for held, outer in views:
                if held == place:
                    size = len(outer) if place == sid and region[: len(outer)] == outer else 0
                    return (*region[:size], row, *region[size:])
            record = frame.storages[place]
            if record.kind != "field":
                break
            place = record.base
    return region


def _same(frame: Frame, a: Region, b: Region) -> bool:
    """Whether two overlapping regions have an element in common for certain: one holds the other. The rows that a loop
    over a whole array takes are the whole of it, seen from another loop."""
    for left, right in zip(a, b, strict=False):
        if left != right:
            return any(isinstance(part, Index) and abs(part.at.symbol) in frame.rows for part in (left, right))
    return True


def _foreign(region: Region) -> Region:
    """A callee's region without the numbers that only the callee knows."""
    return tuple(
        None
        if (isinstance(s, Index) and s.at.symbol)
        or (isinstance(s, Slice) and any(b is not None and b.symbol for b in (s.lower, s.upper)))
        else s
        for s in region
    )


def _name(frame: Frame, state: State, sid: int, region: Region) -> str:
    """The user's name for a part of a key: its access path, or the local that is just this part."""
    text = frame.path(sid)
    if text:
        return text
    locals_ = [(name, value.views) for name, value in state.env.items() if name[0] != "%"]
    exact = (name for name, views in locals_ if (sid, region) in views)
    return next(exact, "") or (next((n for n, views in locals_ if (sid, ALL) in views), "") if not region else "")


def _split(frame: Frame) -> str:
    """How the module spells ``jax.random.split``."""
    ir = frame.analyzer.symbols.module(frame.module)
    for name, target in (ir.imports if ir is not None else {}).items():
        if (target == ("jax.random", "") and name != "jax") or target == ("jax", "random"):
            return f"{name}.split"
        if target == ("jax.random", "split"):
            return name
    return "jax.random.split"


def _part(value: Value, region: Region) -> tuple[Value, Region]:
    """What a callee took for part of an array may be an element of a tuple here."""
    while value.items is not None and region:
        first = region[0]
        if (
            not isinstance(first, Index)
            or first.at.symbol
            or not -len(value.items) <= first.at.offset < len(value.items)
        ):
            break
        value, region = value.items[first.at.offset], region[1:]
    return value, region


def compose(
    frame: Frame,
    state: State,
    value: Value,
    events: tuple[ConsumeRecord, ...],
    at: Span,
    link: Link,
    captured: Key | None,
) -> None:
    """A callee consumed the key that ``value`` is here; ``captured``: the callee, if it got the key by its closure."""
    for sid, _ in value.views:
        frame.evidence.setdefault(sid, KEY | 0)
    seen = set()
    for event in events[:3]:
        held, inner = _part(value, event.region)
        for sid, outer in held.views:
            region = composed(outer, _foreign(inner))
            if (sid, region) in seen:
                continue
            seen.add((sid, region))
            place = Link(link.module, at, f"the key is consumed here, inside {link.message.split(' is called')[0]}")
            doubt = max(event.doubt, held.doubt)
            body = (captured, event.link.at) if captured is not None else None
            consume(frame, state, sid, ConsumeRecord(region, event.op, place, doubt), at, body)


__all__ = ["UNKNOWN", "compose", "consume", "passed", "settle", "use"]
