"""Functions that take a generator's state and put it back: what they seed in between ends with them."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "restored_generator"
NAMES = frozenset(("fork_rng", "get_rng_state", "getstate", "get_state", "preserve_rng_state", "temp_seed"))


def observe(body: Body) -> Iterator[Evidence]:
    """The calls that take a state."""
    for call in body.calls:
        if call.method in NAMES:
            yield Evidence(call.at, KIND, call.method)
