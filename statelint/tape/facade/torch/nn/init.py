"""``torch.nn.init`` of the facade."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.facade.torch import random
from statelint.tape.facade.torch._tensor import outside
from statelint.tape.record import no_grad


def _fill(tensor: Any, value: Any) -> Any:
    with no_grad():
        return tensor.write(value)


def zeros_(tensor: Any) -> Any:
    """Fill with 0."""
    return _fill(tensor, 0.0)


def ones_(tensor: Any) -> Any:
    """Fill with 1."""
    return _fill(tensor, 1.0)


def constant_(tensor: Any, value: float) -> Any:
    """Fill with a value."""
    return _fill(tensor, value)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0) -> Any:
    """Fill with normal numbers."""
    return _fill(tensor, mean + std * random.source(None).standard_normal(tensor.array().shape))


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0) -> Any:
    """Fill with uniform numbers."""
    return _fill(tensor, random.source(None).uniform(a, b, tensor.array().shape))


def xavier_uniform_(tensor: Any, gain: float = 1.0) -> Any:
    """Fill by Glorot's rule."""
    fan_out, fan_in = tensor.array().shape[:2]
    bound = gain * np.sqrt(6.0 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Any, gain: float = 1.0) -> Any:
    """Fill by Glorot's rule."""
    fan_out, fan_in = tensor.array().shape[:2]
    return normal_(tensor, 0.0, gain * float(np.sqrt(2.0 / (fan_in + fan_out))))


def orthogonal_(tensor: Any, gain: float = 1.0) -> Any:
    """Fill with orthonormal rows or columns."""
    shape = tensor.array().shape
    rows, columns = shape[0], int(np.prod(shape[1:]))
    draws = random.source(None).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draws)
    q = q * np.sign(np.diag(r))
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(shape))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.nn.init.{name}")
