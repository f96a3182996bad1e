"""Discrete Fourier transforms along one axis; both are symmetric matrices, so each is its own transpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape.record import LINEAR, Primitive, define, primitive


def _fit(g: Any, length: int, axis: int) -> Any:
    """Cut or zero-pad ``axis`` to ``length``."""
    have = g.shape[axis]
    if have > length:
        return g[(slice(None),) * axis + (slice(length),)]
    if have < length:
        return np.pad(g, [(0, length - have) if k == axis else (0, 0) for k in range(g.ndim)])
    return g


def _make(name: str, transform: Callable[..., Any]) -> Primitive:
    def vjp(g: Any, like: Any, n: int, axis: int, norm: str | None) -> Any:
        return _fit(transform(g, n=n, axis=axis, norm=norm), like.shape[axis], axis)

    fn = lambda x, n, axis, norm: transform(x, n=n, axis=axis, norm=norm)  # noqa: E731
    return define(primitive(name, fn, "x"), [vjp], [LINEAR])


FFT = _make("fft", np.fft.fft)
IFFT = _make("ifft", np.fft.ifft)
