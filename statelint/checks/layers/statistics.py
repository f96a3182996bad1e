"""What a running statistic is: state of a layer that each call moves towards what the batch shows."""

from __future__ import annotations

import re

from statelint.effects.facts import FunctionFacts, Key, StateWrite
from statelint.effects.program import Program
from statelint.effects.value import ARRAY, CONTAINER, SCALAR

_WORDS = frozenset(
    [
        "running",
        "moving",
        "ema",
        "avg",
        "average",
        "averages",
        "mean",
        "means",
        "std",
        "stds",
        "var",
        "vars",
        "variance",
        "count",
        "counts",
        "stat",
        "stats",
        "statistics",
        "hist",
        "histogram",
        "total",
        "totals",
        "usage",
        "size",
        "centroid",
        "centroids",
        "center",
        "centers",
        "centre",
        "mu",
        "sigma",
        "cov",
        "covar",
        "covariance",
        "seen",
        "norm",
        "scale",
        "min",
        "max",
        "sum",
        "sums",
        "glob",
        "global",
        "accumulated",
        "accumulation",
        "steps",
        "observations",
    ]
)
LAYERS = ("torch.nn.", "keras.", "tensorflow.keras.", "pytorch_lightning.", "lightning.")


def named_statistic(name: str) -> bool:
    """Whether a name speaks of a statistic."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().split("_")
    return any(word.rstrip("0123456789") in _WORDS for word in words)


def is_layer(program: Program, owner: Key) -> bool:
    """Whether a class of the project is a layer of PyTorch or Keras."""
    known = program.classes.get(owner)
    return known is not None and any(base.startswith(LAYERS) for base in known.library_bases)


def is_statistic(program: Program, info: FunctionFacts, fact: StateWrite) -> bool:
    """Whether a write updates a running statistic: an array attribute of a layer, named as such, from its old value and
    from what the method was given.
    """
    if fact.state.root != "attribute" or not named_statistic(fact.state.name) or info.name == "__init__":
        return False
    if not fact.kind & ARRAY and (not (fact.kind & ~SCALAR) or fact.kind & CONTAINER):
        return False  # a number, or a list of what was seen
    return fact.reads_old and is_layer(program, fact.state.owner)
