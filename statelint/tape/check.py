"""``check_grad``: does the tape's derivative of a function agree with numeric ones, and is the function free of state?

What a pass does not prove is said in ``docs/tape.md``: the check sees the neighbourhood of one point, along the
directions it tried, at its step sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from statelint.tape import modes, trees
from statelint.tape.differences import Slope, complex_step, slope
from statelint.tape.errors import TapeError
from statelint.tape.watching import changed, snapshot

Verdict: TypeAlias = Literal["proved", "refuted", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong or could not be seen, with its figures in ``text``."""

    kind: Literal["gradient", "state", "kink", "unsure", "blind", "error"]
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """Answer of :func:`check_grad`. True only if ``proved``."""

    verdict: Verdict
    complaints: tuple[Complaint, ...]
    directions: int
    worst: float

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

    Returns:
        A :class:`Check`: *proved*, *refuted* (a coordinate disagrees, or the function has state) or *inconclusive*,
        with the reason (kinks, step sizes that disagree, values that do not react, a refusal of the tape).
    """
    problem = _Problem(f, args, seed)
    complaints = _state_complaints(f, args, problem)
    if complaints:
        return Check("refuted", tuple(complaints), 0, float("nan"))
    try:
        cotangents = problem.reverse()
    except (TapeError, NotImplementedError, TypeError, ValueError) as error:
        return Check("inconclusive", (Complaint("error", f"{type(error).__name__}: {error}"),), 0, float("nan"))
    complaints, count, worst = _compare(problem, cotangents, coordinates, directions, rtol)
    if order > 1 and not complaints:
        inner = check_grad(
            problem.derivative(), *args, order=order - 1, seed=seed + 1, coordinates=coordinates, rtol=rtol
        )
        complaints = [Complaint(c.kind, f"derivative of the derivative: {c.text}") for c in inner.complaints]
        count, worst = count + inner.directions, max(worst, inner.worst)
    kinds = {c.kind for c in complaints}
    verdict: Verdict = "refuted" if kinds & {"gradient", "state"} else "inconclusive" if kinds else "proved"
    return Check(verdict, tuple(complaints), count, worst)


class _Problem:
    """``f`` as a real function of the perturbed leaves: a random projection of its results."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], seed: int) -> None:
        self.f, self.args = f, args
        self.rng = np.random.default_rng(seed)
        self.leaves = [np.array(v) if hasattr(v, "dtype") else v for v in trees.leaves(list(args))]
        self.moved = [k for k, v in enumerate(self.leaves) if np.asarray(v).dtype.kind in "fc"]
        self.points = [np.asarray(self.leaves[k]) for k in self.moved]
        self.others = [None if k in self.moved else v for k, v in enumerate(self.leaves)]
        self.flat = len(self.leaves) == len(args) and not any(isinstance(a, (dict, list, tuple)) for a in args)
        self.weights: list[Any] = []
        self.analytic = True

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


def _compare(
    problem: _Problem, cotangents: list[Any], coordinates: int, directions: int, rtol: float | None
) -> tuple[list[Complaint], int, float]:
    complaints: list[Complaint] = []
    eps = max((float(np.finfo(p.dtype).eps) for p in problem.points), default=2.2e-16)
    tolerance = rtol if rtol is not None else 1e-6 if eps < 1e-12 else 1e-2
    top = max((float(np.max(np.abs(c), initial=0.0)) for c in cotangents), default=0.0)
    worst, count, still = 0.0, 0, True
    for name, move in _moves(problem, coordinates, directions):
        count += 1
        ours = sum(float(np.real(np.sum(c * m))) for c, m in zip(cotangents, move, strict=True))
        found = _numeric(problem, move, eps)
        still = still and found.still
        scale = max(abs(found.value), abs(ours), tolerance * top, 1e-300)
        worst = max(worst, abs(found.value - ours) / scale if not found.kink else 0.0)
        complaint = _judge(name, ours, found, tolerance, scale)
        if complaint is not None:
            complaints.append(complaint)
    if count and still and top == 0.0:
        complaints.append(Complaint("blind", "no perturbation changed the value: a saturated or constant function"))
    complaints += _forward_complaints(problem, cotangents, tolerance, top)
    return complaints, count, worst


def _judge(name: str, ours: float, found: Slope, tolerance: float, scale: float) -> Complaint | None:
    if found.kink:
        low, high = sorted((found.left, found.right))
        slack = tolerance * scale
        text = (
            f"{name}: one-sided differences are {found.left:.6g} (left) and {found.right:.6g} (right), tape {ours:.6g}"
        )
        inside = low - slack - 0.05 * (high - low) <= ours <= high + slack + 0.05 * (high - low)
        return Complaint("kink" if inside else "gradient", text)
    difference = abs(found.value - ours)
    if difference <= tolerance * scale:
        return None
    text = (
        f"{name}: tape {ours:.10g}, numeric {found.value:.10g} +- {found.error:.1e} "
        f"(steps {found.steps[0]:.1e}, {found.steps[1]:.1e}), difference {difference:.3g}"
    )
    if not np.isfinite(difference) or difference <= 4 * found.error:
        return Complaint("unsure", text)
    return Complaint("gradient", text)


def _moves(problem: _Problem, coordinates: int, directions: int) -> Any:
    """Names and directions: each coordinate of small problems, random directions for large ones."""
    sizes = [p.size * (2 if p.dtype.kind == "c" else 1) for p in problem.points]
    if sum(sizes) <= coordinates:
        for k, p in enumerate(problem.points):
            for index in np.ndindex(p.shape):
                for unit in (1.0, 1j) if p.dtype.kind == "c" else (1.0,):
                    move = [np.zeros(q.shape, q.dtype) for q in problem.points]
                    move[k][index] = unit
                    at = "" if p.ndim == 0 else f"[{', '.join(map(str, index))}]"
                    yield f"input {problem.moved[k]}{at}{'' if unit == 1.0 else ' (imaginary)'}", [m[()] for m in move]
        return
    for n in range(directions):
        move = []
        for p in problem.points:
            m = problem.rng.standard_normal(p.shape)
            m = m + 1j * problem.rng.standard_normal(p.shape) if p.dtype.kind == "c" else m
            move.append(m.astype(p.dtype))
        yield f"random direction {n}", move


def _numeric(problem: _Problem, move: list[Any], eps: float) -> Slope:
    size = max(
        (float(np.max(np.abs(p) * (np.abs(m) > 0), initial=0.0)) for p, m in zip(problem.points, move, strict=True)),
        default=1.0,
    )
    size = size if 0 < size < np.inf else 1.0
    reach = max(float(np.max(np.abs(m), initial=0.0)) for m in move)
    step = 20 * eps ** (1 / 3.5) * max(size, 0.05) / max(reach, 1.0)

    scalars = [p[()] if p.ndim == 0 else p for p in problem.points]

    def line(h: float) -> float:
        points = [p + p.dtype.type(h) * m for p, m in zip(scalars, move, strict=True)]
        return float(np.real(problem.project(problem.call(points))))

    with np.errstate(all="ignore"):
        found = slope(line, step, eps)
    if all(p.dtype.kind == "f" for p in problem.points) and not found.kink:

        def imaginary(h: complex) -> complex:
            return complex(
                problem.project(problem.call([p + h * m for p, m in zip(problem.points, move, strict=True)]))
            )

        exact = complex_step(imaginary, size) if problem.analytic else None
        problem.analytic = exact is not None
        if exact is not None and abs(exact - found.value) <= 10 * found.error + 1e-300:
            return Slope(exact, 4 * eps * abs(exact), found.left, found.right, False, found.still, found.steps)
    return found


def _forward_complaints(problem: _Problem, cotangents: list[Any], tolerance: float, top: float) -> list[Complaint]:
    """Forward mode along one random direction must agree with reverse mode."""
    if not problem.points:
        return []
    ((_, move),) = _moves(problem, 0, 1) if sum(p.size for p in problem.points) else ((("", None)),)
    if move is None:
        return []
    back = sum(float(np.real(np.sum(c * m))) for c, m in zip(cotangents, move, strict=True))
    try:
        ahead = problem.forward(move)
    except NotImplementedError:
        return []  # a function that has reverse rules only
    except TapeError as error:
        return [Complaint("error", f"forward mode: {type(error).__name__}: {error}")]
    if abs(ahead - back) <= tolerance * max(abs(back), abs(ahead), top, 1e-300) or not np.isfinite(back):
        return []
    return [
        Complaint("gradient", f"forward mode {ahead:.10g} and reverse mode {back:.10g} disagree in a random direction")
    ]
