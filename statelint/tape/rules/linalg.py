"""Linear algebra, batched over leading axes.

Domains: ``inv``, ``solve``, ``det``, ``slogdet`` need non-singular matrices; ``cholesky`` and ``eigh`` real symmetric
ones (the derivative is that of the symmetrised argument), ``eigh`` distinct eigenvalues; ``qr`` real full column rank,
reduced; ``svd`` real, reduced, distinct non-zero singular values.

Sources: Giles, "Collected matrix derivative results" (2008); Townsend, "Differentiating the singular value
decomposition" (2016); Walter and Lehmann (2012) for ``qr``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import apply, unbroadcast
from statelint.tape.record import LINEAR, define, primitive
from statelint.tape.rules_support import transposed

INV = define(
    primitive("inv", np.linalg.inv, "x"),
    [lambda g, ans: -transposed(ans) @ g @ transposed(ans)],
    [lambda t, ans: -ans @ t @ ans],
)


def _outer(u: Any, v: Any) -> Any:
    return np.expand_dims(u, -1) * np.expand_dims(v, -2)


def _solve_a(g: Any, x: Any, ans: Any, like: Any) -> Any:
    if _columns_of(ans, x):
        pulled = _solve_vectors(transposed(x), g)
        return unbroadcast(-_outer(pulled, ans), like)
    pulled = apply(SOLVE, (transposed(x), g), {"vector": False})
    return unbroadcast(-pulled @ transposed(ans), like)


def _columns_of(ans: Any, a: Any) -> bool:
    return len(ans.shape) == len(a.shape) - 1


def _solve_vectors(a: Any, b: Any) -> Any:
    return apply(SOLVE, (a, np.expand_dims(b, -1)), {"vector": False})[..., 0]


def _solve_b(g: Any, x: Any, like: Any, vector: bool) -> Any:
    if vector:
        return unbroadcast(_solve_vectors(transposed(x), g), like)
    return unbroadcast(apply(SOLVE, (transposed(x), g), {"vector": False}), like)


def _solve_jvp(t: Any, x: Any, ans: Any, vector: bool) -> Any:
    if vector:
        return _solve_vectors(x, -(t @ np.expand_dims(ans, -1))[..., 0])
    return apply(SOLVE, (x, -(t @ ans)), {"vector": False})


SOLVE = define(
    primitive("solve", lambda x, y, vector: np.linalg.solve(x, y), "x y"), [_solve_a, _solve_b], [_solve_jvp, LINEAR]
)


def _wide(g: Any) -> Any:
    return np.expand_dims(g, (-1, -2))


def _trace_with(t: Any, inverse: Any) -> Any:
    return np.sum(t * transposed(inverse), axis=(-1, -2))


DET = define(
    primitive("det", np.linalg.det, "x"),
    [lambda g, x, ans: _wide(g * ans) * transposed(apply(INV, (x,)))],
    [lambda t, x, ans: ans * _trace_with(t, apply(INV, (x,)))],
)
LOGDET = define(
    primitive("logdet", lambda x: np.linalg.slogdet(x)[1], "x"),
    [lambda g, x: _wide(g) * transposed(apply(INV, (x,)))],
    [lambda t, x: np.real(_trace_with(t, apply(INV, (x,))))],
)


def _half_lower(x: Any) -> Any:
    """Lower triangle with the diagonal halved."""
    n = x.shape[-1]
    return x * (np.tril(np.ones((n, n)), -1) + 0.5 * np.eye(n))


def _symmetric(x: Any) -> Any:
    return 0.5 * (x + transposed(x))


def _cholesky_vjp(g: Any, ans: Any) -> Any:
    inverse = apply(INV, (ans,))
    middle = _half_lower(transposed(ans) @ g)
    return _symmetric(transposed(inverse) @ middle @ inverse)


def _cholesky_jvp(t: Any, ans: Any) -> Any:
    inverse = apply(INV, (ans,))
    return ans @ _half_lower(inverse @ _symmetric(t) @ transposed(inverse))


CHOLESKY = define(primitive("cholesky", np.linalg.cholesky, "x"), [_cholesky_vjp], [_cholesky_jvp])


def _gaps(w: Any) -> Any:
    """1 / (w_j - w_i) off the diagonal, 0 on it."""
    eye = np.eye(w.shape[-1], dtype=bool)
    return np.where(eye, 0.0, 1.0 / np.where(eye, 1.0, np.expand_dims(w, -2) - np.expand_dims(w, -1)))


def _diag(v: Any) -> Any:
    return np.expand_dims(v, -1) * np.eye(v.shape[-1])


def _eigh_vjp(g: Any, ans: Any) -> Any:
    w, v = ans
    gw, gv = g
    inner = _diag(gw) + _gaps(w) * (transposed(v) @ gv)
    return _symmetric(v @ inner @ transposed(v))


def _eigh_jvp(t: Any, ans: Any) -> Any:
    w, v = ans
    moved = transposed(v) @ _symmetric(t) @ v
    return np.diagonal(moved, 0, -2, -1) * 1.0, v @ (_gaps(w) * moved)


EIGH = define(primitive("eigh", lambda x, uplo: tuple(np.linalg.eigh(x, uplo)), "x"), [_eigh_vjp], [_eigh_jvp])
EIGH.many = True


def _qr_vjp(g: Any, ans: Any) -> Any:
    q, r = ans
    gq, gr = g
    m = r @ transposed(gr) - transposed(gq) @ q
    n = r.shape[-1]
    full = m * np.tril(np.ones((n, n))) + transposed(m * np.tril(np.ones((n, n)), -1))
    return (gq + q @ full) @ transposed(apply(INV, (r,)))


def _qr_jvp(t: Any, ans: Any) -> Any:
    q, r = ans
    c = t @ apply(INV, (r,))
    m = transposed(q) @ c
    n = r.shape[-1]
    lower = m * np.tril(np.ones((n, n)), -1)
    turn = lower - transposed(lower)
    return q @ turn + c - q @ m, (m - turn) @ r


QR = define(primitive("qr", lambda x: tuple(np.linalg.qr(x)), "x"), [_qr_vjp], [_qr_jvp])
QR.many = True


def _svd_vjp(g: Any, ans: Any) -> Any:
    u, s, vt = ans
    gu, gs, gvt = g
    v, gv = transposed(vt), transposed(gvt)
    f = _gaps(s * s)
    su, sv = transposed(u) @ gu, transposed(v) @ gv
    left = f * (su - transposed(su))
    right = f * (sv - transposed(sv))
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    core = u @ (left * row + _diag(gs) + column * right) @ vt
    out_of_u = (gu - u @ su) / row
    out_of_v = transposed(gv - v @ sv) / column
    return core + out_of_u @ vt + u @ out_of_v


def _svd_jvp(t: Any, ans: Any) -> Any:
    u, s, vt = ans
    v = transposed(vt)
    f = _gaps(s * s)
    p = transposed(u) @ t @ v
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    left = f * (p * row + column * transposed(p))
    right = f * (column * p + transposed(p) * row)
    tv = t @ v
    tu = transposed(t) @ u
    du = u @ left + (tv - u @ (transposed(u) @ tv)) / row
    dv = v @ right + (tu - v @ (vt @ tu)) / row
    return du, np.diagonal(p, 0, -2, -1) * 1.0, transposed(dv)


SVD = define(primitive("svd", lambda x: tuple(np.linalg.svd(x, full_matrices=False)), "x"), [_svd_vjp], [_svd_jvp])
SVD.many = True
