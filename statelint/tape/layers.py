"""Stateful layers as pure functions: parameters, buffers and activations apart.

``init(key)`` gives ``(params, buffers)``. ``apply(params, buffers, x, ...)`` gives a :class:`Result`. Parameters are
differentiated, buffers are handed on (their new values carry no derivative), activations are what the layers gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from statelint.tape import keys
from statelint.tape.modes import stop_gradient


@dataclass(frozen=True, slots=True)
class Result:
    """``output``, the new ``buffers``, and the ``activations`` by layer number."""

    output: Any
    buffers: Any
    activations: dict[str, Any] = field(default_factory=dict)


class Layer(Protocol):
    """What a layer is."""

    def init(self, key: keys.Key) -> tuple[Any, Any]:
        """First parameters and buffers."""

    def apply(
        self, params: Any, buffers: Any, x: Any, *, training: bool = False, key: keys.Key | None = None
    ) -> Result:
        """Output and new buffers for an input of shape (batch, features)."""


@dataclass(frozen=True)
class Dense:
    """``x @ w + b``, from (batch, inputs) to (batch, outputs)."""

    inputs: int
    outputs: int

    def init(self, key: keys.Key) -> tuple[Any, Any]:
        """Normal weights of variance 1/inputs, no bias; no buffers."""
        w = keys.normal(key, (self.inputs, self.outputs)) / np.sqrt(self.inputs)
        return {"w": w, "b": np.zeros(self.outputs)}, {}

    def apply(
        self, params: Any, buffers: Any, x: Any, *, training: bool = False, key: keys.Key | None = None
    ) -> Result:
        """The affine map."""
        return Result(x @ params["w"] + params["b"], buffers)


@dataclass(frozen=True)
class Tanh:
    """Hyperbolic tangent."""

    def init(self, key: keys.Key) -> tuple[Any, Any]:
        """Nothing."""
        return {}, {}

    def apply(
        self, params: Any, buffers: Any, x: Any, *, training: bool = False, key: keys.Key | None = None
    ) -> Result:
        """Elementwise."""
        return Result(np.tanh(x), buffers)


@dataclass(frozen=True)
class BatchNorm:
    """Normalisation over the batch; running statistics are buffers and never carry derivatives."""

    features: int
    momentum: float = 0.9
    eps: float = 1e-5

    def init(self, key: keys.Key) -> tuple[Any, Any]:
        """Unit scale, zero shift; zero mean, unit variance."""
        n = self.features
        return {"scale": np.ones(n), "shift": np.zeros(n)}, {"mean": np.zeros(n), "var": np.ones(n)}

    def apply(
        self, params: Any, buffers: Any, x: Any, *, training: bool = False, key: keys.Key | None = None
    ) -> Result:
        """By the batch's statistics when training (and new buffers), else by the buffers."""
        if training:
            mean, var = np.mean(x, axis=0), np.var(x, axis=0)
            count = x.shape[0]
            keep, take = self.momentum, 1.0 - self.momentum
            unbiased = stop_gradient(var) * (count / max(count - 1, 1))
            new = {
                "mean": keep * buffers["mean"] + take * stop_gradient(mean),
                "var": keep * buffers["var"] + take * unbiased,
            }
        else:
            mean, var, new = buffers["mean"], buffers["var"], buffers
        y = (x - mean) / np.sqrt(var + self.eps) * params["scale"] + params["shift"]
        return Result(y, new)


@dataclass(frozen=True)
class Dropout:
    """Zeroes a share of the elements when training, and scales the others up."""

    rate: float

    def init(self, key: keys.Key) -> tuple[Any, Any]:
        """Nothing."""
        return {}, {}

    def apply(
        self, params: Any, buffers: Any, x: Any, *, training: bool = False, key: keys.Key | None = None
    ) -> Result:
        """The mask is a function of the key alone.

        Raises:
            ValueError: when training without a key.
        """
        if not training:
            return Result(x, buffers)
        if key is None:
            raise ValueError("dropout needs a key when training")
        keep = keys.bernoulli(key, 1.0 - self.rate, tuple(x.shape))
        return Result(x * (keep / (1.0 - self.rate)), buffers)


@dataclass(frozen=True)
class Sequential:
    """Layers one after the other."""

    layers: Sequence[Layer]

    def init(self, key: keys.Key) -> tuple[Any, Any]:
        """Lists of the layers' parameters and buffers."""
        made = [layer.init(k) for layer, k in zip(self.layers, keys.split(key, len(self.layers)), strict=True)]
        return [p for p, _ in made], [b for _, b in made]

    def apply(
        self, params: Any, buffers: Any, x: Any, *, training: bool = False, key: keys.Key | None = None
    ) -> Result:
        """Output of the last layer; each layer gets its own key."""
        each = keys.split(key, len(self.layers)) if key is not None else (None,) * len(self.layers)
        new, activations = [], {}
        for n, (layer, p, b, k) in enumerate(zip(self.layers, params, buffers, each, strict=True)):
            result = layer.apply(p, b, x, training=training, key=k)
            x = activations[str(n)] = result.output
            new.append(result.buffers)
        return Result(x, new, activations)
