"""Random keys as linear values: a key is consumed at most once on a path.

The algebra is that of ``jax.experimental.key_reuse`` (jax 0.10): a source makes a key, a sink consumes it, and a call consumes
what its callee consumes. ``split`` is a sink of its argument and a source of its results; ``fold_in`` derives and, with distinct
data, does not consume.
"""

from __future__ import annotations

from statelint.effects.facts import KeyReuse, Link, Span
from statelint.effects.frame import ConsumeRecord, Frame
from statelint.effects.state import State
from statelint.effects.value import KEY, UNKNOWN, Value
from statelint.models.record import FunctionModel
from statelint.storage import overlap


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


def consume(frame: Frame, state: State, sid: int, record: ConsumeRecord, at: Span) -> None:
    """A key is consumed: reuse if that part of it was consumed before on this path."""
    before = state.consumed.get(sid, frozenset())
    event = frame.consumption(record)
    for other in sorted(before):
        earlier = frame.consumptions[other]
        if overlap(earlier.region, record.region):
            exact = earlier.region == record.region or not earlier.region or not record.region
            doubt = max(earlier.doubt, record.doubt) + (0 if exact else 1)
            key = frame.name_of(state, sid)
            loop = earlier.link.at == record.link.at
            argument = None if loop else frame.argument_span(lambda v: any(s == sid for s, _ in v.views))
            frame.add(KeyReuse(at, key, record.op, earlier.link, earlier.op, loop, doubt, argument, _split(frame)))
            break
    state.consumed[sid] = before | {event}


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


__all__ = ["UNKNOWN", "compose", "consume", "use"]
