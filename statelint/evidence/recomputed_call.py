"""Calls of ``checkpoint`` that do not restore the generator."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body
from statelint.evidence.shared_statistics import CHECKPOINTS

KIND = "recomputed_call"
NAMES = frozenset(("checkpoint", "checkpoint_sequential"))


def observe(body: Body) -> Iterator[Evidence]:
    """Such calls, by the functions that they run."""
    for call in body.calls:
        if not any(name in CHECKPOINTS for name in call.names):
            continue
        if body.value(call.keyword("preserve_rng_state")).const is not False or call.keyword("preserve_rng_state") < 0:
            continue
        if call.args:
            for module, qualname in body.analyzer.functions_behind(body.value(call.args[0])):
                details = (("module", module), ("function", qualname))
                yield Evidence(call.at, KIND, body.text(call.args[0]), 0, details)
