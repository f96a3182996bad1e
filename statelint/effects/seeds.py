"""Seeding: where a generator is started again, and what its seed is."""

from __future__ import annotations

from statelint.effects.facts import Seed, Span
from statelint.effects.frame import Frame, SeedRecord
from statelint.effects.state import State
from statelint.effects.value import Value
from statelint.effects.writes import effective, guard_texts
from statelint.models.record import FunctionModel


def argument(model: FunctionModel, bound: dict[str, Value]) -> Value | None:
    """The seed among a call's arguments."""
    names = [p.name for p in model.params or () if p.name != "self"]
    for name in names:
        if name in bound:
            return bound[name]
    return next((value for name, value in bound.items() if name.startswith("*")), None)


def note(frame: Frame, state: State, generator: str, seed: Value | None, at: Span, what: str) -> None:
    """Record that a generator is seeded; a seed that the caller hands in is judged where it comes from."""
    source, texts = source_of(frame, state, seed)
    if source == "argument" and seed is not None:
        frame.seeds[SeedRecord(generator, what)] = seed
    frame.add(Seed(at, what, generator, source, texts, tuple(frame.loops), guard_texts(frame)))


def source_of(frame: Frame, state: State, seed: Value | None) -> tuple[str, tuple[str, ...]]:
    """What a seed is, and the paths behind it (see `statelint.effects.facts.Seed`)."""
    if seed is None or seed.const is None or seed.doubt:
        return "varies", ()
    if type(seed.const) in (int, str):
        return "constant", ()
    deps = effective(state, seed)[2]
    paths, source = [], "state" if deps else "varies"
    for sid in frame.origin_sids(deps):
        root = frame.root(sid)
        if root.kind == "param" and not (frame.is_receiver(str(root.key)) and frame.storages[sid].kind == "field"):
            source = "argument"
        elif root.kind not in ("param", "global") and source != "argument":
            return "varies", ()
        paths.append(frame.path(sid))
    return source, tuple(sorted(paths))
