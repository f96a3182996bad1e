"""The interface of an engine, and what all of them share."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Differentiable = Callable[[list[Any]], list[Any]]
"""The function as its gradient sees it: values at the perturbed places -> floating results."""


class NoGradientError(Exception):
    """No result carries a derivative."""


class RefusedError(Exception):
    """The engine refuses the backward pass, because it would be wrong. The text is the engine's."""


class Engine:
    """NumPy's part of an engine; the others add their own arrays and generators."""

    by = "tape"
    analytic = False
    """Does a complex step make sense?"""
    precisions: tuple[str, ...] = ("double",)
    """To try, in this order, until the function runs."""

    def choose(self, precision: str) -> None:
        """Make new floating arrays of this precision."""

    def names(self) -> dict[str, Any]:
        """What an example may name without importing it."""
        return {"np": np, "numpy": np}

    def seed(self, seed: int) -> None:
        """Start all global generators over."""
        random.seed(seed)
        np.random.seed(seed % 2**32)

    def generators(self) -> dict[str, Any]:
        """The state of each global generator, by a name to print."""
        kind, keys, *rest = np.random.get_state()
        return {
            "Python's random module": random.getstate(),
            "NumPy's global generator": (kind, np.asarray(keys).tobytes(), *rest),
        }

    def generator_state(self, value: Any) -> Any:
        """The state of a generator object, None for anything else."""
        if isinstance(value, np.random.Generator):
            return repr(value.bit_generator.state)
        if isinstance(value, np.random.RandomState):
            return repr(value.get_state())
        if isinstance(value, random.Random):
            return value.getstate()
        return None

    def is_array(self, value: Any) -> bool:
        """Is it an array of this engine?"""
        return isinstance(value, np.ndarray)

    def is_differentiable(self, value: Any) -> bool:
        """Is it an array that a derivative can be taken with respect to?"""
        return self.is_array(value) and self.plain(value).dtype.kind in "fc"

    differentiates_numbers = True
    """Can Python's floats stand for arguments that are differentiated?"""

    def plain(self, value: Any) -> np.ndarray[Any, Any]:
        """A copy of an array's elements."""
        return np.array(value)

    def array(self, value: np.ndarray[Any, Any], like: Any = None) -> Any:
        """A new array of this engine, a float where ``like`` is one."""
        return np.array(value)[()] if np.ndim(like) == 0 and like is not None else np.array(value)

    def random_key(self, seed: int) -> Any:
        """An explicit key, where the framework has them."""
        raise LookupError

    def compiled(self, f: Differentiable) -> Differentiable | None:
        """The same function, to be called many times; None where calling it is all there is."""
        return None

    def functional(self, owner: Any, method: str) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
        """For modules that are called with their variables: what makes these from the arguments, and the call with
        the variables as the first argument. None for all others."""
        return None

    def reused_key(self, run: Callable[[], Any]) -> str:
        """Run under the framework's checker of random keys; what it says of one that is consumed twice, else empty."""
        return ""

    def is_key(self, value: Any) -> bool:
        """Is it a key that such a checker follows?"""
        return False

    def holds_run(self, value: Any) -> str:
        """Why an array keeps a run alive that is over (a graph, a tracer); empty if it does not."""
        return ""

    def parameters(self, value: Any) -> dict[str, Any]:
        """The trainable arrays of a module by name; nothing for other objects."""
        return {}

    def assign(self, parameter: Any, value: np.ndarray[Any, Any]) -> None:
        """Overwrite a parameter, unseen by the record."""
        raise NotImplementedError

    def is_module(self, value: Any) -> bool:
        """Is it a module, whose members have tables of their own?"""
        return False

    def gradient(
        self,
        f: Differentiable,
        points: Sequence[np.ndarray[Any, Any]],
        likes: Sequence[Any],
        parameters: Callable[[], Sequence[Any]],
        weights: Sequence[np.ndarray[Any, Any]],
    ) -> list[np.ndarray[Any, Any]]:
        """The gradient of ``sum(w * result)`` with respect to the points, then to the parameters that ``f`` used.

        Raises:
            NoGradientError: if there is nothing to differentiate.
            RefusedError: if the framework refuses.
        """
        raise NotImplementedError
