"""Random keys as linear values: a key is consumed at most once on a path.

The algebra is that of ``jax.experimental.key_reuse`` (jax 0.10): a source makes a key, a sink consumes it, and a call consumes
what its callee consumes. ``split`` is a sink of its argument and a source of its results; ``fold_in`` derives and, with distinct
data, does not consume.
"""

from __future__ import annotations

from statelint.effects.facts import KeyReuse, Link, Span
from statelint.effects.fields import initial
from statelint.effects.frame import ConsumeRecord, Frame
from statelint.effects.state import State
from statelint.effects.value import KEY, UNKNOWN, Value
from statelint.effects.writes import kind_of
from statelint.models.record import FunctionModel
from statelint.storage import ALL, Region, overlap


def use(frame: Frame, state: State, model: FunctionModel, bound: dict[str, Value], at: Span, op: str) -> None:
    """A library call that makes, derives from or consumes a key."""
    assert model.key is not None
    how, name = model.key
    value = bound.get(name) if name else None
    if value is None:
        return
    for sid, _ in value.views:
        frame.evidence.setdefault(sid, KEY)
    if how != "consume":
        return
    doubt = value.doubt
    for sid, region in value.views:
        unknown_part = any(s is None for s in region)
        record = ConsumeRecord(
            region, op, Link(frame.module, at, f"the key is consumed here by `{op}`"), doubt + unknown_part
        )
        consume(frame, state, sid, record, at)


def keep_apart(frame: Frame, a: State, b: State) -> None:
    """Before two paths meet: a key that they have renewed differently stays one key, consumed as on its own path.
    ``if noisy: key, sub = split(key)`` consumes the old key only where ``key`` is the new one."""
    for name, mine in a.env.items():
        theirs = b.env.get(name)
        if theirs is not None and theirs is not mine:
            merged = _either(frame, a, b, mine, theirs)
            if merged is not None:
                a.env[name] = b.env[name] = merged
    for sid, table in list(a.fields.tables()):
        others = b.fields.of(sid)
        if others is table:
            continue
        for key, mine in list(table.items()):
            theirs = others.get(key) or (initial(frame, sid, key) if frame.outside(sid) else None)
            merged = _either(frame, a, b, mine, theirs) if theirs is not None and theirs is not mine else None
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
        events = set(state.consumed.get(sid, ()))
        for own, region in value.views:
            for event in state.consumed.get(own, ()):
                record = frame.consumptions[event]
                if overlap(record.region, region):
                    events.add(frame.consumption(record._replace(region=())))
        state.consumed[sid] = frozenset(events)
    frame.either[sid] = mine.views | theirs.views
    return Value(KEY, frozenset(((sid, ALL),)), deps=mine.deps | theirs.deps, doubt=max(mine.doubt, theirs.doubt))


def consume(frame: Frame, state: State, sid: int, record: ConsumeRecord, at: Span) -> None:
    """A key is consumed: reuse if that part of it was consumed before on this path."""
    before = state.consumed.get(sid, frozenset())
    event = frame.consumption(record)
    for own, region in frame.either.get(sid, ()):
        event_there = frame.consumption(record._replace(region=region))
        state.consumed[own] = state.consumed.get(own, frozenset()) | {event_there}
    for other in sorted(before):
        earlier = frame.consumptions[other]
        if overlap(earlier.region, record.region):
            exact = earlier.region == record.region or not earlier.region or not record.region
            doubt = max(earlier.doubt, record.doubt) + (0 if exact else 1)
            key = _name(frame, state, sid, record.region)
            loop = earlier.link.at == record.link.at
            if loop and ".tree" in frame.mapping and record.op.endswith(".permutation"):
                continue  # the leaves of one tree, put into one order
            argument = None if loop else frame.argument_span(lambda v: any(s == sid for s, _ in v.views))
            frame.add(KeyReuse(at, key, record.op, earlier.link, earlier.op, loop, doubt, argument, _split(frame)))
            break
    state.consumed[sid] = before | {event}


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


def compose(frame: Frame, state: State, value: Value, events: tuple[ConsumeRecord, ...], at: Span, link: Link) -> None:
    """A callee consumed the key that ``value`` is here."""
    for sid, _ in value.views:
        frame.evidence.setdefault(sid, KEY | 0)
    seen = set()
    for event in events[:3]:
        for sid, outer in value.views:
            region = outer if outer else event.region
            if (sid, region) in seen:
                continue
            seen.add((sid, region))
            place = Link(link.module, at, f"the key is consumed here, inside {link.message.split(' is called')[0]}")
            doubt = max(event.doubt, value.doubt)
            consume(frame, state, sid, ConsumeRecord(region, event.op, place, doubt), at)


__all__ = ["UNKNOWN", "compose", "consume", "keep_apart", "use"]
