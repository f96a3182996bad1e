"""``torch.nn.functional`` of the facade."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.dispatch import bare
from statelint.tape.facade.torch import _methods as methods
from statelint.tape.facade.torch import random
from statelint.tape.facade.torch._tensor import lifted, outside, plain, raw, wrap

softmax = lifted(methods.softmax)
log_softmax = lifted(methods.log_softmax)
sigmoid = lifted(methods.sigmoid)
tanh = lifted(np.tanh)
elu = lifted(lambda x, alpha=1.0: np.where(bare(x) > 0, x, alpha * np.expm1(np.minimum(x, 0.0))))
leaky_relu = lifted(lambda x, slope=0.01: np.where(bare(x) > 0, x, slope * x))
softplus = lifted(lambda x: np.logaddexp(x, 0.0))
gelu = lifted(methods.gelu)
silu = lifted(lambda x: x * methods.sigmoid(x))


def relu(x: Any, inplace: bool = False) -> Any:
    """Positive part."""
    return x.relu_() if inplace else x.relu()


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """``x @ weight.T + bias``."""
    out = raw(x) @ raw(weight).T
    return wrap(out if bias is None else out + raw(bias))


def normalize(x: Any, p: Any = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Vectors of length one."""
    v = raw(x)
    return wrap(v / np.maximum(np.linalg.norm(v, 2 if p == 2 else p, dim, True), eps))


def dropout(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zero a share of the elements."""
    if not training or p == 0:
        return x
    v = raw(x)
    return wrap(v * ((random.source(None).random(v.shape) >= p) / (1.0 - p)))


def _reduced(x: Any, reduction: str) -> Any:
    reduce: Any = {"mean": np.mean, "sum": np.sum, "none": lambda v: v}[reduction]
    return wrap(reduce(x))


def mse_loss(x: Any, y: Any, reduction: str = "mean") -> Any:
    """Squared error."""
    gap = raw(x) - raw(y)
    return _reduced(gap * gap, reduction)


def l1_loss(x: Any, y: Any, reduction: str = "mean") -> Any:
    """Absolute error."""
    return _reduced(np.abs(raw(x) - raw(y)), reduction)


def smooth_l1_loss(x: Any, y: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """Squared near zero, absolute away from it."""
    gap = raw(x) - raw(y)
    size = np.abs(gap)
    return _reduced(np.where(bare(size) < beta, 0.5 * gap * gap / beta, size - 0.5 * beta), reduction)


def nll_loss(log_probabilities: Any, target: Any, reduction: str = "mean") -> Any:
    """Negative log likelihood of class indices along axis 1."""
    index = np.expand_dims(np.asarray(plain(target)), 1)
    return _reduced(-np.take_along_axis(raw(log_probabilities), index, 1), reduction)


def cross_entropy(logits: Any, target: Any, reduction: str = "mean") -> Any:
    """Cross entropy of class indices or probabilities along axis 1."""
    log = methods.log_softmax(raw(logits), 1 if raw(logits).ndim > 1 else 0)
    if np.asarray(plain(target)).dtype.kind == "f":
        return _reduced(-np.sum(raw(target) * log, axis=1), reduction)
    return nll_loss(wrap(log), target, reduction)


def binary_cross_entropy_with_logits(x: Any, y: Any, reduction: str = "mean") -> Any:
    """Logistic loss."""
    v, t = raw(x), raw(y)
    return _reduced(np.logaddexp(v, 0.0) - v * t, reduction)


def one_hot(index: Any, num_classes: int = -1) -> Any:
    """Unit vectors."""
    k = np.asarray(plain(index))
    return wrap(np.eye(k.max() + 1 if num_classes < 0 else num_classes, dtype=int)[k])


def embedding(index: Any, weight: Any, **_: Any) -> Any:
    """Rows of a table."""
    return wrap(raw(weight)[np.asarray(plain(index))])


def pad(x: Any, widths: Any, mode: str = "constant", value: float = 0.0) -> Any:
    """Pad the last axes; widths are given from the last axis on."""
    v = raw(x)
    pairs = [(widths[2 * k], widths[2 * k + 1]) for k in range(len(widths) // 2)][::-1]
    full = [(0, 0)] * (v.ndim - len(pairs)) + pairs
    if mode == "constant":
        return wrap(np.pad(v, full, constant_values=value))
    name: Any = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    return wrap(np.pad(v, full, name))


def _pair(value: Any, count: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * count


def _convolution(x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, axes: int) -> Any:
    v, w = raw(x), raw(weight)
    steps, pads, gaps = _pair(stride, axes), _pair(padding, axes), _pair(dilation, axes)
    v = np.pad(v, [(0, 0), (0, 0), *((p, p) for p in pads)])
    for a in range(axes):
        size = w.shape[2 + a]
        count = (v.shape[2 + 2 * a] - gaps[a] * (size - 1) - 1) // steps[a] + 1
        index = steps[a] * np.arange(count)[:, None] + gaps[a] * np.arange(size)
        v = np.take(v, index, axis=2 + 2 * a)  # each spatial axis becomes (place, tap)
    out = np.einsum("ncxi,oci->nox" if axes == 1 else "ncxiyj,ocij->noxy", v, w)
    return wrap(out if bias is None else out + np.reshape(raw(bias), (-1, *(1,) * axes)))


def conv1d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    """Convolution over (batch, channels, length)."""
    return _convolution(x, weight, bias, stride, padding, dilation, 1)


def conv2d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    """Convolution over (batch, channels, height, width)."""
    return _convolution(x, weight, bias, stride, padding, dilation, 2)


def layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalisation over the last axes."""
    v = raw(x)
    axes = tuple(range(v.ndim - len(tuple(shape)), v.ndim))
    out = (v - np.mean(v, axis=axes, keepdims=True)) / np.sqrt(np.var(v, axis=axes, keepdims=True) + eps)
    out = out if weight is None else out * raw(weight)
    return wrap(out if bias is None else out + raw(bias))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.nn.functional.{name}")
