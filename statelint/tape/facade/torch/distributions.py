"""``torch.distributions`` of the facade: Normal and Categorical."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.facade.torch import random
from statelint.tape.facade.torch._methods import log_softmax
from statelint.tape.facade.torch._tensor import outside, plain, raw, wrap


class Categorical:
    """A distribution over the last axis of logits or probabilities."""

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        x = np.log(raw(probs) / np.sum(raw(probs), axis=-1, keepdims=True)) if logits is None else raw(logits)
        self._log = log_softmax(x, -1)

    @property
    def logits(self) -> Any:
        """Logarithms of the probabilities."""
        return wrap(self._log)

    @property
    def probs(self) -> Any:
        """Probabilities."""
        return wrap(np.exp(self._log))

    def sample(self, shape: Any = ()) -> Any:
        """Indices; no gradient flows through them."""
        p = np.exp(np.asarray(self._log.data))
        u = random.source(None).random((*shape, *p.shape[:-1], 1))
        return wrap(np.minimum((np.cumsum(p, -1) < u).sum(-1), p.shape[-1] - 1))

    def log_prob(self, value: Any) -> Any:
        """Logarithm of the probability of indices."""
        index = np.asarray(plain(value)).astype(int)
        return wrap(np.take_along_axis(self._log, index[..., None], -1)[..., 0])

    def entropy(self) -> Any:
        """Entropy."""
        return wrap(-np.sum(self._log * np.exp(self._log), axis=-1))


class Normal:
    """A normal distribution."""

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = loc, scale

    def _noise(self, shape: Any) -> Any:
        each = np.broadcast_shapes(np.shape(plain(self.loc)), np.shape(plain(self.scale)))
        return random.source(None).standard_normal((*shape, *each))

    def sample(self, shape: Any = ()) -> Any:
        """A sample; no gradient flows through it."""
        return wrap(plain(self.loc) + plain(self.scale) * self._noise(shape))

    def rsample(self, shape: Any = ()) -> Any:
        """A sample that is differentiable in mean and scale."""
        return wrap(raw(self.loc) + raw(self.scale) * self._noise(shape))

    def log_prob(self, value: Any) -> Any:
        """Logarithm of the density."""
        z = (raw(value) - raw(self.loc)) / raw(self.scale)
        return wrap(-0.5 * z * z - np.log(raw(self.scale)) - 0.5 * np.log(2 * np.pi))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.distributions.{name}")
