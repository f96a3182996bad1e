"""Models with batch normalisation that are handed to the project's functions."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import InstRef, LibInst
from statelint.evidence.body import Body
from statelint.evidence.layer_tree import statistics_at

KIND = "statistics_passed"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Calls with such an argument, by the callee and its parameter."""
    if "torch" not in body.analyzer.dialects(body.module):
        return
    for call in body.calls:
        if len(call.functions) != 1 or call.starred or not call.args:
            continue
        fn = body.analyzer.symbols.function(*call.functions[0])
        if fn is None:
            continue
        params = [p.name for p in fn.params]
        if fn.class_qualname and "staticmethod" not in fn.decorators:
            params = params[1:]
        for name, reg in (*zip(params, call.args, strict=False), *call.keywords):
            value = body.value(reg)
            if not name or not any(isinstance(ref, (InstRef, LibInst)) for ref in value.refs):
                continue
            layer = statistics_at(body, reg)
            if layer:
                module, qualname = call.functions[0]
                details = (("module", module), ("function", qualname), ("param", name), ("layer", layer))
                yield Evidence(call.at, KIND, body.text(reg), 0, details)
