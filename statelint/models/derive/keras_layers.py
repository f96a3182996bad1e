"""Rows for Keras's classes: layers are built and called, and their variables and generators are looked at before and
after.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from statelint.models.derive import render, signatures

_BY_HAND = frozenset(("Layer", "Wrapper", "InputSpec", "InputLayer", "Input"))
_ARGUMENTS: tuple[dict[str, Any], ...] = ({}, {"units": 2}, {"rate": 0.5}, {"filters": 2, "kernel_size": 2},
{"kernel_size": 2}, {"stddev": 0.1},
              {"size": 2}, {"factor": 0.1}, {"height": 2, "width": 2}, {"n": 2}, {"target_shape": (12,)},
              {"scale": 2.0},
              {"input_dim": 5, "output_dim": 2}, {"dims": (2, 1)}, {"axes": 1}, {"num_heads": 1, "key_dim": 2},
              {"head_dim": 2, "num_query_heads": 1, "num_key_value_heads": 1}, {"activation": "relu"},
              {"num_bins": 3}, {"num_tokens": 3}, {"height_factor": 0.1}, {"group_size": 1}, {"groups": 1},
              {"groups": 3},
              {"equation": "abc,cd->abd", "output_shape": (None, 2)}, {"padding": 1}, {"function": lambda x: x},
              {"min_value": 0.1, "max_value": 0.5}, {"output_size": 1}, {"depth": 3})  # fmt: skip
_WRAPPERS: dict[str, Callable[[], Any]] = {
    "Bidirectional": lambda: keras.layers.Bidirectional(keras.layers.LSTM(2)),
    "TimeDistributed": lambda: keras.layers.TimeDistributed(keras.layers.Dense(2)),
    "SpectralNormalization": lambda: keras.layers.SpectralNormalization(keras.layers.Dense(2)),
    "RNN": lambda: keras.layers.RNN(keras.layers.LSTMCell(2)),
    "StackedRNNCells": lambda: keras.layers.StackedRNNCells([keras.layers.LSTMCell(2)]),
}
_NOT_RUN = ("Adaptive",)
"""Layers that end the process on inputs that they do not take (TensorFlow 2.21)."""
_KINDS = {"optimizers": "optimizer", "losses": "", "metrics": "module", "initializers": "", "regularizers": "",
          "constraints": "", "callbacks": ""}  # fmt: skip


def derive(skip: Collection[str], only: Collection[str]) -> dict[str, render.Fields]:
    """Return a row for each class of ``keras.layers`` and of the modules of optimizers, losses, metrics and so on."""
    rows: dict[str, render.Fields] = {}
    seen: dict[type, str] = {}
    for name, kind in _classes():
        if name in skip or (only and name not in only):
            continue
        if kind in seen:
            others = rows[seen[kind]].setdefault("also", [])
            assert isinstance(others, list)
            others.append(name)
            continue
        row = _layer(kind) if name.startswith("keras.layers.") else _plain(name, kind)
        if row is not None:
            seen[kind] = name
            rows[name] = row
    return rows


def _classes() -> Iterator[tuple[str, type]]:
    for module in ("layers", *_KINDS):
        home = getattr(keras, module)
        for name in dir(home):
            kind = getattr(home, name)
            if inspect.isclass(kind) and not name.startswith("_") and name not in _BY_HAND:
                yield f"keras.{module}.{name}", kind


def _init(kind: type) -> dict[str, str] | None:
    signature = signatures.from_python(kind.__init__)  # type: ignore[misc]
    return {"params": signatures.text(signature.params)} if signature else None


def _base(kind: type, module: str, root: str) -> str:
    """The nearest public ancestor in the same module."""
    home = getattr(keras, module)
    for base in kind.__mro__[1:]:
        if getattr(home, base.__name__, None) is base:
            return f"keras.{module}.{base.__name__}"
    return root


def _plain(name: str, kind: type) -> render.Fields | None:
    module = name.split(".")[1]
    root = {"optimizers": "Optimizer", "losses": "Loss", "metrics": "Metric", "callbacks": "Callback"}.get(module, "")
    if name.endswith(f".{root}"):
        return None
    row: render.Fields = {}
    base = _base(kind, module, f"keras.{module}.{root}" if root else "")
    if base:
        row["bases"] = base
    if _KINDS[module]:
        row["kind"] = _KINDS[module]
    if init := _init(kind):
        row["init"] = init
    return {**row, "from": "derived"}


def _inputs() -> list[Any]:
    image = tf.reshape(tf.linspace(0.1, 0.9, 2 * 4 * 4 * 3), (2, 4, 4, 3))
    steps = tf.reshape(tf.linspace(0.1, 0.9, 2 * 4 * 3), (2, 4, 3))
    return [steps, image, image[:, None], steps[:, 0], [steps, steps], tf.constant([[1, 2]]), tf.constant([["a"]])]


def _layer(kind: type) -> render.Fields | None:
    """Build and call a layer in training mode; what changed, what was drawn, which variables it holds."""
    row: render.Fields = {"bases": _base(kind, "layers", "keras.layers.Layer"), "kind": "layer"}
    if init := _init(kind):
        row["init"] = init
    found = None if kind.__name__.startswith(_NOT_RUN) else _called(kind)
    signature = signatures.from_python(kind.call)  # type: ignore[attr-defined]
    call: render.Fields = {"params": signatures.text(signature.params) if signature else "self, *args, **kwargs"}
    if found is None:
        return {**row, "call": {**call, "type": "tf", "saves": ""}, "from": "signature"}
    layer, result, changed, drew = found
    names = _names(layer)
    held = {names[id(v)]: v for v in layer.weights if id(v) in names}
    if trained := [n for n, v in held.items() if v.trainable]:
        row["parameters"] = ", ".join(sorted(trained))
    if kept := [n for n, v in held.items() if not v.trainable]:
        row["buffers"] = ", ".join(sorted(kept))
    if moved := [n for n, v in held.items() if any(v is c for c in changed)]:
        row["training_writes"] = ", ".join(sorted(moved))
    many = isinstance(result, (tuple, list))
    call |= {"result": "tuple(" + ", ".join("fresh:tf" for _ in result) + ")"} if many else {"type": "tf"}
    call["saves"] = ""
    if drew:
        call["draws"] = "tensorflow"
    return {**row, "call": call, "from": "derived"}


def _called(kind: type) -> tuple[Any, Any, list[Any], bool] | None:
    known = _WRAPPERS.get(kind.__name__)
    makers: list[Callable[[], Any]] = [known] if known else [partial(kind, **given) for given in _ARGUMENTS]
    for maker in makers:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                maker()
        except Exception:  # not what its constructor takes
            continue
        for given in _inputs():
            try:
                layer = maker()
                options = {"training": True} if "training" in inspect.signature(layer.call).parameters else {}
                layer(given, **options)  # builds it
                before = [np.array(v) for v in layer.variables]
                result = layer(given, **options)
            except Exception:  # not what it takes
                continue
            moved = [v for v, old in zip(layer.variables, before, strict=True) if not np.array_equal(np.array(v), old)]
            seeds = [v for v in moved if "seed_generator" in v.path]
            return layer, result, [v for v in moved if not any(v is s for s in seeds)], bool(seeds)
    return None


def _names(layer: Any) -> dict[int, str]:
    """Public attribute names of a layer's variables."""
    found: dict[int, str] = {}
    for name in sorted(dir(layer), key=lambda n: (n.startswith("_"), n)):
        try:
            value = getattr(layer, name)
        except Exception:  # a property that needs more
            continue
        if isinstance(value, keras.Variable):
            found.setdefault(id(value), name.lstrip("_"))
    return found
