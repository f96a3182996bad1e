"""Feeding regions: code that holds no tape, but hands arrays to the code that does.

A function feeds if it is a method of a dataset, a sampler, a transform, an environment, a replay buffer or a metric, or
a collate function. Which one it is shows in the library class that it descends from, in the protocol that its class
speaks (the methods it has), in the name that it has for its callers, or in who consumes it (``collate_fn=``).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from statelint.effects.facts import ClassFacts, Evidence, FunctionFacts, Key

DATASET = "dataset"
SAMPLER = "sampler"
TRANSFORM = "transform"
ENVIRONMENT = "environment"
BUFFER = "replay buffer"
METRIC = "metric"
COLLATE = "collate function"
LAYER = "layer written by hand"

_ENDINGS = (
    (("Dataset", "Datapipe", "DataPipe", "Loader", "Dataloader", "DataLoader", "PyDataset", "utils.Sequence"), DATASET),
    (("Sampler",), SAMPLER),
    (("Compose", "Augmentation", "Transform", "Transforms", "TransformerMixin", "Normalizer", "Scaler"), TRANSFORM),
    (("Env", "VecEnv", "Environment", "Wrapper", "ParallelEnv", "AECEnv", "VectorEnv"), ENVIRONMENT),
    (("ReplayBuffer", "RolloutBuffer", "Storage", "ReplayMemory", "Memory"), BUFFER),
    (("Metric", "Meter"), METRIC),
)
_METRIC_BASES = ("torchmetrics.", "ignite.metrics", "keras.metrics", "tensorflow.keras.metrics")
_NOT_ENVIRONMENTS = frozenset(("zero_grad", "param_groups", "get_lr", "get_last_lr", "state_dict", "forward"))
_NO_PROTOCOL = ("torch.optim.", "torch.nn.Module", "flax.", "equinox.", "keras.Layer", "torch.autograd.")
_PUTS = frozenset(("add", "push", "append", "store", "put", "insert", "extend", "remember", "add_experience"))
_DRAWS = frozenset(("sample", "sample_batch", "get_batch", "draw", "recall"))


class Feeder(msgspec.Struct, frozen=True):
    """What kind of feeding code a function is, and whether its users call it by name: then others see what it does."""

    role: str
    public: bool


def feeders(classes: Mapping[Key, ClassFacts], functions: Mapping[Key, FunctionFacts]) -> dict[Key, Feeder]:
    """All functions of a program that feed, by key."""
    methods: dict[Key, set[str]] = {}
    for info in functions.values():
        if info.owner and not info.qualname.endswith(".<body>"):
            methods.setdefault((info.module, info.owner), set()).add(info.name)
    roles = {key: _role(key, cls, classes, methods) for key, cls in classes.items()}
    found: dict[Key, Feeder] = {}
    for key, info in functions.items():
        role = roles.get((info.module, info.owner), "") if info.owner else ""
        if role:
            found[key] = Feeder(role, not info.name.startswith("_") or info.name in ("__call__", "__getitem__"))
        elif "collate" in info.name.lower():
            found[key] = Feeder(COLLATE, True)
        for fact in info.facts:
            if isinstance(fact, Evidence) and fact.kind == "handed_over":
                module, _, qualname = fact.detail("function").partition(":")
                found.setdefault((module, qualname), Feeder(fact.detail("role"), True))
    return found


def _role(key: Key, cls: ClassFacts, classes: Mapping[Key, ClassFacts], methods: Mapping[Key, set[str]]) -> str:
    own = set(methods.get(key, ()))
    for ancestor in cls.project_bases:
        own |= methods.get(ancestor, set())
    for base in cls.library_bases:
        role = _named(base)
        if role:
            return role
    if any(base.startswith(_NO_PROTOCOL) for base in cls.library_bases):
        return ""
    return _spoken(own) or _named(_last(key)) or next(filter(None, (_named(_last(b)) for b in cls.project_bases)), "")


def _last(key: Key) -> str:
    return key[1].rpartition(".")[2]


def _spoken(methods: set[str]) -> str:
    """The protocol that a class's methods are."""
    if {"__getitem__", "__len__"} <= methods and not {"__setitem__", "keys", "forward"} & methods:
        return DATASET
    if {"step", "reset"} <= methods and not _NOT_ENVIRONMENTS & methods:
        return ENVIRONMENT
    if _DRAWS & methods and _PUTS & methods:
        return BUFFER
    if {"update", "compute"} <= methods or {"update", "result", "reset"} <= methods:
        return METRIC
    if {"forward", "backward"} <= methods:
        return LAYER
    if "__call__" in methods and not any(name[0] != "_" for name in methods):
        return TRANSFORM
    return ""


def _named(name: str) -> str:
    if name.startswith(_METRIC_BASES):
        return METRIC
    for endings, role in _ENDINGS:
        if name.endswith(endings):
            return role
    return ""
