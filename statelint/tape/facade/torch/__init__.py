"""A facade of torch on the tape: a documented subset, everything else raises ``NotImplementedError``.

Covered: creation, arithmetic, reductions, views, indexing, in-place methods, ``autograd`` (backward, grad, Function,
the grad modes), ``nn`` (Module and common layers), ``optim`` (SGD, Adam), random numbers (their own stream). Unlike in
torch, writes through ``.data`` raise the version counter: what torch computes wrongly is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.facade.torch._methods import OPERATIONS, Size
from statelint.tape.facade.torch._tensor import Tensor, leaf_copy, lifted, outside, plain, raw, wrap

from statelint.tape.facade.torch import _bind, random  # noqa: F401 # isort: skip (gives the tensor its methods)
from statelint.tape.facade.torch.random import Generator, get_rng_state, manual_seed, set_rng_state

from statelint.tape.facade.torch import autograd, distributions, linalg, nn, optim, utils  # isort: skip
from statelint.tape.facade.torch.autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled

float64 = double = np.dtype(np.float64)
float32 = np.dtype(np.float32)
int64 = long = np.dtype(np.int64)
int32 = np.dtype(np.int32)
bool = np.dtype(np.bool_)
float = float32
pi, inf, nan = np.pi, np.inf, np.nan
__version__ = "0 (statelint facade)"


def get_default_dtype() -> Any:
    """The dtype of new floating tensors."""
    return random.default[0]


def set_default_dtype(dtype: Any) -> None:
    """Choose the dtype of new floating tensors."""
    random.default[0] = np.dtype(dtype)


def tensor(data: Any, dtype: Any = None, requires_grad: Any = False, device: Any = None) -> Tensor:
    """A new tensor with a copy of the data."""
    if isinstance(data, (list, tuple)):
        data = [plain(v) for v in data]
    values = np.array(plain(data))
    if dtype is None and values.dtype.kind == "f" and not isinstance(data, (Tensor, np.ndarray)):
        dtype = get_default_dtype()
    return leaf_copy(values, dtype, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The same tensor or memory where possible."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)  # type: ignore[attr-defined]
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == dtype):
        return from_numpy(data)
    return tensor(data, dtype)


def from_numpy(data: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares the array's memory; writes through the array are hidden from the version counter."""
    from statelint.tape.apply import fresh

    return Tensor(fresh(data))


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape


def _filled(make: Any) -> Any:
    def call(*shape: Any, dtype: Any = None, requires_grad: Any = False, device: Any = None, **_: Any) -> Tensor:
        return leaf_copy(make(_shape(shape)), dtype or get_default_dtype(), requires_grad)

    return call


zeros, ones, empty = _filled(np.zeros), _filled(np.ones), _filled(np.zeros)


def full(shape: Any, value: Any, dtype: Any = None, requires_grad: Any = False, device: Any = None) -> Tensor:
    """A tensor of one value."""
    if dtype is None and np.asarray(value).dtype.kind == "f":
        dtype = get_default_dtype()
    return leaf_copy(np.full(shape, plain(value)), dtype, requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """The identity."""
    return leaf_copy(np.eye(n, m), dtype or get_default_dtype(), False)


def arange(*args: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Numbers at equal distances."""
    values = np.arange(*(plain(a) for a in args))
    return leaf_copy(values, dtype or (get_default_dtype() if values.dtype.kind == "f" else None), False)


def linspace(start: Any, end: Any, steps: int, dtype: Any = None) -> Tensor:
    """Numbers at equal distances, both ends included."""
    return leaf_copy(np.linspace(plain(start), plain(end), steps), dtype or get_default_dtype(), False)


def _like(make: Any) -> Any:
    def call(x: Tensor, dtype: Any = None, requires_grad: Any = False, **_: Any) -> Tensor:
        return leaf_copy(make(x.array().shape), dtype or x.array().dtype, requires_grad)

    return call


def _random(draw: Any) -> Any:
    def call(*shape: Any, dtype: Any = None, generator: Any = None, requires_grad: Any = False, **_: Any) -> Tensor:
        return leaf_copy(draw(random.source(generator), _shape(shape)), dtype or get_default_dtype(), requires_grad)

    return call


randn = _random(lambda g, shape: g.standard_normal(shape))
rand = _random(lambda g, shape: g.random(shape))
zeros_like, ones_like, empty_like = _like(np.zeros), _like(np.ones), _like(np.zeros)
randn_like = _like(lambda shape: random.source(None).standard_normal(shape))
rand_like = _like(lambda shape: random.source(None).random(shape))


def randint(low: int, high: Any = None, size: Any = None, generator: Any = None, **_: Any) -> Tensor:
    """Random integers below ``high``."""
    if size is None:
        low, high, size = 0, low, high
    return leaf_copy(random.source(generator).integers(low, high, size), None, False)


def randperm(n: int, generator: Any = None) -> Tensor:
    """A random permutation."""
    return leaf_copy(random.source(generator).permutation(n), None, False)


def normal(mean: Any, std: Any, size: Any = None, generator: Any = None) -> Tensor:
    """Normal samples; no gradient flows to mean and scale."""
    shape = size if size is not None else np.broadcast_shapes(np.shape(plain(mean)), np.shape(plain(std)))
    return wrap(plain(mean) + plain(std) * random.source(generator).standard_normal(shape))  # type: ignore[no-any-return]


def full_like(x: Tensor, value: Any, **_: Any) -> Tensor:
    """A tensor of one value in the likeness of another."""
    return leaf_copy(np.full(x.array().shape, value), x.array().dtype, False)


stack = lifted(lambda xs, dim=0: np.stack(list(xs), axis=dim))
cat = concat = lifted(lambda xs, dim=0: np.concatenate(list(xs), axis=dim))
einsum = lifted(np.einsum)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Elements of one or the other."""
    if x is None:
        return tuple(wrap(i) for i in np.nonzero(plain(condition)))
    return wrap(np.where(plain(condition), raw(x), raw(y)))


def allclose(x: Any, y: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    """Are all elements close?"""
    return np.allclose(plain(x), plain(y), rtol, atol, equal_nan)


def equal(x: Any, y: Any) -> Any:
    """Are shape and elements the same?"""
    return np.array_equal(plain(x), plain(y))


def is_tensor(x: Any) -> Any:
    """Is it a tensor?"""
    return isinstance(x, Tensor)


def numel(x: Tensor) -> int:
    """Number of elements."""
    return x.array().size


def set_printoptions(**_: Any) -> None:
    """Ignored."""


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name in OPERATIONS:
        return lifted(OPERATIONS[name])
    in_place = name.endswith("_") and getattr(Tensor, name, None)
    return in_place or outside(f"torch.{name}")


__all__ = [
    "Generator", "Size", "Tensor", "autograd", "distributions", "enable_grad", "get_rng_state", "inference_mode",
    "is_grad_enabled", "linalg", "manual_seed", "nn", "no_grad", "optim", "random", "set_grad_enabled", "set_rng_state",
    "tensor", "utils",
]  # fmt: skip
