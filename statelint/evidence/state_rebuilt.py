"""``state = tx.init(params)`` in the same turn of a loop as the ``tx.update(grads, state, ...)`` that needs the last
one.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.evidence.body import Body

KIND = "state_rebuilt"
NAMES = frozenset(("update",))


def observe(body: Body) -> Iterator[Evidence]:
    """Optimizer states that are made in the innermost loop of their update, from parameters that the loop carries."""
    made = {}
    for call in body.calls:
        if call.method == "init" and {"optax.GradientTransformation.init"} & {*call.names} and call.site.loops:
            for name, _ in body.stored_as(call.dst):
                made[name] = call
        elif call.method == "update" and call.site.loops and "optax.GradientTransformation.update" in call.names:
            state = call.argument(1, "state")
            name = body.path(state) if state >= 0 else ""
            start = made.get(name)
            if start is not None and start.site.loops == call.site.loops and not start.site.guards:
                step = Link(body.module, call.at, f"`{name}` is used here, in the same turn")
                yield Evidence(start.at, KIND, name, 1, (), (step,))
