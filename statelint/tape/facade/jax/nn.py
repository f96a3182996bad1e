"""``jax.nn`` of the facade."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.facade.jax._array import lifted, outside, raw, wrap
from statelint.tape.facade.torch import _methods as methods

relu, sigmoid = lifted(methods.relu), lifted(methods.sigmoid)
tanh, softplus = lifted(np.tanh), lifted(lambda x: np.logaddexp(x, 0.0))
silu = swish = lifted(lambda x: x * methods.sigmoid(x))


def softmax(x: Any, axis: int = -1) -> Any:
    """Exponentials, normalised."""
    return wrap(methods.softmax(raw(x), axis))


def log_softmax(x: Any, axis: int = -1) -> Any:
    """Logarithm of softmax."""
    return wrap(methods.log_softmax(raw(x), axis))


def one_hot(index: Any, num_classes: int, dtype: Any = float) -> Any:
    """Unit vectors."""
    return wrap(np.eye(num_classes, dtype=dtype)[np.asarray(raw(index))])


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"jax.nn.{name}")
