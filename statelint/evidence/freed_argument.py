"""``meter.update(loss)`` where nobody knows what ``meter`` is, and a backward pass here frees the graph of ``loss``."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "freed_argument"
NAMES = frozenset(("backward", "step"))


def observe(body: Body) -> Iterator[Evidence]:
    """Arguments of unknown methods whose history was freed."""
    frame = body.frame
    if not frame.ever_freed:
        return
    for call in body.calls:
        if call.receiver < 0 or call.functions or call.names != (f"?.{call.method}",):
            continue
        for position, reg in enumerate(call.args):
            if body.value(reg).hist & frame.ever_freed & ~frame.kept:
                yield Evidence(call.at, KIND, call.method, 0, (("position", str(position)),))
