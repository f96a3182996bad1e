"""What several rules need: zeros for missing cotangents, axes, and shapes put back after a reduction."""

from __future__ import annotations

from typing import Any

import numpy as np


def filled(g: Any, node: Any) -> tuple[Any, ...]:
    """Cotangents of all results of a primitive, zeros for those that received none."""
    return tuple(
        np.zeros(shape, dtype) if part is None else part
        for part, shape, dtype in zip(g, node.shape, node.dtype, strict=True)
    )


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """``axis`` as a tuple of non-negative axes; ``None`` means all."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, (tuple, list)):
        return tuple(int(a) % ndim for a in axis)
    return (int(axis) % ndim,) if ndim else ()


def kept(value: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """A reduction's result with its reduced axes put back as axes of length one; ``shape`` is its argument's."""
    axes = axes_of(axis, len(shape))
    wide = tuple(1 if k in axes else n for k, n in enumerate(shape))
    return value if value.shape == wide else np.reshape(value, wide)


def count_of(shape: tuple[int, ...], axis: Any) -> int:
    """Number of elements that a reduction takes together."""
    count = 1
    for a in axes_of(axis, len(shape)):
        count *= shape[a]
    return count


def transposed(x: Any) -> Any:
    """The last two axes exchanged."""
    return np.swapaxes(x, -1, -2)
