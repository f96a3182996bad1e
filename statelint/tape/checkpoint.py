"""Recomputation instead of storage: checkpointed calls, and rollouts under three schedules."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from statelint.tape import trees
from statelint.tape.arrays import Array, refreshed
from statelint.tape.custom import kept, recorded_call
from statelint.tape.modes import vjp
from statelint.tape.record import sealed, state

Schedule: TypeAlias = Literal["store", "recompute", "binomial"]


def _detached(tree: Any) -> Any:
    return trees.tree_map(lambda v: Array(v.data, v.storage) if type(v) is Array else v, tree)


def _nodes(tree: Any) -> list[Any]:
    return [refreshed(v).node if type(v) is Array else None for v in trees.leaves(tree)]


def _has_tangents(tree: Any) -> bool:
    return any(type(v) is Array and bool(v.tangents) for v in trees.leaves(tree))


class _Recomputed:
    """Reverse rule of a checkpointed call: run it again, recorded."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self.__name__ = f"checkpoint {getattr(f, '__name__', 'function')}"

    def pull(self, values: Any, cotangent: Any, args: tuple[Any, ...]) -> list[Any]:
        """Cotangents of the differentiable leaves of the arguments."""
        flat = trees.leaves(values)
        moved = [k for k, v in enumerate(flat) if hasattr(v, "dtype") and v.dtype.kind in "fc"]

        def again(*points: Any) -> Any:
            full = list(flat)
            for k, p in zip(moved, points, strict=True):
                full[k] = p
            return self._f(*trees.rebuild(values, full))

        found = vjp(again, *(flat[k] for k in moved))[1](cotangent)
        out: list[Any] = [None] * len(flat)
        for k, g in zip(moved, found, strict=True):
            out[k] = g
        return out


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f`` with nothing saved inside: the reverse sweep runs it a second time.

    ``f`` must give the same values when it is run again, and must receive every differentiable value as an argument.

    Raises:
        LeakError: when called, if ``f`` uses a differentiable value that it captured.
    """
    rule = _Recomputed(f)

    @functools.wraps(f)
    def call(*args: Any) -> Any:
        nodes = _nodes(list(args))
        if not state.recording or _has_tangents(list(args)) or not any(n is not None for n in nodes):
            return f(*args)
        with sealed():
            value = f(*_detached(list(args)))
        return recorded_call(rule, args, value, kept(list(args)), nodes)

    return call


def beta(snapshots: int, repeats: int) -> int:
    """Longest chain that ``snapshots`` stored states reverse with no step run more than ``repeats`` times."""
    return math.comb(snapshots + repeats, snapshots) if repeats >= 0 else 0


def repeats_for(length: int, snapshots: int) -> int:
    """The smallest r with ``length <= beta(snapshots, r)``."""
    r = 0
    while beta(snapshots, r) < length:
        r += 1
    return r


def binomial_cost(length: int, snapshots: int) -> int:
    """Fewest unrecorded steps that reverse a chain, the initial state being one of the snapshots.

    Source: Griewank and Walther, Algorithm 799 (2000): ``r * length - beta(snapshots + 1, r - 1)``.
    """
    r = repeats_for(length, snapshots)
    return r * length - beta(snapshots + 1, r - 1)


def binomial_split(length: int, snapshots: int) -> int:
    """How far to advance before the next snapshot, at least cost."""
    if snapshots < 2:
        return length - 1
    r = repeats_for(length, snapshots)
    return max(1, beta(snapshots, r - 2), length - beta(snapshots - 1, r))


@dataclass
class Counts:
    """What a rollout's reverse sweep did: unrecorded and recorded steps, and the most snapshots held at once."""

    advanced: int = 0
    recorded: int = 0
    held: int = field(default=0)


class _Rollout:
    """Reverse rule of a rollout whose states are not all stored."""

    __name__ = "rollout"

    def __init__(
        self, step: Callable[..., Any], length: int, schedule: Schedule, snapshots: int, counts: Counts
    ) -> None:
        self.step, self.length, self.schedule, self.snapshots = step, length, schedule, snapshots
        self.counts = counts
        self.kept: dict[int, Any] = {}
        self.working: Any = None

    def places(self) -> set[int]:
        """Steps before which the first run stores the state."""
        if self.schedule == "recompute":
            gap = max(1, math.ceil(self.length / self.snapshots))
            return set(range(0, self.length, gap))
        out, at, left, snapshots = {0}, 0, self.length, self.snapshots
        while snapshots > 1 and left > 1:
            ahead = binomial_split(left, snapshots)
            at, left, snapshots = at + ahead, left - ahead, snapshots - 1
            out.add(at)
        return out

    def hold(self, at: int, s: Any) -> None:
        """Store a copy of the state before step ``at``."""
        self.kept[at] = _copied(s)
        self.counts.held = max(self.counts.held, len(self.kept))

    def advance(self, params: Any, s: Any, us: Any, start: int, stop: int) -> Any:
        """Run steps without recording."""
        with sealed():
            for t in range(start, stop):
                s = self.step(params, s, _input(us, t))
                self.counts.advanced += 1
        return s

    def pull(self, values: Any, cotangent: Any, args: tuple[Any, ...]) -> list[Any]:
        """Cotangents of the leaves of (params, state, inputs)."""
        params, _, us = values
        if any(type(g) is Array for g in trees.leaves(cotangent)):
            return _Recomputed(lambda p, s, u: _plain(self.step, p, s, u, self.length)).pull(values, cotangent, args)
        held = dict(self.kept)
        sums = _Sums(params, us)
        if self.schedule == "recompute":
            g = self._by_segments(params, us, cotangent, sums)
        else:
            g = self._binomial(params, us, cotangent, sums, 0, self.length, self.snapshots)
        self.kept = held
        return [*sums.params, *trees.leaves(g), *sums.inputs]

    def _back(self, params: Any, s: Any, us: Any, t: int, g: Any, sums: _Sums) -> Any:
        """One recorded step, pulled back."""
        u = _input(us, t)
        _, pullback = vjp(lambda p, x, v: self.step(p, x, v), _floats(params), s, _floats(u))
        gp, gs, gu = pullback(g)
        sums.add(gp, gu, t)
        self.counts.recorded += 1
        return gs

    def _by_segments(self, params: Any, us: Any, g: Any, sums: _Sums) -> Any:
        stop = self.length
        for start in sorted(self.kept, reverse=True):
            states = [self.kept[start]]
            for t in range(start, stop - 1):
                states.append(self.advance(params, states[-1], us, t, t + 1))
            self.counts.held = max(self.counts.held, len(self.kept) + len(states) - 1)
            for t in range(stop - 1, start - 1, -1):
                g = self._back(params, states.pop(), us, t, g, sums)
            stop = start
        return g

    def _binomial(self, params: Any, us: Any, g: Any, sums: _Sums, at: int, length: int, snapshots: int) -> Any:
        """Reverse ``length`` steps from the state at ``at``, with room for ``snapshots`` states, that one included."""
        while length > 1:
            if snapshots == 1:
                s = self._before(params, us, at, at + length - 1)
                g = self._back(params, s, us, at + length - 1, g, sums)
                length -= 1
                continue
            ahead = binomial_split(length, snapshots)
            if at + ahead not in self.kept:
                self.hold(at + ahead, self.advance(params, self.kept[at], us, at, at + ahead))
            g = self._binomial(params, us, g, sums, at + ahead, length - ahead, snapshots - 1)
            del self.kept[at + ahead]
            length = ahead
        return self._back(params, self.kept[at], us, at, g, sums)

    def _before(self, params: Any, us: Any, start: int, t: int) -> Any:
        """The state before step ``t``; the first run's working state serves for the last step."""
        return self.working if t == self.length - 1 else self.advance(params, self.kept[start], us, start, t)


class _Sums:
    """Cotangents of parameters, summed over steps, and of inputs, one row a step."""

    def __init__(self, params: Any, us: Any) -> None:
        self.params = [np.zeros(np.shape(p)) if _is_float(p) else None for p in trees.leaves(params)]
        self.inputs = [np.zeros(np.shape(u)) if _is_float(u) else None for u in trees.leaves(us)]

    def add(self, params: Any, u: Any, t: int) -> None:
        """Add one step's cotangents."""
        for into, g in zip([p for p in self.params if p is not None], trees.leaves(params), strict=True):
            into += g
        for row, g in zip([v for v in self.inputs if v is not None], trees.leaves(u), strict=True):
            row[t] = g


def _copied(tree: Any) -> Any:
    return trees.tree_map(lambda v: np.array(v.data if type(v) is Array else v)[()], tree)


def _is_float(v: Any) -> bool:
    return np.asarray(v.data if type(v) is Array else v).dtype.kind == "f"


def _floats(tree: Any) -> Any:
    for v in trees.leaves(tree):
        if not _is_float(v):
            raise TypeError("parameters and inputs of a checkpointed rollout must be real floating arrays")
    return tree


def _input(us: Any, t: int) -> Any:
    return trees.tree_map(lambda u: u[t], us)


def _plain(step: Callable[..., Any], params: Any, s: Any, us: Any, length: int) -> Any:
    for t in range(length):
        s = step(params, s, _input(us, t))
    return s


def rollout(
    step: Callable[..., Any],
    params: Any,
    initial: Any,
    inputs: Any = None,
    *,
    length: int | None = None,
    schedule: Schedule = "store",
    snapshots: int | None = None,
    counts: Counts | None = None,
) -> Any:
    """The state after ``length`` steps ``s = step(params, s, u)``.

    Args:
        step: of (params, state, input); gives the next state, of the same structure. It must be pure, and receive every
            differentiable value as an argument unless the schedule is ``store``.
        params: container of real floating arrays (or None), the same for all steps.
        initial: the first state, a container of real floating arrays.
        inputs: container of arrays whose first axis is time (or None).
        length: number of steps; by default the inputs'.
        schedule: ``store`` records every step; ``recompute`` holds ``snapshots`` states (by default about the square
            root of the length) and runs each segment once more; ``binomial`` holds at most ``snapshots`` states (by
            default the logarithm of the length) and runs the fewest steps that this allows.
        snapshots: states that may be held, the initial one included; the state in work is not counted.
        counts: filled with what was done.

    Raises:
        ValueError: if the length is not given or the schedule unknown.
        LeakError: if ``step`` captured a differentiable value.
    """
    if length is None:
        if not trees.leaves(inputs):
            raise ValueError("give the length or inputs")
        length = int(np.shape(trees.leaves(inputs)[0])[0])
    if schedule not in ("store", "recompute", "binomial"):
        raise ValueError(f"schedule must be 'store', 'recompute' or 'binomial', not {schedule!r}")
    args = (params, initial, inputs)
    nodes = _nodes(list(args))
    idle = not state.recording or _has_tangents(list(args)) or not any(n is not None for n in nodes)
    if schedule == "store" or idle or length == 0:
        return _plain(step, params, initial, inputs, length)
    if snapshots is None:
        snapshots = math.isqrt(length) + 1 if schedule == "recompute" else length.bit_length() + 1
    if snapshots < 1:
        raise ValueError("a rollout needs room for one state at least")
    rule = _Rollout(step, length, schedule, snapshots, counts if counts is not None else Counts())
    places = rule.places()
    p, s, us = _detached(params), _detached(initial), _detached(inputs)
    for t in range(length):
        if t in places:
            rule.hold(t, s)
        if t == length - 1:
            rule.working = _copied(s)
        s = rule.advance(p, s, us, t, t + 1)
    return recorded_call(rule, args, s, kept(list(args)), nodes)
