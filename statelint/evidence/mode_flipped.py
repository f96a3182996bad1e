"""A layer whose forward pass switches its own mode."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "mode_flipped"
NAMES = frozenset(("train", "eval"))


def observe(body: Body) -> Iterator[Evidence]:
    """``self.eval()`` and ``self.train()`` in ``forward`` that nothing takes back."""
    if body.fn.name != "forward" or body.owner is None or not body.analyzer.is_layer(*body.owner):
        return
    receiver = body.fn.params[0].name
    found = [
        call
        for call in body.calls
        if call.method in NAMES and call.receiver >= 0 and body.path(call.receiver) == receiver and not call.functions
    ]
    if len(found) == 1:
        yield Evidence(found[0].at, KIND, f"{receiver}.{found[0].method}()")
