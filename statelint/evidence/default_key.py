"""``def sample(x, key=jax.random.key(0))`` where the function draws with what it got."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import KEY
from statelint.evidence.body import Body

KIND = "default_key"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Parameters whose default is a key and that the function consumes."""
    if not any(p.has_default for p in body.fn.params):
        return
    frame = body.frame
    if not frame.drawn:
        return
    for param in body.fn.params:
        if param.has_default and frame.sids.get(("param", 0, param.name)) in frame.drawn:
            default = body.analyzer.default_of(body.module, body.fn, param.name)
            if default is not None and default.kind == KEY:
                yield Evidence(param.at, KIND, param.name, 1)
