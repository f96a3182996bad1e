"""``torch.linalg`` of the facade."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.facade.torch._tensor import lifted, outside

inv = lifted(np.linalg.inv)
solve = lifted(np.linalg.solve)
det = lifted(np.linalg.det)
cholesky = lifted(np.linalg.cholesky)
eigh = lifted(lambda x: tuple(np.linalg.eigh(x)))
qr = lifted(lambda x: tuple(np.linalg.qr(x)))
svd = lifted(lambda x, full_matrices=False: tuple(np.linalg.svd(x, full_matrices=False)))
slogdet = lifted(lambda x: tuple(np.linalg.slogdet(x)))
matrix_power = lifted(np.linalg.matrix_power)
norm = lifted(
    lambda x, ord=None, dim=None, keepdim=False: np.linalg.norm(
        x if dim is not None or ord else np.ravel(x), ord, dim, keepdim
    )
)
vector_norm = lifted(
    lambda x, ord=2, dim=None, keepdim=False: np.linalg.vector_norm(x, axis=dim, keepdims=keepdim, ord=ord)
)
matrix_norm = lifted(lambda x, ord="fro", dim=(-2, -1), keepdim=False: np.linalg.norm(x, ord, dim, keepdim))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.linalg.{name}")
