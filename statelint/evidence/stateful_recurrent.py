"""Keras layers that carry their state from call to call (``stateful=True``), and the calls that clear it."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "stateful_recurrent"
_LAYERS = ("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_RESETS = ("reset_state", "reset_states")
NAMES = frozenset((*_LAYERS, *_RESETS))


def observe(body: Body) -> Iterator[Evidence]:
    """Constructions with ``stateful=True``, and calls of ``reset_state``."""
    if "tensorflow" not in body.analyzer.dialects(body.module):
        return
    for call in body.calls:
        if call.method in _RESETS:
            yield Evidence(call.at, KIND, body.text(call.receiver), 0, (("what", "reset"),))
        elif call.method in _LAYERS and any(body.analyzer.models.class_(name) for name in call.names):
            flag = call.keyword("stateful")
            if flag >= 0 and body.value(flag).const is True:
                stored = next((path for path, _ in body.stored_as(call.dst)), "")
                yield Evidence(call.at, KIND, stored, 0, (("what", "layer"), ("layer", call.method)))
