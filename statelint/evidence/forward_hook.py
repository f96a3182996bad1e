"""``module.register_forward_hook(hook)``: somewhere in this module hooks see what layers put out."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "forward_hook"
NAMES = frozenset(("register_forward_hook",))


def observe(body: Body) -> Iterator[Evidence]:
    """Registrations."""
    for call in body.calls:
        if call.method == "register_forward_hook":
            yield Evidence(call.at, KIND, body.text(call.args[0]) if call.args else "")
