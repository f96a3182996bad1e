"""State that one call of a function hands to the next: its result depends on state that it writes on the same way
through.

A layer that updates a running mean while it trains, and reads it when it does not, depends on it and writes it, but
never on one path. Where a write stands under tests, the function is run again for each of their outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from statelint.effects.facts import Span
from statelint.effects.frame import Frame, global_name
from statelint.effects.state import State
from statelint.effects.writes import effective

MAX_TESTS = 3


def ways(tests: frozenset[Span]) -> Iterator[dict[Span, bool]]:
    """The combinations of outcomes of a few tests."""
    chosen = sorted(tests)[:MAX_TESTS]
    for outcomes in product((True, False), repeat=len(chosen)):
        yield dict(zip(chosen, outcomes, strict=True))


def carried(frame: Frame) -> frozenset[str]:
    """The paths of state that a way out of the function depends on and has written."""
    found: set[str] = set()
    for value, state in frame.returns:
        deps = effective(state, value)[2]
        for item in value.items or ():
            deps |= effective(state, item)[2]
        found.update(frame.path(sid) for sid in frame.origin_sids(deps) if _written(frame, state, sid))
    return frozenset(found - {""})


def _written(frame: Frame, state: State, sid: int) -> bool:
    record = frame.storages[sid]
    if record.kind == "global":
        module, name = global_name(record)
        if module == frame.module and (0, name) in state.fields:
            return True
    if record.kind == "field" and (record.base, record.key) in state.fields:
        return True
    return sid in state.extra or bool(state.fields.of(sid))


def tests_between(frame: Frame, paths: frozenset[str]) -> tuple[frozenset[str], frozenset[Span]]:
    """Those of the paths whose writes stand under tests, and where the tests are."""
    unsure: set[str] = set()
    tests: set[Span] = set()
    for path in paths:
        for written, guards in frame.conditional.items():
            if guards and (path == written or path.startswith((f"{written}.", f"{written}["))):
                unsure.add(path)
                tests |= guards
    return frozenset(unsure), frozenset(tests)
