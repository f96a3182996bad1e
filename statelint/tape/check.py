"""``check_grad``: does the tape's derivative of a function agree with numeric ones, and is the function free of state?

What a pass does not prove is said in ``docs/tape.md``: the check sees the neighbourhood of one point, along the
directions it tried, at its step sizes.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from statelint.tape import modes, trees
from statelint.tape.comparing import Complaint, compare
from statelint.tape.errors import TapeError
from statelint.tape.replay import Replay, record
from statelint.tape.watching import changed, snapshot

_WORTH = 4.0
"""Seconds of calls that are worth loading a compiler."""
_OPERATION = 5e-9
"""Seconds that an operation of a record takes, at most."""
Verdict: TypeAlias = Literal["proved", "refuted", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Check:
    """Answer of :func:`check_grad`. True only if ``proved``."""

    verdict: Verdict
    complaints: tuple[Complaint, ...]
    directions: int
    worst: float
    replayed: int = 0
    """How many values came from a recorded run in compiled code instead of a call."""

    def __bool__(self) -> bool:
        return self.verdict == "proved"

    def __str__(self) -> str:
        head = f"{self.verdict}: {self.directions} directions, largest relative difference {self.worst:.1e}"
        return "\n".join([head, *(f"  {c.kind}: {c.text}" for c in self.complaints)])


def check_grad(
    f: Callable[..., Any],
    *args: Any,
    order: int = 1,
    seed: int = 0,
    coordinates: int = 64,
    directions: int = 8,
    rtol: float | None = None,
    replay: bool | None = None,
) -> Check:
    """Check the tape's derivatives of ``f`` at ``args`` and that ``f`` keeps no state.

    Args:
        f: a function that runs both on NumPy values and on tape arrays, with array or container results. A vector
            result is checked in one random projection.
        args: where; floating and complex leaves are perturbed, others are handed through.
        order: 2 checks the derivative of the derivative as well, and so on.
        seed: of the random directions and projections.
        coordinates: up to this many scalar inputs every coordinate is perturbed.
        directions: above that, this many random directions.
        rtol: tolerance relative to the largest derivative; by default from the dtype (1e-6 for float64, 1e-2 for
            float32), and never below what the numeric derivative's own error allows.
        replay: compute the numeric side from a recorded run, in compiled code (see :mod:`statelint.tape.replay`), and
            by real calls where a branch of that run would be another one. By default if that saves seconds.

    Returns:
        A :class:`Check`: *proved*, *refuted* (a coordinate disagrees, or the function has state) or *inconclusive*,
        with the reason (kinks, step sizes that disagree, values that do not react, a refusal of the tape).
    """
    problem = _Problem(f, args, seed, replay)
    complaints = _state_complaints(f, args, problem)
    if complaints:
        return Check("refuted", tuple(complaints), 0, float("nan"))
    try:
        cotangents = problem.reverse()
    except (TapeError, NotImplementedError, TypeError, ValueError) as error:
        return Check("inconclusive", (Complaint("error", f"{type(error).__name__}: {error}"),), 0, float("nan"))
    complaints, count, worst = compare(problem, cotangents, coordinates, directions, rtol)
    if order > 1 and not complaints:
        inner = check_grad(
            problem.derivative(), *args, order=order - 1, seed=seed + 1, coordinates=coordinates, rtol=rtol
        )
        complaints = [Complaint(c.kind, f"derivative of the derivative: {c.text}") for c in inner.complaints]
        count, worst = count + inner.directions, max(worst, inner.worst)
    kinds = {c.kind for c in complaints}
    verdict: Verdict = "refuted" if kinds & {"gradient", "state"} else "inconclusive" if kinds else "proved"
    return Check(verdict, tuple(complaints), count, worst, problem.recorded.count if problem.recorded else 0)


class _Problem:
    """``f`` as a real function of the perturbed leaves: a random projection of its results."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], seed: int, wish: bool | None = None) -> None:
        self.f, self.args = f, args
        self.rng = np.random.default_rng(seed)
        self.leaves = [np.array(v) if hasattr(v, "dtype") else v for v in trees.leaves(list(args))]
        self.moved = [k for k, v in enumerate(self.leaves) if np.asarray(v).dtype.kind in "fc"]
        self.points = [np.asarray(self.leaves[k]) for k in self.moved]
        self.others = [None if k in self.moved else v for k, v in enumerate(self.leaves)]
        self.flat = len(self.leaves) == len(args) and not any(isinstance(a, (dict, list, tuple)) for a in args)
        self.weights: list[Any] = []
        self.analytic = True
        self.wish = wish
        self.recorded: Replay | None = None
        self.by, self.labels = "tape", [f"input {k}" for k in self.moved]

    def call(self, points: list[Any]) -> Any:
        """``f`` with the perturbed leaves replaced; every other leaf is a fresh copy."""
        values = [np.array(v) if type(v) is np.ndarray else v for v in self.others]
        for k, v in zip(self.moved, points, strict=True):
            values[k] = v
        return self.f(*(values if self.flat else trees.rebuild(list(self.args), values)))

    def plain(self) -> list[Any]:
        """Results at the point itself, plain, each a copy."""
        return [np.array(v) for v in trees.leaves(self.call([_own(p) for p in self.points]))]

    def weigh(self, results: list[Any]) -> None:
        """Choose the projection."""
        self.weights = [self.rng.standard_normal(np.shape(r) or None) for r in results]

    def project(self, out: Any) -> Any:
        """The projected value, real or (for a complex step) complex."""
        total = 0.0
        for w, r in zip(self.weights, trees.leaves(out), strict=True):
            total = total + (r * w if type(w) is float else np.sum(np.asarray(r) * w))
        return total

    def value(self, points: list[Any]) -> Any:
        """The projected value at these points."""
        return self.project(self.call(points))

    def replay(self, evaluations: int) -> Replay | None:
        """A recorded run, where it was asked for or saves seconds."""
        if self.wish is False or importlib.util.find_spec("numba") is None:
            return None
        begin = time.perf_counter()
        self.value([_own(p) for p in self.points])
        cost = time.perf_counter() - begin
        if self.wish is None and cost * evaluations < _WORTH:
            return None
        found = record(self.value, self.points)
        if found is not None and (self.wish or found.size * _OPERATION < cost):
            self.recorded = found
        return self.recorded

    def reverse(self) -> list[Any]:
        """The tape's gradient of the projection with respect to each perturbed leaf."""
        out, pullback = modes.vjp(lambda *points: self.call(list(points)), *(_own(p) for p in self.points))
        weights = [np.asarray(w, np.asarray(r).dtype)[()] for w, r in zip(self.weights, trees.leaves(out), strict=True)]
        return list(pullback(trees.rebuild(out, weights)))

    def forward(self, move: list[Any]) -> float:
        """The tape's directional derivative of the projection, by forward mode."""
        _, t = modes.jvp(lambda *points: self.call(list(points)), tuple(_own(p) for p in self.points), tuple(move))
        return float(np.real(self.project(t)))

    def derivative(self) -> Callable[..., Any]:
        """The gradient of the projection as a function of the same arguments."""

        def gradient(*args: Any) -> Any:
            given = trees.leaves(list(args))

            def moving(*points: Any) -> Any:
                values = list(given)
                for k, v in zip(self.moved, points, strict=True):
                    values[k] = v
                return self.f(*trees.rebuild(list(args), values))

            out, pullback = modes.vjp(moving, *(given[k] for k in self.moved))
            weights = [
                np.asarray(w, np.asarray(getattr(r, "data", r)).dtype)[()]
                for w, r in zip(self.weights, trees.leaves(out), strict=True)
            ]
            return pullback(trees.rebuild(out, weights))

        return gradient


def _own(p: Any) -> Any:
    return np.array(p)[()]


def _state_complaints(f: Callable[..., Any], args: tuple[Any, ...], problem: _Problem) -> list[Complaint]:
    """Run twice on equal inputs; compare results, arguments and reachable attributes."""
    out: list[Complaint] = []
    before = snapshot(f, ())
    values = [np.array(v) if isinstance(v, np.ndarray) else v for v in problem.leaves]
    handed = trees.rebuild(list(args), values)
    kept = snapshot(None, handed)
    first = [np.array(v) for v in trees.leaves(f(*handed))]
    second = problem.plain()
    for k, (a, b) in enumerate(zip(first, second, strict=True)):
        if a.shape != b.shape or not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            gap = float(np.nanmax(np.abs(a - b))) if a.shape == b.shape else float("nan")
            out.append(Complaint("state", f"two runs on equal inputs differ in result {k} by {gap:.3g}"))
    out += [
        Complaint("state", f"argument {path} was changed by the run") for path in changed(kept, snapshot(None, handed))
    ]
    out += [Complaint("state", f"{path} was changed by the run") for path in changed(before, snapshot(f, ()))]
    problem.weigh(first)
    return out
