"""A facade of jax on the tape: a documented subset, everything else raises ``NotImplementedError``.

Covered: ``grad`` and its kin, ``jit`` (which runs the function as it is), ``vmap`` (a loop), ``jax.numpy``, ``lax``
control flow, ``random`` (its own stream), ``tree``, ``nn``, custom rules, ``checkpoint``. Double precision throughout.
"""

from __future__ import annotations

from typing import Any

from statelint.tape.facade.jax import debug, errors, lax, nn, numpy, random, tree, tree_util
from statelint.tape.facade.jax._array import Array, outside, wrap_tree
from statelint.tape.facade.jax._transforms import (
    CustomJvp,
    checkpoint,
    custom_vjp,
    grad,
    jacobian,
    jit,
    jvp,
    value_and_grad,
    vjp,
    vmap,
)

remat, custom_jvp = checkpoint, CustomJvp
jacrev = jacobian


def jacfwd(f: Any, argnums: int = 0) -> Any:
    """Jacobian by forward mode."""
    return jacobian(f, argnums, "forward")


def hessian(f: Any, argnums: int = 0) -> Any:
    """Hessian of a scalar function."""
    return jacfwd(grad(f, argnums), argnums)


def device_put(x: Any, *_: Any, **__: Any) -> Any:
    """There is one device; NumPy arrays are copied."""
    return wrap_tree(tree.map(lambda v: v if isinstance(v, Array) else numpy.array(v), x))


def device_get(x: Any) -> Any:
    """NumPy values."""
    import numpy as np

    return tree.map(np.asarray, x)


def block_until_ready(x: Any) -> Any:
    """It is."""
    return x


class _Config:
    def update(self, name: str, value: Any) -> None:
        """Ignored."""

    jax_enable_x64 = True


config = _Config()


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"jax.{name}")


__all__ = [
    "Array",
    "block_until_ready",
    "checkpoint",
    "config",
    "custom_jvp",
    "custom_vjp",
    "debug",
    "device_get",
    "device_put",
    "errors",
    "grad",
    "hessian",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "lax",
    "nn",
    "numpy",
    "random",
    "remat",
    "tree",
    "tree_util",
    "value_and_grad",
    "vjp",
    "vmap",
]  # fmt: skip
