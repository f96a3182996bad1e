"""``jax.numpy`` of the facade: NumPy's functions on immutable arrays, in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.dispatch import as_array
from statelint.tape.facade.jax._array import Array, lifted, outside, raw, wrap

ndarray = Array
newaxis, pi, e, inf, nan = None, np.pi, np.e, np.inf, np.nan
float32, float64, int32, int64, uint32, bool_ = np.float32, np.float64, np.int32, np.int64, np.uint32, np.bool_
complex64, complex128 = np.complex64, np.complex128


def array(value: Any, dtype: Any = None, copy: bool = True) -> Any:
    """An array of a value."""
    made = as_array(raw(value))
    if dtype is not None and made.dtype != np.dtype(dtype):
        made = made.astype(dtype)
    return wrap(np.copy(made))


def asarray(value: Any, dtype: Any = None) -> Any:
    """An array of a value."""
    return value if isinstance(value, Array) and dtype is None else array(value, dtype)


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    """Numbers at equal distances."""
    return wrap(np.linspace(raw(start), raw(stop), num, endpoint=endpoint))


class _Namespace:
    """``jnp.linalg`` and ``jnp.fft``."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name, None)
        return lifted(found) if callable(found) else outside(f"jax.numpy {name}")


linalg, fft = _Namespace(np.linalg), _Namespace(np.fft)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    found = getattr(np, name, None)
    if not callable(found) or isinstance(found, type):
        return outside(f"jax.numpy.{name}")
    return lifted(found)
