"""Datasets that draw from a generator of their own, made when they are constructed, and loaders with worker
processes."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "own_generator"
_DRAWS = frozenset(
    (
        *("random", "integers", "normal", "uniform", "choice", "shuffle", "permutation", "rand", "randn", "randint"),
        *("standard_normal", "sample", "choices", "gauss", "beta", "gamma", "poisson", "binomial", "exponential"),
        *("randrange", "permuted", "triangular", "random_sample", "betavariate", "normalvariate"),
    )
)
_LOADER = "DataLoader"
NAMES = _DRAWS | {_LOADER}
_DATASET = "torch.utils.data.Dataset"
_GENERATORS = ("numpy.random.Generator.", "numpy.random.RandomState.", "random.Random.")


def observe(body: Body) -> Iterator[Evidence]:
    """Draws in methods of map-style datasets (*draw*), and loaders that start workers (*workers*: whether they
    seed)."""
    if "torch" not in body.analyzer.dialects(body.module):
        return
    if _LOADER in body.names:
        for call in body.calls:
            if call.method == _LOADER:
                workers = call.argument(5, "num_workers")
                if workers >= 0 and body.value(workers).const not in (0, None):
                    seeded = "yes" if call.keyword("worker_init_fn") >= 0 else ""
                    yield Evidence(call.at, KIND, "", 0, (("what", "workers"), ("seeded", seeded)))
    if body.owner is None or not body.is_method_of(_DATASET) or body.fn.name in ("__init__", "__iter__"):
        return
    for call in body.calls:
        path = body.path(call.receiver) if call.receiver >= 0 else ""
        if call.method in _DRAWS and path.startswith("self.") and all(n.startswith(_GENERATORS) for n in call.names):
            yield Evidence(call.at, KIND, path, 0, (("what", "draw"), ("name", call.names[0])))
