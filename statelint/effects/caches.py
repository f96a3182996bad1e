"""Caches: a value stored under a key, or once in an attribute, that is looked up before it is computed."""

from __future__ import annotations

from statelint.effects.facts import CacheStore, Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import CONTAINER, UNKNOWN, Value
from statelint.effects.writes import effective, kind_of, may_be_array, origin_texts
from statelint.ir.nodes import CallMethod, GetItem, If, Try
from statelint.resolve.bindings import walk


def store(frame: Frame, state: State, cache: Value, key: Value, value: Value, at: Span) -> None:
    """``cache[key] = value``: a cache if a test of membership or of the looked-up value stands before it."""
    for sid, _ in cache.views:
        if not frame.outside(sid):
            continue
        reference = frame.state_ref(sid)
        if reference is None:
            continue
        text = reference.text
        if not _looked_up(frame, text) or kind_of(frame, cache) & ~(CONTAINER | UNKNOWN):
            continue
        missing = missing_inputs(frame, state, value, _with_elements(state, key), text)
        _, grad, _ = effective(state, value)
        frame.add(
            CacheStore(
                at, reference, frame.name_of_value(state, key), missing, may_be_array(frame, value), bool(grad),
                value.doubt if missing else 0,
            )
        )  # fmt: skip


def _looked_up(frame: Frame, cache: str) -> bool:
    """Whether the function tests membership in the cache, or takes a value out of it and tests that."""
    if frame.lookups is None:
        frame.lookups = _lookups(frame)
    return cache in frame.lookups


def _lookups(frame: Frame) -> frozenset[str]:
    names: set[str] = set()
    for instr in walk(frame.fn.body):
        if type(instr) is If and instr.key:
            key = instr.key
            if " in " in key:
                names.add(key.rpartition(" in ")[2].removesuffix(".keys()"))
            if ".get(" in key:
                names.add(key.partition(".get(")[0])
        elif type(instr) is CallMethod and instr.name in ("get", "setdefault"):
            source = frame.regs[instr.obj]
            names.update(frame.path(sid) for sid, _ in source.views)
        elif type(instr) is Try and any(h.kind >= 0 for h in instr.handlers):
            names.update(_subscripted(frame, instr))
    return frozenset(names - {""})


def _subscripted(frame: Frame, instr: Try) -> set[str]:
    """``try: return cache[key]`` with a handler."""
    found: set[str] = set()
    for inner in instr.body:
        if type(inner) is GetItem:
            found.update(frame.path(sid) for sid, _ in frame.regs[inner.obj].views)
    return found


def missing_inputs(frame: Frame, state: State, value: Value, key_deps: int, cache: str) -> tuple[str, ...]:
    """The parameters and mutable state that the value depends on and the key (and the tests around) do not mention."""
    deps = _with_elements(state, value)
    covered = key_deps
    for _, test in frame.guards:
        covered |= test.deps
    texts = set(origin_texts(frame, deps & ~covered))
    known = set(origin_texts(frame, covered))
    result = []
    for text in texts:
        if text.endswith(".__class__"):
            continue  # what an object is an instance of does not change, and carries no gradient
        if text == cache or text.startswith((cache + ".", cache + "[")):
            continue
        if any(text.startswith((k + ".", k + "[")) for k in known):
            continue
        result.append(text)
    return tuple(sorted(result))


def _with_elements(state: State, value: Value) -> int:
    """What a value and the elements and attributes that it holds depend on."""
    deps = effective(state, value)[2]
    for sid, _ in value.views:
        for held in state.fields.of(sid).values():
            deps |= effective(state, held)[2]
    return deps
