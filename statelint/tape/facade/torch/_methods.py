"""Operations of the facade: each is a function of arrays, and a method, and an in-place method where torch has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import Array
from statelint.tape.dispatch import bare
from statelint.tape.facade.torch._tensor import plain
from statelint.tape.rules.elementwise import ERF, RELU, SIGMOID


class Chosen(NamedTuple):
    """Elements and where they were."""

    values: Any
    indices: Any


class Size(tuple[int, ...]):
    """A shape, as torch has it."""

    def numel(self) -> int:
        """Number of elements."""
        return int(np.prod(self))


def _dims(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


def _reduction(f: Any) -> Callable[..., Any]:
    def call(x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        x = x.astype(dtype) if dtype is not None else x
        return f(x, axis=_dims(dim), keepdims=keepdim)

    return call


def _extreme(f: Any, arg: Any) -> Callable[..., Any]:
    def call(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, Array):
            return (np.maximum if f is np.max else np.minimum)(x, dim)
        if dim is None:
            return f(x)
        index = arg(bare(x), axis=dim)
        values = np.take_along_axis(x, np.expand_dims(index, dim), dim)
        if keepdim:
            return Chosen(values, np.expand_dims(index, dim))
        return Chosen(np.squeeze(values, dim), index)

    return call


def _spread(f: Any) -> Callable[..., Any]:
    def call(x: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, correction: int = 1) -> Any:
        return f(x, axis=_dims(dim), ddof=correction if unbiased else 0, keepdims=keepdim)

    return call


def softmax(x: Any, dim: int = -1) -> Any:
    """Exponentials, normalised."""
    e = np.exp(x - np.max(bare(x), axis=dim, keepdims=True))
    return e / np.sum(e, axis=dim, keepdims=True)


def logsumexp(x: Any, dim: Any, keepdim: bool = False) -> Any:
    """Logarithm of the sum of exponentials."""
    top = np.max(bare(x), axis=dim, keepdims=True)
    out = np.log(np.sum(np.exp(x - top), axis=dim, keepdims=True)) + top
    return out if keepdim else np.squeeze(out, dim)


def log_softmax(x: Any, dim: int = -1) -> Any:
    """Logarithm of softmax."""
    return x - logsumexp(x, dim, True)


def gelu(x: Any, approximate: str = "none") -> Any:
    """``x`` times the normal distribution function, exact or by tanh."""
    if approximate == "tanh":
        return 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1.0 + apply(ERF, (x * np.sqrt(0.5),)))


def scatter(x: Any, dim: int, index: Any, source: Any) -> Any:
    """A copy with elements replaced along an axis."""
    out = np.copy(x)
    where = list(np.indices(np.shape(bare(index)), sparse=True))
    where[dim] = bare(index)
    values = source if np.ndim(bare(source)) == 0 else source[tuple(slice(n) for n in np.shape(bare(index)))]
    out[tuple(where)] = values
    return out


def sigmoid(x: Any) -> Any:
    """Logistic function."""
    return apply(SIGMOID, (x,))


def relu(x: Any) -> Any:
    """Positive part; derivative 0 at 0."""
    return apply(RELU, (x,))


def shape_of(args: Any) -> tuple[int, ...]:
    """A shape given as one sequence or as several numbers."""
    return tuple(int(plain(n)) for n in (args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args))


def _expand(x: Any, *shape: Any) -> Any:
    want = shape_of(shape)
    extra = len(want) - x.ndim
    return np.broadcast_to(x, tuple(x.shape[k - extra] if n == -1 else n for k, n in enumerate(want)))


def _flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    end = end_dim % max(x.ndim, 1)
    return np.reshape(x, (*x.shape[:start_dim], -1, *x.shape[end + 1 :]))


def _squeeze(x: Any, dim: Any = None) -> Any:
    if dim is not None and x.shape[dim] != 1:
        return np.reshape(x, x.shape)
    return np.squeeze(x, dim)


def _norm(x: Any, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    return np.linalg.norm(np.ravel(x) if dim is None else x, 2 if p == "fro" else p, _dims(dim), keepdim)


def _clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    return np.clip(x, min, max)


def _masked_fill(x: Any, mask: Any, value: Any) -> Any:
    return np.where(bare(mask), value, x)


def _cdist(a: Any, b: Any) -> Any:
    gap = np.expand_dims(a, -2) - np.expand_dims(b, -3)
    square = np.sum(gap * gap, -1)
    zero = bare(square) == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, square)))


def _cholesky_solve(b: Any, l: Any, upper: bool = False) -> Any:  # noqa: E741 (torch's order of arguments)
    l = np.swapaxes(l, -1, -2) if upper else l  # noqa: E741
    return np.linalg.solve(np.swapaxes(l, -1, -2), np.linalg.solve(l, b))


def _chunks(x: Any, chunks: int, dim: int = 0) -> Any:
    return tuple(np.array_split(x, range(size := -(-x.shape[dim] // chunks), x.shape[dim], size), dim))


def _split(x: Any, size: Any, dim: int = 0) -> Any:
    ends = np.cumsum(size)[:-1] if isinstance(size, (list, tuple)) else range(size, x.shape[dim], size)
    return tuple(np.array_split(x, list(ends), dim))


def _sort(x: Any, dim: int = -1, descending: bool = False) -> Any:
    index = np.argsort(-bare(x) if descending else bare(x), axis=dim, kind="stable")
    return Chosen(np.take_along_axis(x, index, dim), index)


def _topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    return Chosen(*(v[(*(slice(None),) * (dim % x.ndim), slice(k))] for v in _sort(x, dim, largest)))


def sum_to(x: Any, index: Any, source: Any, dim: int) -> Any:
    """``x`` with rows of ``source`` added at an index."""
    out = np.copy(x)
    np.add.at(out, (*(slice(None),) * (dim % x.ndim), bare(index)), source)
    return out


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "atan": np.arctan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "abs": np.abs,
    "neg": np.negative,
    "square": np.square,
    "reciprocal": np.reciprocal,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "sigmoid": sigmoid,
    "relu": relu,
    "rsqrt": lambda x: 1.0 / np.sqrt(x),
    "erf": lambda x: apply(ERF, (x,)),
    "clamp": _clamp,
    "clip": _clamp,
    "masked_fill": _masked_fill,
    "pow": lambda x, y: x**y,
    "add": lambda x, y, alpha=1: x + (y if alpha == 1 else alpha * y),
    "sub": lambda x, y, alpha=1: x - (y if alpha == 1 else alpha * y),
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "lerp": lambda x, end, weight: x + weight * (end - x),
    "addcmul": lambda x, a, b, value=1: x + value * a * b,
    "addcdiv": lambda x, a, b, value=1: x + value * a / b,
    "nan_to_num": np.nan_to_num,
    "tril": lambda x, diagonal=0: np.tril(x, diagonal),
    "triu": lambda x, diagonal=0: np.triu(x, diagonal),
}
"""These have an in-place method as well: the name with an underscore."""

OTHERS: dict[str, Callable[..., Any]] = {
    "sum": _reduction(np.sum),
    "mean": _reduction(np.mean),
    "prod": _reduction(np.prod),
    "amax": _reduction(np.max),
    "amin": _reduction(np.min),
    "max": _extreme(np.max, np.argmax),
    "min": _extreme(np.min, np.argmin),
    "var": _spread(np.var),
    "std": _spread(np.std),
    "norm": _norm,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "cumsum": lambda x, dim: np.cumsum(x, axis=dim),
    "cumprod": lambda x, dim: np.cumprod(x, axis=dim),
    "matmul": np.matmul,
    "mm": np.matmul,
    "bmm": np.matmul,
    "mv": np.matmul,
    "dot": np.dot,
    "outer": np.outer,
    "ger": np.outer,
    "kron": np.kron,
    "clone": np.copy,
    "reshape": lambda x, *shape: np.reshape(x, shape_of(shape)),
    "view": lambda x, *shape: np.reshape(x, shape_of(shape)),
    "view_as": lambda x, y: np.reshape(x, y.shape),
    "permute": lambda x, *dims: np.transpose(x, shape_of(dims)),
    "transpose": lambda x, a, b: np.swapaxes(x, a, b),
    "t": lambda x: np.transpose(x),
    "flatten": _flatten,
    "squeeze": _squeeze,
    "unsqueeze": lambda x, dim: np.expand_dims(x, dim),
    "expand": _expand,
    "expand_as": lambda x, y: np.broadcast_to(x, y.shape),
    "repeat": lambda x, *reps: np.tile(x, shape_of(reps)),
    "flip": lambda x, *dims: np.flip(x, shape_of(dims)),
    "roll": lambda x, shifts, dims=None: np.roll(x, shifts, dims),
    "narrow": lambda x, dim, start, length: x[(*(slice(None),) * dim, slice(start, start + length))],
    "select": lambda x, dim, index: x[(*(slice(None),) * dim, index, Ellipsis)],
    "diagonal": lambda x, offset=0, dim1=0, dim2=1: np.diagonal(x, offset, dim1, dim2),
    "diag": lambda x, diagonal=0: np.diag(x, diagonal),
    "trace": np.trace,
    "chunk": _chunks,
    "split": _split,
    "unbind": lambda x, dim=0: tuple(np.unstack(x, axis=dim)),
    "scatter": scatter,
    "gather": lambda x, dim, index: np.take_along_axis(x, bare(index), dim),
    "index_select": lambda x, dim, index: np.take(x, bare(index), axis=dim),
    "index_add": lambda x, dim, index, source: sum_to(x, index, source, dim),
    "sort": _sort,
    "topk": _topk,
    "matrix_power": np.linalg.matrix_power,
    "argsort": lambda x, dim=-1: np.argsort(bare(x), axis=dim),
    "argmax": lambda x, dim=None: np.argmax(bare(x), axis=dim),
    "argmin": lambda x, dim=None: np.argmin(bare(x), axis=dim),
    "cdist": _cdist,
    "cholesky_solve": _cholesky_solve,
    "isnan": lambda x: np.isnan(bare(x)),
    "isfinite": lambda x: np.isfinite(bare(x)),
    "all": lambda x, dim=None: np.all(bare(x), axis=dim),
    "any": lambda x, dim=None: np.any(bare(x), axis=dim),
    "eq": lambda x, y: bare(x) == bare(y),
    "ne": lambda x, y: bare(x) != bare(y),
    "lt": lambda x, y: bare(x) < bare(y),
    "le": lambda x, y: bare(x) <= bare(y),
    "gt": lambda x, y: bare(x) > bare(y),
    "ge": lambda x, y: bare(x) >= bare(y),
    "logical_not": lambda x: ~bare(x).astype(bool),
    "contiguous": lambda x: x,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "atan2": np.arctan2,
}

OPERATIONS: dict[str, Callable[..., Any]] = {**ELEMENTWISE, **OTHERS}
