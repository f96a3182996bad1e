"""Draws from a generator that is handed over, which recomputation does not restore."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import NONE
from statelint.evidence.body import Body

KIND = "generator_draw"
NAMES = frozenset(("generator", "gen", "rng", "g", "Generator", "_generator"))


def observe(body: Body) -> Iterator[Evidence]:
    """Calls of torch's random functions with ``generator=``."""
    for call in body.calls:
        reg = call.keyword("generator")
        if reg < 0 or not body.value(reg).kind & ~NONE:
            continue
        models = [body.analyzer.models.function(name) for name in call.names]
        if any(model is not None and model.draws == "torch" for model in models):
            yield Evidence(call.at, KIND, body.text(reg))
