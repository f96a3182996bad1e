"""Grad modes, ``grad``, ``backward`` and ``Function`` of the torch facade."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.arrays import Array
from statelint.tape.custom import recorded_call
from statelint.tape.facade.torch._tensor import Tensor, outside, plain, raw, release, sweep, wrap
from statelint.tape.facade.torch._tensor import _all_nodes as all_nodes
from statelint.tape.record import state


class _Mode:
    """A grad mode: a context manager and a decorator."""

    def __init__(self, recording: bool) -> None:
        self._recording = recording
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(state.recording)
        state.recording = self._recording

    def __exit__(self, *error: object) -> None:
        state.recording = self._before.pop()

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def call(*args: Any, **kwargs: Any) -> Any:
            with _Mode(self._recording):
                return f(*args, **kwargs)

        return call


def no_grad(f: Any = None) -> Any:
    """Record nothing."""
    return _Mode(False) if f is None else _Mode(False)(f)


def enable_grad(f: Any = None) -> Any:
    """Record again."""
    return _Mode(True) if f is None else _Mode(True)(f)


def inference_mode(mode: Any = True) -> Any:
    """Record nothing."""
    return _Mode(False)(mode) if callable(mode) else _Mode(not mode)


class _Chosen(_Mode):
    """A mode that holds at once, and until the end of a ``with`` if there is one."""

    def __init__(self, recording: bool) -> None:
        super().__init__(recording)
        super().__enter__()

    def __enter__(self) -> None:
        """Entered when it was made."""


def set_grad_enabled(mode: bool) -> _Mode:
    """Choose a mode: at once, and until the end of a ``with``."""
    return _Chosen(mode)


def is_grad_enabled() -> bool:
    """Are operations recorded?"""
    return state.recording


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """``backward`` of each tensor."""
    for k, t in enumerate(tensors if isinstance(tensors, (list, tuple)) else [tensors]):
        t.backward(None if grad_tensors is None else grad_tensors[k], retain_graph, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    **_: Any,
) -> tuple[Any, ...]:
    """Gradients of outputs with respect to inputs; ``.grad`` is left alone."""
    ys: Sequence[Tensor] = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    xs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    gs = (
        [None] * len(ys)
        if grad_outputs is None
        else grad_outputs
        if isinstance(grad_outputs, (list, tuple))
        else [grad_outputs]
    )
    targets = [raw(x).node for x in xs]
    if any(t is None for t in targets):
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    roots = [y.array().node for y in ys]
    if all(r is None for r in roots):
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    found = sweep(ys, gs, targets, create_graph)
    if any(g is None for g in found) and not allow_unused:
        raise RuntimeError("One of the differentiated Tensors appears to not have been used in the graph.")
    if not (create_graph if retain_graph is None else retain_graph):
        for r in roots:
            if r is not None:
                release(all_nodes(r))
    return tuple(found)


class Context:
    """What a ``Function`` keeps between forward and backward."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, int]] = []
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors; a later write to one is an error in the backward pass."""
        self._kept = [(t, t.array().storage.version if isinstance(t, Tensor) else 0) for t in tensors]

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was kept."""
        for t, version in self._kept:
            if isinstance(t, Tensor) and t.array().storage.version != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace operation: "
                    f"it is at version {t.array().storage.version}; expected version {version} instead"
                )
        return tuple(t for t, _ in self._kept)

    def mark_dirty(self, *tensors: Any) -> None:
        """Not covered."""
        outside("ctx.mark_dirty")

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Results without gradient are recognised by their dtype."""

    def set_materialize_grads(self, value: bool) -> None:
        """Missing gradients are always zeros here."""


class _Rule:
    """Reverse rule of one call of a ``Function``."""

    def __init__(self, function: Any, ctx: Context) -> None:
        self._function, self._ctx = function, ctx
        self.__name__ = function.__name__

    def pull(self, residuals: Any, cotangent: Any, args: tuple[Any, ...]) -> list[Any]:
        """Run the user's backward."""
        given = self._function.backward(self._ctx, *(wrap(g) for g in trees.leaves(cotangent)))
        given = given if isinstance(given, tuple) else (given,)
        recorded = any(type(g) is Array for g in trees.leaves(cotangent))
        out: list[Any] = []
        for arg, g in zip(args, given, strict=False):
            if type(arg) is Array:
                out.append(None if g is None else _fitted(raw(g) if recorded else np.array(plain(g)), arg))
        return out


def _fitted(g: Any, arg: Array) -> Any:
    return g if np.shape(g) == arg.shape else np.broadcast_to(g, arg.shape)


class Function:
    """A function with its own backward."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """To be defined."""
        outside("autograd.Function without forward")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """To be defined."""
        outside("autograd.Function without backward")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call it, recorded by its own rule."""
        ctx = Context()
        arrays = [raw(a) if isinstance(a, Tensor) else None for a in args]
        nodes = [a.node if a is not None else None for a in arrays]
        ctx.needs_input_grad = tuple(n is not None for n in nodes)
        with _Mode(False):
            out = cls.forward(ctx, *args)
        if not state.recording or not any(ctx.needs_input_grad):
            return out
        results = tuple(o.array() for o in out) if isinstance(out, tuple) else out.array()
        slots = tuple(a if a is not None else _NOTHING for a in arrays)
        flat = [n for n, a in zip(nodes, arrays, strict=True) if a is not None]
        recorded = recorded_call(_Rule(cls, ctx), slots, results, None, flat)
        return wrap(recorded)


_NOTHING = object()
