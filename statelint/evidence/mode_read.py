"""A method that looks at whether its layer trains, or at a switch of its own for updates."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "mode_read"
WORDS = frozenset(
    [
        "training",
        "is_training",
        "train",
        "is_train",
        "eval",
        "evaluate",
        "is_eval",
        "is_grad_enabled",
        "testing",
        "test_mode",
        "inference",
    ]
)
NAMES = WORDS


def observe(body: Body) -> Iterator[Evidence]:
    """One piece of evidence for a function in which such a name occurs."""
    found = sorted(body.names & WORDS)
    if found and body.owner is not None:
        yield Evidence(body.fn.name_at, KIND, found[0])
