"""Reductions and running reductions. Ties in ``max`` and ``min`` share the cotangent equally."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.arrays import plain
from statelint.tape.record import LINEAR, define, primitive
from statelint.tape.rules_support import axes_of, count_of, kept


def _sum_vjp(g: Any, like: Any, axis: Any) -> Any:
    return np.broadcast_to(kept(g, like.shape, axis), like.shape)


SUM = define(
    primitive("sum", lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims), "x"), [_sum_vjp], [LINEAR]
)


def _extreme(g: Any, x: Any, ans: Any, axis: Any) -> Any:
    chosen = plain(x) == kept(plain(ans), x.shape, axis)
    share = chosen / np.sum(chosen, axis=axes_of(axis, x.ndim), keepdims=True)
    return kept(g, x.shape, axis) * share


def _extreme_jvp(t: Any, x: Any, ans: Any, axis: Any) -> Any:
    chosen = plain(x) == kept(plain(ans), x.shape, axis)
    share = chosen / np.sum(chosen, axis=axes_of(axis, x.ndim), keepdims=True)
    return np.reshape(np.sum(t * share, axis=axes_of(axis, x.ndim)), ans.shape)


MAX = define(
    primitive("max", lambda x, axis, keepdims: np.max(x, axis=axis, keepdims=keepdims), "x"), [_extreme], [_extreme_jvp]
)
MIN = define(
    primitive("min", lambda x, axis, keepdims: np.min(x, axis=axis, keepdims=keepdims), "x"), [_extreme], [_extreme_jvp]
)


def _others_product(x: Any, ans: Any, axis: Any) -> Any:
    """Product of all elements but one, for each; without a division where there are zeros."""
    if np.all(plain(x) != 0):
        return kept(ans, x.shape, axis) / x
    axes = axes_of(axis, x.ndim)
    rest = tuple(k for k in range(x.ndim) if k not in axes)
    order = rest + axes
    flat = np.reshape(np.transpose(x, order), (*(x.shape[k] for k in rest), count_of(x.shape, axis)))
    n = flat.shape[-1]
    without = np.prod(np.where(np.eye(n, dtype=bool), 1.0, np.expand_dims(flat, -2)), axis=-1)
    back = np.reshape(without, tuple(x.shape[k] for k in order))
    return np.transpose(back, tuple(int(k) for k in np.argsort(order)))


PROD = define(
    primitive("prod", lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims), "x"),
    [lambda g, x, ans, axis: kept(g, x.shape, axis) * _others_product(x, ans, axis)],
    [
        lambda t, x, ans, axis: np.reshape(
            np.sum(t * _others_product(x, ans, axis), axis=axes_of(axis, x.ndim)), ans.shape
        )
    ],
)

CUMSUM = define(
    primitive("cumsum", lambda x, axis: np.cumsum(x, axis=axis), "x"),
    [lambda g, axis: np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)],
    [LINEAR],
)


def _prefix_jacobian(x: Any) -> Any:
    """d cumprod(x)[j] / d x[k] along the last axis, at [..., k, j]: right where elements are zero, too."""
    n = x.shape[-1]
    without = np.cumprod(np.where(np.eye(n, dtype=bool), 1.0, np.expand_dims(x, -2)), axis=-1)
    return without * np.triu(np.ones((n, n)))


def _cumprod_vjp(g: Any, x: Any, ans: Any, axis: int) -> Any:
    if np.all(plain(x) != 0):
        return np.flip(np.cumsum(np.flip(g * ans, axis), axis=axis), axis) / x
    wide = np.expand_dims(np.moveaxis(g, axis, -1), -2)
    return np.moveaxis(np.sum(_prefix_jacobian(np.moveaxis(x, axis, -1)) * wide, axis=-1), -1, axis)


def _cumprod_jvp(t: Any, x: Any, ans: Any, axis: int) -> Any:
    if np.all(plain(x) != 0):
        return np.cumsum(t / x, axis=axis) * ans
    wide = np.expand_dims(np.moveaxis(t, axis, -1), -1)
    return np.moveaxis(np.sum(_prefix_jacobian(np.moveaxis(x, axis, -1)) * wide, axis=-2), -1, axis)


CUMPROD = define(primitive("cumprod", lambda x, axis: np.cumprod(x, axis=axis), "x"), [_cumprod_vjp], [_cumprod_jvp])
