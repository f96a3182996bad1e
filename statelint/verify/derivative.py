"""The program as a real function of its floating inputs and parameters: its value, and its gradient by the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.verify.engines import NoGradientError
from statelint.verify.inputs import Arguments
from statelint.verify.program import Program, Slots, World, parameters_of
from statelint.verify.state import Change, changes, snapshot

Run = Callable[[World, Arguments], list[tuple[str, Any]]]
"""Calls the function and gives the leaves of its result by path."""


class Derivative:
    """The program as a real function of its perturbed places; see `statelint.tape.comparing.Problem`."""

    def __init__(self, program: Program, results: Run, stateful: bool) -> None:
        self._program, self._engine = program, program.engine
        self._results, self._stateful = results, stateful
        self._world = self._program.fresh()
        self._slots = Slots(self._program, self._world)
        self.points: list[Any] = self._slots.points(self._world)
        self.labels = self._slots.labels
        self.by = self._engine.by
        self.rng = np.random.default_rng(self._program.seed)
        self.analytic = self._engine.analytic
        self._weights: list[np.ndarray[Any, Any]] = []
        self._left: Callable[[], list[Change]] = list
        self._tried = False
        self._compiled: Callable[[list[Any]], list[Any]] | None = None

    def cost(self) -> float:
        """Seconds for one value, compiled if it can be."""
        self._fast(self._world_now())
        begin = time.perf_counter()
        self.value(self.points)
        return time.perf_counter() - begin

    def _world_now(self) -> World:
        """A world in its first state: a new one if runs leave traces."""
        if self._stateful:
            self._world = self._program.fresh()
        return self._world

    def _floats(self, world: World, values: list[Any]) -> list[Any]:
        """Floating results with other values in the places of inputs."""
        given = self._slots.given(world, self._program.new_inputs(world), values)
        self._engine.seed(self._program.seed + 2)
        found = self._results(world, given)
        kept = [r for _, r in found if self._engine.is_array(r) or isinstance(r, (float, complex, np.floating))]
        return [r for r in kept if not self._engine.is_array(r) or self._kind(r) in "fc"]

    def _fast(self, world: World) -> Callable[[list[Any]], list[Any]]:
        """What gives the floating results: compiled if runs leave no traces and the engine can."""

        def call(values: list[Any]) -> list[Any]:
            return self._floats(world, values)

        if self._stateful or self._slots.parameters:
            return call
        if not self._tried:
            self._tried = True
            self._compiled = self._engine.compiled(call)
            try:
                if self._compiled is not None:
                    self._compiled(self._engine_values())
            except MemoryError:
                raise
            except Exception:
                self._compiled = None  # it branches on values: it is called
        return self._compiled or call

    def _engine_values(self) -> list[Any]:
        return [self._engine.array(p, x) for p, x in zip(self.points, self._slots.inputs.values(), strict=False)]

    def _kind(self, leaf: Any) -> str:
        kind = np.dtype(leaf.dtype).kind if isinstance(leaf, np.ndarray) else ""
        if kind:
            return kind
        name = str(leaf.dtype)
        return "c" if "complex" in name else "f" if "float" in name else "i"

    def value(self, points: list[Any]) -> Any:
        """The projection of the results at these points."""
        world = self._world_now()
        count = len(self._slots.inputs)
        self._slots.assign(world, points[count:])
        likes = list(self._slots.inputs.values())
        given = points[:count] if np.iscomplexobj(points[0] if points else 0.0) and self.analytic else [
            self._engine.array(np.asarray(p), like) for p, like in zip(points, likes, strict=False)
        ]  # fmt: skip
        out = self._fast(world)(given)
        total: Any = 0.0
        for w, r in zip(self._weights, out, strict=True):
            total = total + np.sum(w * (self._engine.plain(r) if self._engine.is_array(r) else r))
        return total

    def analytic_gradient(self) -> list[np.ndarray[Any, Any]]:
        """By the engine, in a world of its own."""
        world = self._program.fresh()
        plain = self._floats(world, self._engine_values())
        shapes = [np.shape(self._engine.plain(r)) if self._engine.is_array(r) else () for r in plain]
        if not shapes:
            raise NoGradientError("it returns no floating values; nothing to differentiate")
        self._weights = [np.asarray(self.rng.standard_normal(s)) for s in shapes]
        world = self._program.fresh()
        before = snapshot(self._program, world)
        self._left = lambda: [c for c in changes(before, snapshot(self._program, world)) if c.holds_run]
        count = len(self._slots.inputs)
        return self._engine.gradient(
            lambda values: self._floats(world, values),
            self.points[:count],
            list(self._slots.inputs.values()),
            lambda: list(parameters_of(self._engine, world).values()),
            self._weights,
        )

    def left(self) -> list[Change]:
        """What the differentiated run left in the state that keeps it alive."""
        return self._left()

    def replay(self, evaluations: int) -> None:
        """Each value is a real call."""

    def forward(self, move: list[Any]) -> float | None:
        """Forward mode is the tape's own business."""
        return None
