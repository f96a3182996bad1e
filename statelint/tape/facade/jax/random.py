"""``jax.random`` of the facade: explicit keys, reproducible, but not jax's numbers. A key is two 64-bit words."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape import keys
from statelint.tape.facade.jax._array import Array, outside, raw, wrap


def _key(k: Any) -> keys.Key:
    words = np.asarray(raw(k))
    return keys.Key((int(words[0]), int(words[1])))


def _array(k: keys.Key) -> Array:
    return Array(np.array(k.words, dtype=np.uint64))


def key(seed: Any, **_: Any) -> Array:
    """The key of a seed."""
    return _array(keys.key(int(seed)))


PRNGKey = key


def split(k: Any, num: int = 2) -> Array:
    """Keys along a new first axis."""
    return Array(np.array([c.words for c in keys.split(_key(k), int(num))], dtype=np.uint64))


def fold_in(k: Any, data: Any) -> Array:
    """A key for each number."""
    return _array(keys.fold_in(_key(k), int(data)))


def normal(k: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Standard normal numbers."""
    return wrap(np.asarray(keys.normal(_key(k), tuple(shape)), dtype))


def uniform(k: Any, shape: Any = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0) -> Any:
    """Uniform numbers."""
    return wrap(raw(minval) + (raw(maxval) - raw(minval)) * np.asarray(keys.uniform(_key(k), tuple(shape)), dtype))


def laplace(k: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Standard Laplace numbers."""
    centred = np.asarray(keys.uniform(_key(k), tuple(shape))) - 0.5
    return wrap(np.asarray(-np.sign(centred) * np.log1p(-2.0 * np.abs(centred)), dtype))


def exponential(k: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Standard exponential numbers."""
    return wrap(np.asarray(-np.log1p(-np.asarray(keys.uniform(_key(k), tuple(shape)))), dtype))


def rademacher(k: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Plus or minus one."""
    return wrap(np.where(np.asarray(keys.uniform(_key(k), tuple(shape))) < 0.5, -1, 1))


def gumbel(k: Any, shape: Any = (), dtype: Any = None) -> Any:
    """Standard Gumbel numbers."""
    return wrap(np.asarray(keys.gumbel(_key(k), tuple(shape)), dtype))


def bernoulli(k: Any, p: Any = 0.5, shape: Any = None) -> Any:
    """Booleans."""
    return wrap(
        np.asarray(keys.uniform(_key(k), np.shape(raw(p)) if shape is None else tuple(shape)) < np.asarray(raw(p)))
    )


def randint(k: Any, shape: Any, minval: Any, maxval: Any, dtype: Any = None) -> Any:
    """Integers."""
    return wrap(np.asarray(keys.integers(_key(k), int(minval), int(maxval), tuple(shape))))


def permutation(k: Any, x: Any) -> Any:
    """A number's range, or an array's rows, in random order."""
    if isinstance(x, int):
        return wrap(keys.permutation(_key(k), x))
    return x[wrap(keys.permutation(_key(k), len(x)))]


def categorical(k: Any, logits: Any, axis: int = -1) -> Any:
    """Indices drawn by logits."""
    values = np.asarray(raw(logits))
    return wrap(np.argmax(values + keys.gumbel(_key(k), values.shape), axis=axis))


def choice(k: Any, a: Any, shape: Any = (), replace: bool = True, p: Any = None, axis: int = 0) -> Any:
    """Entries of an array, or numbers below ``a``."""
    count = int(a) if np.ndim(raw(a)) == 0 else len(a)
    if p is not None or (not replace and int(np.prod(shape)) > count):
        outside("random.choice(p=...) or more draws than entries")
    size = int(np.prod(shape))
    if replace:
        index = np.asarray(keys.integers(_key(k), 0, count, tuple(shape)))
    else:
        index = keys.permutation(_key(k), count)[:size].reshape(tuple(shape))
    return wrap(index) if np.ndim(raw(a)) == 0 else wrap(np.take(raw(a), index, axis=axis))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"jax.random.{name}")
