"""NumPy code, run on the tape's arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from statelint.tape import Array, modes
from statelint.tape.errors import MutationError
from statelint.verify.engines.base import Differentiable, Engine, NoGradientError, RefusedError


class NumpyEngine(Engine):
    """The tape directly. Code written for HIPS autograd runs here, too: its functions are NumPy's."""

    analytic = True

    def gradient(
        self,
        f: Differentiable,
        points: Sequence[np.ndarray[Any, Any]],
        likes: Sequence[Any],
        parameters: Callable[[], Sequence[Any]],
        weights: Sequence[np.ndarray[Any, Any]],
    ) -> list[np.ndarray[Any, Any]]:
        """See the base class."""
        try:
            out, pull = modes.vjp(lambda *xs: f(list(xs)), *(np.array(p)[()] for p in points))
            if not out:
                raise NoGradientError("it returns nothing that can be differentiated")
            found = pull([np.asarray(w, np.asarray(r).dtype)[()] for w, r in zip(weights, out, strict=True)])
        except MutationError as error:
            raise RefusedError(str(error)) from error
        return [np.asarray(g) for g in found]

    def is_array(self, value: Any) -> bool:
        """Is it an array, of NumPy or of the tape?"""
        return isinstance(value, np.ndarray) or type(value) is Array

    def holds_run(self, value: Any) -> str:
        """An array of the tape outlives the run that it was recorded in."""
        kept = type(value) is Array and value.active
        return "an array that outlived its differentiated run" if kept else ""

    def plain(self, value: Any) -> np.ndarray[Any, Any]:
        """A copy of the elements."""
        return np.array(value.numpy() if type(value) is Array else value)


def open_engine(engine: str) -> Engine:
    """Nothing to be installed."""
    return NumpyEngine()
