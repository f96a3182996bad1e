"""Layers of the torch facade."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape.facade.torch import random
from statelint.tape.facade.torch._tensor import Tensor, leaf_copy, plain, raw, wrap
from statelint.tape.facade.torch.nn import functional
from statelint.tape.facade.torch.nn._module import Module, Parameter
from statelint.tape.record import no_grad


def uniform(shape: tuple[int, ...], bound: float) -> Parameter:
    """A parameter of uniform numbers between ``-bound`` and ``bound``."""
    return Parameter(leaf_copy(random.source(None).uniform(-bound, bound, shape), random.default[0], False))


def filled(shape: Any, value: float) -> Tensor:
    """A tensor of one value."""
    return leaf_copy(np.full(shape, value), random.default[0], False)


class Linear(Module):
    """``x @ weight.T + bias``."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, **_: Any) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = 1.0 / np.sqrt(in_features)
        self.weight = uniform((out_features, in_features), bound)
        if bias:
            self.bias = uniform((out_features,), bound)
        else:
            self.register_parameter("bias", None)

    def forward(self, x: Any) -> Any:
        """The affine map."""
        return functional.linear(x, self.weight, self.bias)


class _Convolution(Module):
    axes = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if groups != 1:
            raise NotImplementedError("grouped convolutions are outside the torch facade")
        size = tuple(kernel_size) if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * self.axes
        self.stride, self.padding, self.dilation = stride, padding, dilation
        bound = 1.0 / np.sqrt(in_channels * np.prod(size))
        self.weight = uniform((out_channels, in_channels, *size), bound)
        if bias:
            self.bias = uniform((out_channels,), bound)
        else:
            self.register_parameter("bias", None)

    def forward(self, x: Any) -> Any:
        """The convolution."""
        f = functional.conv1d if self.axes == 1 else functional.conv2d
        return f(x, self.weight, self.bias, self.stride, self.padding, self.dilation)


class Conv1d(_Convolution):
    """Convolution over (batch, channels, length)."""


class Conv2d(_Convolution):
    """Convolution over (batch, channels, height, width)."""

    axes = 2


class BatchNorm1d(Module):
    """Normalisation over all axes but the second; running statistics are buffers, updated when training."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        if affine:
            self.weight, self.bias = Parameter(filled(num_features, 1.0)), Parameter(filled(num_features, 0.0))
        else:
            self.register_parameter("weight", None)
            self.register_parameter("bias", None)
        tracked = track_running_stats
        self.register_buffer("running_mean", filled(num_features, 0.0) if tracked else None)
        self.register_buffer("running_var", filled(num_features, 1.0) if tracked else None)
        self.register_buffer("num_batches_tracked", leaf_copy(np.array(0), None, False) if tracked else None)

    def forward(self, x: Any) -> Any:
        """By the batch's statistics when training, else by the running ones."""
        v = raw(x)
        axes = tuple(k for k in range(v.ndim) if k != 1)
        shape = (1, -1, *(1,) * (v.ndim - 2))
        if self.training or self.running_mean is None:
            mean, var = np.mean(v, axis=axes), np.var(v, axis=axes)
            if self.running_mean is not None:
                self._update(np.asarray(mean.data), np.asarray(var.data), v.size // v.shape[1])
        else:
            mean, var = raw(self.running_mean), raw(self.running_var)
        out = (v - np.reshape(mean, shape)) / np.sqrt(np.reshape(var, shape) + self.eps)
        if self.weight is not None:
            out = out * np.reshape(raw(self.weight), shape) + np.reshape(raw(self.bias), shape)
        return wrap(out)

    def _update(self, mean: Any, var: Any, count: int) -> None:
        m = self.momentum
        with no_grad():
            self.running_mean.write((1 - m) * plain(self.running_mean) + m * mean)
            self.running_var.write((1 - m) * plain(self.running_var) + m * var * (count / max(count - 1, 1)))
            self.num_batches_tracked.write(plain(self.num_batches_tracked) + 1)


class BatchNorm2d(BatchNorm1d):
    """The same for images."""


class LayerNorm(Module):
    """Normalisation over the last axes."""

    def __init__(self, normalized_shape: Any, eps: float = 1e-5) -> None:
        super().__init__()
        self.shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight, self.bias = Parameter(filled(self.shape, 1.0)), Parameter(filled(self.shape, 0.0))

    def forward(self, x: Any) -> Any:
        """Normalise, scale and shift."""
        return functional.layer_norm(x, self.shape, self.weight, self.bias, self.eps)


class Dropout(Module):
    """Zero a share of the elements when training."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Any) -> Any:
        """With a new mask."""
        return functional.dropout(x, self.p, self.training)


class Embedding(Module):
    """Rows of a table."""

    def __init__(self, num_embeddings: int, embedding_dim: int, **_: Any) -> None:
        super().__init__()
        values = random.source(None).standard_normal((num_embeddings, embedding_dim))
        self.weight = Parameter(leaf_copy(values, random.default[0], False))

    def forward(self, index: Any) -> Any:
        """The rows at the indices."""
        return functional.embedding(index, self.weight)


class ReLU(Module):
    """Positive part."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, x: Any) -> Any:
        """Elementwise, in place if so made."""
        return functional.relu(x, self.inplace)


class GRUCell(Module):
    """One step of a gated recurrent unit."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        bound = 1.0 / np.sqrt(hidden_size)
        self.weight_ih = uniform((3 * hidden_size, input_size), bound)
        self.weight_hh = uniform((3 * hidden_size, hidden_size), bound)
        self.bias_ih, self.bias_hh = uniform((3 * hidden_size,), bound), uniform((3 * hidden_size,), bound)

    def forward(self, x: Any, h: Any = None) -> Any:
        """The next hidden state."""
        h = filled((x.shape[0], self.hidden_size), 0.0) if h is None else h
        xr, xz, xn = functional.linear(x, self.weight_ih, self.bias_ih).chunk(3, 1)
        hr, hz, hn = functional.linear(h, self.weight_hh, self.bias_hh).chunk(3, 1)
        r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
        n = (xn + r * hn).tanh()
        return n + z * (h - n)


def _layer(name: str, f: Callable[..., Any], *settings: tuple[str, Any]) -> type[Module]:
    """A layer without parameters of its own."""

    def init(self: Module, *args: Any, **kwargs: Any) -> None:
        Module.__init__(self)
        given = dict(settings)
        given.update(zip(given, args, strict=False))
        given.update((k, v) for k, v in kwargs.items() if k in given)
        self._settings = given

    def forward(self: Module, *args: Any) -> Any:
        return f(*args, **self._settings)

    doc = f"See ``torch.nn.{name}``."
    return type(name, (Module,), {"__init__": init, "forward": forward, "__doc__": doc, "__module__": __name__})


Identity = _layer("Identity", lambda x: x)
Tanh = _layer("Tanh", lambda x: x.tanh())
Sigmoid = _layer("Sigmoid", lambda x: x.sigmoid())
Softplus = _layer("Softplus", functional.softplus)
GELU = _layer("GELU", functional.gelu, ("approximate", "none"))
SiLU = _layer("SiLU", functional.silu)
LeakyReLU = _layer("LeakyReLU", functional.leaky_relu, ("slope", 0.01))
Flatten = _layer(
    "Flatten", lambda x, start_dim, end_dim: x.flatten(start_dim, end_dim), ("start_dim", 1), ("end_dim", -1)
)
MSELoss = _layer("MSELoss", functional.mse_loss, ("reduction", "mean"))
L1Loss = _layer("L1Loss", functional.l1_loss, ("reduction", "mean"))
SmoothL1Loss = _layer("SmoothL1Loss", functional.smooth_l1_loss, ("reduction", "mean"))
CrossEntropyLoss = _layer("CrossEntropyLoss", functional.cross_entropy, ("reduction", "mean"))
