"""Torch: itself, or the tape behind its facade. Both answer to the same names."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from statelint.verify.engines.base import Differentiable, Engine, NoGradientError, RefusedError

_REFUSALS = (
    "modified by an inplace operation",
    "backward through the graph a second time",
    "a leaf Variable that requires grad",
    "a view of a leaf Variable",
    "output of a function that returns multiple views",
    "version counter",
)
_kept: list[Any] = []
"""Contexts that hold until the process ends."""


class TorchEngine(Engine):
    """Torch or its facade, as ``torch``."""

    precisions = ("double", "single")
    differentiates_numbers = False

    def __init__(self, torch: Any, by: str) -> None:
        self._torch, self.by = torch, by

    def choose(self, precision: str) -> None:
        """Set the default dtype."""
        self._torch.set_default_dtype(self._torch.float64 if precision == "double" else self._torch.float32)

    def names(self) -> dict[str, Any]:
        """Torch."""
        return {**super().names(), "torch": self._torch}

    def seed(self, seed: int) -> None:
        """Torch's generator, too."""
        super().seed(seed)
        self._torch.manual_seed(seed)

    def generators(self) -> dict[str, Any]:
        """Torch's generator, too."""
        state = self._torch.get_rng_state()
        shown = state.numpy().tobytes() if hasattr(state, "numpy") else repr(state)
        return {**super().generators(), "torch's global generator": shown}

    def generator_state(self, value: Any) -> Any:
        """A ``torch.Generator``, too."""
        if isinstance(value, self._torch.Generator):
            if hasattr(value, "source"):
                return repr(value.source.bit_generator.state)
            return value.get_state().numpy().tobytes()
        return super().generator_state(value)

    def is_array(self, value: Any) -> bool:
        """A tensor or a NumPy array."""
        return isinstance(value, (self._torch.Tensor, np.ndarray))

    def plain(self, value: Any) -> np.ndarray[Any, Any]:
        """A copy of the elements."""
        if isinstance(value, np.ndarray):
            return np.array(value)
        with self._torch.no_grad():
            value = value.detach()
            for step in ("to_dense", "resolve_conj", "resolve_neg", "cpu"):
                if hasattr(value, step):
                    value = getattr(value, step)()
            if str(value.dtype) == "torch.bfloat16":
                value = value.float()
            return np.array(value.numpy())

    def array(self, value: np.ndarray[Any, Any], like: Any = None) -> Any:
        """A tensor; a NumPy array or a float where ``like`` is one."""
        if isinstance(like, (np.ndarray, np.generic, float)):
            return super().array(value, like)
        made = self._torch.tensor(np.array(value), dtype=None if like is None else like.dtype)
        if like is None and value.dtype.kind == "f":
            made = made.to(self._torch.get_default_dtype())
        return made.requires_grad_() if like is not None and like.requires_grad and like.is_leaf else made

    def is_differentiable(self, value: Any) -> bool:
        """A floating tensor: NumPy arrays and numbers carry no derivative here."""
        return isinstance(value, self._torch.Tensor) and self.plain(value).dtype.kind in "fc"

    def holds_run(self, value: Any) -> str:
        """A tensor with a history keeps its graph."""
        if isinstance(value, self._torch.Tensor) and value.grad_fn is not None:
            return "a tensor that keeps the autograd graph of the run alive"
        return ""

    def is_module(self, value: Any) -> bool:
        """A ``torch.nn.Module``."""
        return isinstance(value, self._torch.nn.Module)

    def parameters(self, value: Any) -> dict[str, Any]:
        """The parameters of a module that require gradients."""
        if not self.is_module(value):
            return {}
        named = value.named_parameters()
        return {k: p for k, p in named if p.requires_grad and type(p).__name__ != "UninitializedParameter"}

    def assign(self, parameter: Any, value: np.ndarray[Any, Any]) -> None:
        """Copy in place."""
        with self._torch.no_grad():
            parameter.copy_(self._torch.tensor(np.array(value), dtype=parameter.dtype))

    def gradient(
        self,
        f: Differentiable,
        points: Sequence[np.ndarray[Any, Any]],
        likes: Sequence[Any],
        parameters: Callable[[], Sequence[Any]],
        weights: Sequence[np.ndarray[Any, Any]],
    ) -> list[np.ndarray[Any, Any]]:
        """See the base class. The function gets copies of the leaves, as a layer inside a model would."""
        torch = self._torch
        leaves = [torch.tensor(np.array(p), dtype=x.dtype).requires_grad_() for p, x in zip(points, likes, strict=True)]
        own = [x.requires_grad and x.is_leaf for x in likes]
        try:
            out = f([leaf if same else leaf.clone() for leaf, same in zip(leaves, own, strict=True)])
            recorded = [(w, r) for w, r in zip(weights, out, strict=True) if getattr(r, "requires_grad", False)]
            if not recorded:
                raise NoGradientError("it returns nothing that carries a derivative")
            total = sum((r * torch.tensor(np.array(w), dtype=r.dtype)).sum() for w, r in recorded)
            sources = [*leaves, *parameters()]
            found = torch.autograd.grad(total, sources, allow_unused=True)
        except RuntimeError as error:
            text = str(error)
            if any(words in text for words in _REFUSALS):
                raise RefusedError(text.partition("Hint:")[0].strip()) from error
            raise
        return [
            np.zeros_like(self.plain(x)) if g is None else self.plain(g) for x, g in zip(sources, found, strict=True)
        ]


def open_engine(engine: str) -> Engine:
    """Import torch, or install its facade."""
    if engine == "framework":
        torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        return TorchEngine(torch, "torch")
    from statelint.tape.facade import installed

    _kept.append(installed("torch"))
    return TorchEngine(_kept[-1].__enter__(), "tape")
