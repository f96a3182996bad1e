"""Caches: a value stored under a key, or once in an attribute, that is looked up before it is computed."""

from __future__ import annotations

from statelint.effects.facts import CacheStore, Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import CONTAINER, UNKNOWN, Value
from statelint.effects.writes import effective, kind_of, may_be_array, origin_texts


def store(frame: Frame, state: State, cache: Value, key: Value, value: Value, at: Span) -> None:
    """``cache[key] = value``: a cache if a test of membership or of the looked-up value stands before it."""
    for sid, _ in cache.views:
        if not frame.outside(sid):
            continue
        reference = frame.state_ref(sid)
        if reference is None:
            continue
        text = reference.text
        guard = next((g for g, _ in frame.guards if _tests_membership(g, text)), None)
        looked_up = guard is not None or text in frame.lookups
        if not looked_up or kind_of(frame, cache) & ~(CONTAINER | UNKNOWN):
            continue
        missing = missing_inputs(frame, state, value, effective(state, key)[2], text)
        hist, grad, _ = effective(state, value)
        frame.add(
            CacheStore(
                at, reference, frame.name_of_value(state, key), missing, may_be_array(frame, value), bool(grad),
                value.doubt if missing else 0,
            )
        )  # fmt: skip


def _tests_membership(guard: str, cache: str) -> bool:
    return guard.endswith(f" in {cache}") or guard.startswith(f"{cache}.get(") or f" in {cache}" in guard


def missing_inputs(frame: Frame, state: State, value: Value, key_deps: int, cache: str) -> tuple[str, ...]:
    """The parameters and mutable state that the value depends on and the key (and the tests around) do not mention."""
    deps = effective(state, value)[2]
    if value.kind & CONTAINER or value.views:
        for sid, _ in value.views:
            for held in state.fields.of(sid).values():
                deps |= effective(state, held)[2]
    covered = key_deps
    for _, test in frame.guards:
        covered |= test.deps
    texts = set(origin_texts(frame, deps & ~covered))
    known = set(origin_texts(frame, covered))
    result = []
    for text in texts:
        if text == cache or text.startswith((cache + ".", cache + "[")):
            continue
        if any(text.startswith((k + ".", k + "[")) for k in known):
            continue
        result.append(text)
    return tuple(sorted(result))
