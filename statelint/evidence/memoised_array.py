"""``@lru_cache`` on a function with a parameter that is an array."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import ARRAY, JAX, NDARRAY, NONE, TENSOR, UNKNOWN_VALUE
from statelint.evidence.body import Body

KIND = "memoised_array"
NAMES = None
MEMOS = frozenset(("functools.lru_cache", "functools.cache"))


def observe(body: Body) -> Iterator[Evidence]:
    """Parameters that are arrays by their annotation, or by what is done with them."""
    symbols = (body.analyzer.symbols.dotted(body.module, text) for text in body.fn.decorators if text)
    if not any(symbol is not None and symbol.name in MEMOS for symbol in symbols):
        return
    for param in body.fn.params:
        sid = body.frame.storage("param", 0, param.name)
        annotated = body.analyzer.annotated(body.module, param.annotation, UNKNOWN_VALUE) if param.annotation else None
        kind = annotated.kind if annotated is not None else body.frame.evidence.get(sid, 0)
        if kind & ARRAY and not kind & ~(ARRAY | NONE):
            word = "tensor" if kind & TENSOR else "ndarray" if kind & NDARRAY else "jax" if kind & JAX else ""
            yield Evidence(body.fn.name_at, KIND, param.name, 0 if annotated is not None else 1, (("kind", word),))
