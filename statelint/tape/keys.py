"""Random numbers from explicit, splittable keys: the same key gives the same numbers, always and everywhere.

A key is the 128-bit key of NumPy's counter-based Philox generator. Children are drawn from a part of the counter that
draws never reach. Draws are plain arrays: a sample is differentiated through its parameters (``mean + scale * noise``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_CHILDREN, _FOLDED = 1 << 254, 1 << 255


@dataclass(frozen=True, slots=True)
class Key:
    """An explicit source of randomness. Use each key once: split it, or fold in a number, to get more."""

    words: tuple[int, int]


def key(seed: int) -> Key:
    """The key of a seed."""
    words = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    return Key((int(words[0]), int(words[1])))


def _philox(k: Key, counter: int) -> np.random.Philox:
    return np.random.Philox(key=np.array(k.words, dtype=np.uint64), counter=counter)


def split(k: Key, count: int = 2) -> tuple[Key, ...]:
    """``count`` independent keys; the first ones do not depend on ``count``."""
    raw = _philox(k, _CHILDREN).random_raw(2 * count)
    return tuple(Key((int(raw[2 * i]), int(raw[2 * i + 1]))) for i in range(count))


def fold_in(k: Key, data: int) -> Key:
    """A key for each number: of a step, of a worker.

    Raises:
        ValueError: if the number is negative or above 2**64.
    """
    if not 0 <= data < 1 << 64:
        raise ValueError("fold_in takes a number from 0 to 2**64 - 1")
    raw = _philox(k, _FOLDED + data).random_raw(2)
    return Key((int(raw[0]), int(raw[1])))


def _generator(k: Key) -> np.random.Generator:
    return np.random.Generator(_philox(k, 0))


def uniform(k: Key, shape: tuple[int, ...] = (), low: float = 0.0, high: float = 1.0) -> Any:
    """Uniform float64 numbers."""
    return _generator(k).uniform(low, high, shape or None)


def normal(k: Key, shape: tuple[int, ...] = ()) -> Any:
    """Standard normal float64 numbers."""
    return _generator(k).standard_normal(shape or None)


def gumbel(k: Key, shape: tuple[int, ...] = ()) -> Any:
    """Standard Gumbel float64 numbers."""
    return _generator(k).gumbel(size=shape or None)


def bernoulli(k: Key, p: float, shape: tuple[int, ...] = ()) -> Any:
    """Booleans that are true with probability ``p``; no derivative flows through them."""
    return _generator(k).random(shape or None) < p


def integers(k: Key, low: int, high: int, shape: tuple[int, ...] = ()) -> Any:
    """Integers from ``low`` to ``high - 1``."""
    return _generator(k).integers(low, high, shape or None)


def permutation(k: Key, count: int) -> Any:
    """The numbers 0 to ``count - 1`` in random order."""
    return _generator(k).permutation(count)


def sample_normal(k: Key, mean: Any, scale: Any) -> Any:
    """``mean + scale * noise``: differentiable in mean (with 1) and scale (with the noise)."""
    return mean + scale * normal(k, np.broadcast_shapes(np.shape(mean), np.shape(scale)))


def sample_categorical_relaxed(k: Key, logits: Any, temperature: float) -> Any:
    """Gumbel-softmax over the last axis: differentiable in the logits."""
    z = (logits + gumbel(k, np.shape(logits))) / temperature
    e = np.exp(z - np.max(np.asarray(getattr(z, "data", z)), axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)
