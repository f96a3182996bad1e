"""HIPS autograd itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from autograd.tracer import Box, isbox

from statelint.verify.engines.base import Differentiable, Engine, NoGradientError


class AutogradEngine(Engine):
    """Autograd's boxes are NumPy arrays to the function."""

    by = "autograd"

    def is_array(self, value: Any) -> bool:
        """Is it an array or a box?"""
        return isinstance(value, (np.ndarray, Box))

    def plain(self, value: Any) -> np.ndarray[Any, Any]:
        """A copy of the elements."""
        while isbox(value):
            value = value._value
        return np.array(value)

    def holds_run(self, value: Any) -> str:
        """A box outlives its trace."""
        return "a box of autograd's trace" if isbox(value) else ""

    def gradient(
        self,
        f: Differentiable,
        points: Sequence[np.ndarray[Any, Any]],
        likes: Sequence[Any],
        parameters: Callable[[], Sequence[Any]],
        weights: Sequence[np.ndarray[Any, Any]],
    ) -> list[np.ndarray[Any, Any]]:
        """See the base class."""

        def projected(xs: Any) -> Any:
            out = f(list(xs))
            if not out:
                raise NoGradientError("it returns nothing that can be differentiated")
            return sum(anp.sum(w * r) for w, r in zip(weights, out, strict=True))

        found = autograd.grad(projected)(tuple(np.array(p)[()] for p in points))
        return [np.asarray(g) for g in found]


def open_engine(engine: str) -> Engine:
    """Nothing to be installed."""
    return AutogradEngine()
