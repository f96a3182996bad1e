"""Products and linear algebra."""

from __future__ import annotations

import collections
import string
from typing import Any

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import MATMUL, plain
from statelint.tape.dispatch import COMPOSED_UFUNCS, as_array, implements
from statelint.tape.errors import NonDifferentiableError
from statelint.tape.rules import linalg, products
from statelint.tape.rules_support import axes_of, transposed

QRResult = collections.namedtuple("QRResult", "Q R")
EighResult = collections.namedtuple("EighResult", "eigenvalues eigenvectors")
SVDResult = collections.namedtuple("SVDResult", "U S Vh")
SlogdetResult = collections.namedtuple("SlogdetResult", "sign logabsdet")


@implements(np.dot)
def _dot(x: Any, y: Any) -> Any:
    x, y = as_array(x), as_array(y)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    if x.ndim <= 2 and y.ndim <= 2:
        return apply(MATMUL, (x, y))
    return _tensordot(x, y, ((-1,), (-2 if y.ndim > 1 else 0,)))


@implements(np.inner)
def _inner(x: Any, y: Any) -> Any:
    x, y = as_array(x), as_array(y)
    return x * y if x.ndim == 0 or y.ndim == 0 else _tensordot(x, y, ((-1,), (-1,)))


@implements(np.outer, np.linalg.outer)
def _outer(x: Any, y: Any) -> Any:
    return np.expand_dims(np.ravel(as_array(x)), 1) * np.expand_dims(np.ravel(as_array(y)), 0)


@implements(np.vdot)
def _vdot(x: Any, y: Any) -> Any:
    return np.sum(np.conj(np.ravel(as_array(x))) * np.ravel(as_array(y)))


def _vecdot(x: Any, y: Any) -> Any:
    return np.sum(np.conj(as_array(x)) * as_array(y), axis=-1)


def _matvec(x: Any, y: Any) -> Any:
    return (as_array(x) @ np.expand_dims(as_array(y), -1))[..., 0]


def _vecmat(x: Any, y: Any) -> Any:
    return (np.expand_dims(np.conj(as_array(x)), -2) @ as_array(y))[..., 0, :]


for _name, _composed in (("vecdot", _vecdot), ("matvec", _matvec), ("vecmat", _vecmat)):
    if hasattr(np, _name):
        COMPOSED_UFUNCS[getattr(np, _name)] = _composed


@implements(np.tensordot)
def _tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    x, y = as_array(x), as_array(y)
    if isinstance(axes, (int, np.integer)):
        left, right = tuple(range(x.ndim - int(axes), x.ndim)), tuple(range(int(axes)))
    else:
        left, right = axes_of(tuple(np.atleast_1d(axes[0])), x.ndim), axes_of(tuple(np.atleast_1d(axes[1])), y.ndim)
    names = string.ascii_letters
    a = names[: x.ndim]
    b = list(names[x.ndim : x.ndim + y.ndim])
    for i, j in zip(left, right, strict=True):
        b[j] = a[i]
    out = "".join(c for k, c in enumerate(a) if k not in left) + "".join(c for k, c in enumerate(b) if k not in right)
    return apply(products.EINSUM2, (x, y), {"a": a, "b": "".join(b), "into": out})


@implements(np.kron)
def _kron(x: Any, y: Any) -> Any:
    x, y = as_array(x), as_array(y)
    n = max(x.ndim, y.ndim)
    x = np.reshape(x, (1,) * (n - x.ndim) + x.shape)
    y = np.reshape(y, (1,) * (n - y.ndim) + y.shape)
    wide = np.expand_dims(x, tuple(range(1, 2 * n, 2))) * np.expand_dims(y, tuple(range(0, 2 * n, 2)))
    return np.reshape(wide, tuple(p * q for p, q in zip(x.shape, y.shape, strict=True)))


@implements(np.cross)
def _cross(x: Any, y: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = np.moveaxis(as_array(x), axisa, 0), np.moveaxis(as_array(y), axisb, 0)
    if x.shape[0] != 3 or y.shape[0] != 3:
        raise NotImplementedError("numpy.cross is differentiated for vectors of length 3 only")
    parts = [x[i] * y[j] - x[j] * y[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.moveaxis(np.stack(parts), 0, axisc)


# -- einsum ------------------------------------------------------------------------------------------------------------
def _labels(spec: str, operands: list[Any]) -> tuple[list[str], str]:
    """Labels of each operand and of the result, ellipses spelt out."""
    spec = spec.replace(" ", "")
    left, arrow, out = spec.partition("->")
    terms = left.split(",")
    free = [c for c in string.ascii_letters if c not in spec]
    width = max(
        (x.ndim - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True) if "..." in t), default=0
    )
    dots = "".join(free[:width])
    full = []
    for term, x in zip(terms, operands, strict=True):
        have = x.ndim - len(term.replace("...", ""))
        full.append(term.replace("...", dots[width - have :] if have else ""))
    if arrow:
        return full, out.replace("...", dots)
    counts = collections.Counter("".join(t.replace("...", "") for t in terms))
    return full, (dots if "..." in left else "") + "".join(sorted(c for c, n in counts.items() if n == 1))


def _distinct(x: Any, term: str) -> tuple[Any, str]:
    """Take diagonals until no label occurs twice in one operand."""
    while len(set(term)) < len(term):
        label = next(c for c in term if term.count(c) > 1)
        first = term.index(label)
        second = term.index(label, first + 1)
        x = np.diagonal(x, 0, first, second) * 1.0
        term = "".join(c for k, c in enumerate(term) if k not in (first, second)) + label
    return x, term


@implements(np.einsum)
def _einsum(spec: Any, *operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
    if not isinstance(spec, str):
        raise NotImplementedError("numpy.einsum is differentiated for subscripts in a string only")
    xs = [as_array(x) for x in operands]
    terms, out = _labels(spec, xs)
    pairs = [_distinct(x, t) for x, t in zip(xs, terms, strict=True)]
    sizes: dict[str, int] = {}
    for x, t in pairs:
        for c, n in zip(t, x.shape, strict=True):
            sizes[c] = max(n, sizes.get(c, 1))
    wide = [_widen(x, t, sizes) for x, t in pairs]
    x, a = wide[0]
    for k, (y, b) in enumerate(wide[1:], start=1):
        later = set(out).union(*(t for _, t in wide[k + 1 :]))
        keep = out if k == len(wide) - 1 else "".join(c for c in dict.fromkeys(a + b) if c in later)
        x, a = apply(products.EINSUM2, (x, y), {"a": a, "b": b, "into": keep}), keep
    return x if a == out and len(wide) > 1 else apply(products.EINSUM1, (x,), {"a": a, "into": out})


def _widen(x: Any, term: str, sizes: dict[str, int]) -> tuple[Any, str]:
    shape = tuple(sizes[c] for c in term)
    return (x if x.shape == shape else np.broadcast_to(x, shape)), term


# -- numpy.linalg ------------------------------------------------------------------------------------------------------
def _real_only(x: Any, name: str) -> Any:
    if np.iscomplexobj(plain(x)):
        raise NonDifferentiableError(f"{name} is differentiated for real matrices only")
    return x


@implements(np.linalg.inv)
def _inv(x: Any) -> Any:
    return apply(linalg.INV, (x,))


@implements(np.linalg.solve)
def _solve(x: Any, y: Any) -> Any:
    return apply(linalg.SOLVE, (as_array(x), as_array(y)), {"vector": np.ndim(plain(y)) == 1})


@implements(np.linalg.det)
def _det(x: Any) -> Any:
    return apply(linalg.DET, (x,))


@implements(np.linalg.slogdet)
def _slogdet(x: Any) -> Any:
    if np.iscomplexobj(plain(x)):
        raise NonDifferentiableError("slogdet is differentiated for real matrices only")
    return SlogdetResult(np.linalg.slogdet(plain(x))[0], apply(linalg.LOGDET, (x,)))


@implements(np.linalg.cholesky)
def _cholesky(x: Any, /, *, upper: bool = False) -> Any:
    lower = apply(linalg.CHOLESKY, (_real_only(x, "cholesky"),))
    return transposed(lower) if upper else lower


@implements(np.linalg.eigh)
def _eigh(x: Any, UPLO: str = "L") -> Any:  # noqa: N803 (NumPy's name)
    return EighResult(*apply(linalg.EIGH, (_real_only(x, "eigh"),), {"uplo": UPLO}))


@implements(np.linalg.eigvalsh)
def _eigvalsh(x: Any, UPLO: str = "L") -> Any:  # noqa: N803 (NumPy's name)
    return _eigh(x, UPLO)[0]


@implements(np.linalg.qr)
def _qr(x: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "r") or x.shape[-2] < x.shape[-1]:
        raise NotImplementedError("numpy.linalg.qr is differentiated in reduced form of tall matrices only")
    q, r = apply(linalg.QR, (_real_only(x, "qr"),))
    return r if mode == "r" else QRResult(q, r)


@implements(np.linalg.svd)
def _svd(x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if hermitian or (compute_uv and full_matrices and x.shape[-1] != x.shape[-2]):
        raise NotImplementedError("numpy.linalg.svd is differentiated with full_matrices=False only")
    u, s, vt = apply(linalg.SVD, (_real_only(x, "svd"),))
    return SVDResult(u, s, vt) if compute_uv else s


@implements(np.linalg.svdvals)
def _svdvals(x: Any, /) -> Any:
    return _svd(x, compute_uv=False)


@implements(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    a, b = as_array(a), as_array(b)
    if a.shape[0] < a.shape[1]:
        raise NotImplementedError("numpy.linalg.lstsq is differentiated for tall matrices of full column rank only")
    _, _, rank, singular = np.linalg.lstsq(plain(a), plain(b), rcond)
    if rank < a.shape[1]:
        raise NonDifferentiableError(f"lstsq has no derivative here: rank {rank} of {a.shape[1]} columns")
    q, r = _qr(a)
    x = _solve(r, transposed(q) @ b)
    residual = b - a @ x
    squares = np.sum(residual * residual, axis=0)
    return x, np.atleast_1d(squares) if a.shape[0] > a.shape[1] else np.zeros(0), rank, singular


@implements(np.linalg.pinv)
def _pinv(x: Any, rcond: Any = None, hermitian: bool = False, **_: Any) -> Any:
    if x.shape[-2] < x.shape[-1]:
        return transposed(_pinv(transposed(x)))
    q, r = _qr(x)
    return _inv(r) @ transposed(q)


@implements(np.linalg.matrix_power)
def _matrix_power(x: Any, n: int) -> Any:
    if n < 0:
        return _matrix_power(_inv(x), -n)
    out = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
    for _ in range(n):
        out = out @ x
    return out


@implements(np.linalg.multi_dot)
def _multi_dot(xs: Any) -> Any:
    out = xs[0]
    for x in xs[1:]:
        out = _dot(out, x)
    return out


@implements(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    if ord == 2:
        return np.sqrt(np.sum(np.real(x * np.conj(x)), axis=axis, keepdims=keepdims))
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        raise NotImplementedError("numpy.linalg.norm(ord=0) is not differentiated by the tape")
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)


@implements(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = as_array(x)
    matrix = (x.ndim == 2 and axis is None and ord is not None) or (isinstance(axis, tuple) and len(axis) == 2)
    if not matrix or ord is None or ord == "fro":
        return _vector_norm(x, axis=axis, keepdims=keepdims, ord=2 if ord in (None, "fro") else ord)
    rows, columns = (0, 1) if axis is None else axes_of(axis, x.ndim)
    if ord in (1, -1, np.inf, -np.inf):
        first, second = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = np.sum(np.abs(x), axis=first, keepdims=True)
        out = np.max(sums, axis=second, keepdims=True) if ord > 0 else np.min(sums, axis=second, keepdims=True)
        return out if keepdims else np.squeeze(out, (rows, columns))
    if ord in (2, -2, "nuc") and not keepdims:
        s = _svd(np.moveaxis(x, (rows, columns), (-2, -1)), compute_uv=False)
        pick: Any = {2: np.max, -2: np.min, "nuc": np.sum}[ord]
        return pick(s, axis=-1)
    raise NotImplementedError(f"numpy.linalg.norm(ord={ord!r}) is not differentiated by the tape")


@implements(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return _norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    s = _svd(x, compute_uv=False)
    return s[..., 0] / s[..., -1]
