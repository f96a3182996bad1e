"""JAX: itself, or the tape behind its facade."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from statelint.tape import Array
from statelint.tape.dispatch import bare
from statelint.tape.errors import MutationError
from statelint.verify.engines.base import Differentiable, Engine, NoGradientError, RefusedError

_REFUSALS = ("UnexpectedTracerError", "TracerArrayConversionError", "TracerIntegerConversionError",
             "ConcretizationTypeError", "TracerBoolConversionError", "LeakError")  # fmt: skip

_kept: list[Any] = []
"""Contexts that hold until the process ends."""


class JaxEngine(Engine):
    """JAX or its facade, as ``jax``."""

    precisions = ("double", "single")

    def __init__(self, jax: Any, by: str) -> None:
        self._jax, self.by = jax, by
        self._tracer: Any = getattr(getattr(jax, "core", None), "Tracer", ()) if by == "jax" else ()

    def choose(self, precision: str) -> None:
        """Enable 64 bits, or not."""
        self._jax.config.update("jax_enable_x64", precision == "double")

    def names(self) -> dict[str, Any]:
        """JAX and its NumPy."""
        return {**super().names(), "jax": self._jax, "jnp": self._jax.numpy}

    def is_array(self, value: Any) -> bool:
        """An array of JAX or NumPy, or a tracer."""
        return isinstance(value, (self._jax.Array, np.ndarray))

    def plain(self, value: Any) -> np.ndarray[Any, Any]:
        """A copy of the elements; a key's words."""
        if self.by == "jax" and isinstance(value, self._jax.Array):
            if isinstance(value, self._tracer):
                return np.array(f"tracer {value.aval}")
            if value.is_deleted():
                return np.array("deleted")
            if self._jax.numpy.issubdtype(value.dtype, self._jax.dtypes.prng_key):
                return np.array(self._jax.random.key_data(value))
        elif isinstance(value, self._jax.Array):
            return np.array(bare(value._v))
        return np.array(value)

    def array(self, value: np.ndarray[Any, Any], like: Any = None) -> Any:
        """An array; a NumPy array or a float where ``like`` is one."""
        if isinstance(like, (np.ndarray, np.generic, float)):
            return super().array(value, like)
        return self._jax.numpy.asarray(np.array(value), dtype=None if like is None else like.dtype)

    def random_key(self, seed: int) -> Any:
        """A key."""
        return self._jax.random.key(seed)

    def compiled(self, f: Differentiable) -> Differentiable | None:
        """Jitted: loops of ``lax`` would be compiled anew at each call."""
        return self._jax.jit(f) if self.by == "jax" else None

    def functional(self, owner: Any, method: str) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
        """Flax's modules (linen)."""
        linen = sys.modules.get("flax.linen")
        if self.by != "jax" or linen is None or not isinstance(owner, linen.Module):
            return None
        key = self._jax.random.key

        def make(*args: Any, **kwargs: Any) -> Any:
            return owner.init(key(0), *args, method=method, **kwargs)

        def call(variables: Any, /, *args: Any, **kwargs: Any) -> Any:
            return owner.apply(variables, *args, method=method, rngs={"dropout": key(1)}, **kwargs)

        return make, call

    def is_key(self, value: Any) -> bool:
        """A typed key: JAX's checker does not follow keys that are plain words."""
        jnp = self._jax.numpy
        mine = self.by == "jax" and isinstance(value, self._jax.Array)
        return mine and bool(jnp.issubdtype(value.dtype, self._jax.dtypes.prng_key))

    def reused_key(self, run: Callable[[], Any]) -> str:
        """See the base class."""
        if self.by != "jax":
            return ""
        try:
            with self._jax.debug_key_reuse(True):
                run()
        except self._jax.errors.KeyReuseError as error:
            return str(error).splitlines()[0].rstrip(":")
        return ""

    def holds_run(self, value: Any) -> str:
        """A tracer outlives its trace."""
        if self.by == "tape":
            kept = isinstance(value, self._jax.Array) and type(value._v) is Array and value._v.active
            return "an array that outlived its differentiated run" if kept else ""
        return "a tracer that outlived its trace" if isinstance(value, self._tracer) else ""

    def gradient(
        self,
        f: Differentiable,
        points: Sequence[np.ndarray[Any, Any]],
        likes: Sequence[Any],
        parameters: Callable[[], Sequence[Any]],
        weights: Sequence[np.ndarray[Any, Any]],
    ) -> list[np.ndarray[Any, Any]]:
        """See the base class."""
        jnp = self._jax.numpy
        given = [
            jnp.asarray(np.array(p), dtype=getattr(like, "dtype", None)) for p, like in zip(points, likes, strict=True)
        ]

        def pure(*xs: Any) -> list[Any]:
            out = f(list(xs))
            if not out:
                raise NoGradientError("it returns nothing that can be differentiated")
            return out

        try:
            out, pull = self._jax.vjp(pure, *given)
            found = pull([jnp.asarray(w, dtype=r.dtype) for w, r in zip(weights, out, strict=True)])
        except MutationError as error:
            raise RefusedError(str(error)) from error
        except Exception as error:
            if type(error).__name__ in _REFUSALS and self.by == "jax":
                raise RefusedError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from error
            raise
        return [np.array(g) for g in found]


def open_engine(engine: str) -> Engine:
    """Import JAX, or install its facade."""
    if engine == "framework":
        return JaxEngine(importlib.import_module("jax"), "jax")
    from statelint.tape.facade import installed

    _kept.append(installed("jax"))
    return JaxEngine(_kept[-1].__enter__(), "tape")
