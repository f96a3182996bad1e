"""Analytic derivatives against numeric ones, along coordinates or random directions; who computes them is no matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from statelint.tape.differences import Slope, complex_step, offsets, slope
from statelint.tape.errors import TapeError
from statelint.tape.replay import Replay


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong or could not be seen, with its figures in ``text``."""

    kind: Literal["gradient", "state", "kink", "unsure", "blind", "error"]
    text: str


class Problem(Protocol):
    """A real function of several arrays, the ``points`` where its derivative is compared.

    ``by`` names who computed the analytic derivative, ``labels`` the points; ``analytic`` says that a complex step has
    not failed so far.
    """

    points: list[Any]
    labels: list[str]
    by: str
    rng: np.random.Generator
    analytic: bool

    def value(self, points: list[Any]) -> Any:
        """The function's value: real, or complex at complex points."""

    def replay(self, evaluations: int) -> Replay | None:
        """The function recorded, if there are so many evaluations that it pays; None for real calls."""

    def forward(self, move: list[Any]) -> float | None:
        """The directional derivative by forward mode; None where there is none."""


def compare(
    problem: Problem, cotangents: list[Any], coordinates: int, directions: int, rtol: float | None
) -> tuple[list[Complaint], int, float]:
    """Compare the derivatives along coordinates or directions with numeric ones, and with forward mode.

    Returns:
        What is wrong or could not be seen, the number of directions, the largest relative difference.
    """
    complaints: list[Complaint] = []
    eps = max((float(np.finfo(p.dtype).eps) for p in problem.points), default=2.2e-16)
    tolerance = rtol if rtol is not None else 1e-6 if eps < 1e-12 else 1e-2
    top = max((float(np.max(np.abs(c), initial=0.0)) for c in cotangents), default=0.0)
    worst, count, still = 0.0, 0, True
    moves = [(name, move, _step(problem, move, eps)) for name, move in _moves(problem, coordinates, directions)]
    for (name, move, step), known in zip(moves, _together(problem, moves), strict=True):
        count += 1
        ours = sum(float(np.real(np.sum(c * m))) for c, m in zip(cotangents, move, strict=True))
        found = _numeric(problem, move, step, eps, known)
        still = still and found.still
        scale = max(abs(found.value), abs(ours), tolerance * top, 1e-300)
        worst = max(worst, abs(found.value - ours) / scale if not found.kink else 0.0)
        complaint = _judge(problem.by, name, ours, found, tolerance, scale, tolerance * top)
        if complaint is not None:
            complaints.append(complaint)
    if count and still and top == 0.0:
        complaints.append(Complaint("blind", "no perturbation changed the value: a saturated or constant function"))
    complaints += _forward_complaints(problem, cotangents, tolerance, top)
    return complaints, count, worst


def _judge(
    by: str, name: str, ours: float, found: Slope, tolerance: float, scale: float, negligible: float
) -> Complaint | None:
    if found.kink:
        low, high = sorted((found.left, found.right))
        slack = tolerance * scale
        text = (
            f"{name}: one-sided differences are {found.left:.6g} (left) and {found.right:.6g} (right), {by} {ours:.6g}"
        )
        inside = low - slack - 0.05 * (high - low) <= ours <= high + slack + 0.05 * (high - low)
        return Complaint("kink" if inside else "gradient", text)
    difference = abs(found.value - ours)
    if difference <= tolerance * scale or (difference <= 4 * found.error <= negligible):
        return None
    text = (
        f"{name}: {by} {ours:.10g}, numeric {found.value:.10g} +- {found.error:.1e} "
        f"(steps {found.steps[0]:.1e}, {found.steps[1]:.1e}), difference {difference:.3g}"
    )
    if not np.isfinite(difference) or difference <= 4 * found.error:
        return Complaint("unsure", text)
    return Complaint("gradient", text)


def _moves(problem: Problem, coordinates: int, directions: int) -> Iterator[tuple[str, list[Any]]]:
    """Names and directions: each coordinate of small problems, random directions for large ones."""
    sizes = [p.size * (2 if p.dtype.kind == "c" else 1) for p in problem.points]
    if sum(sizes) <= coordinates:
        for k, p in enumerate(problem.points):
            for index in np.ndindex(p.shape):
                for unit in (1.0, 1j) if p.dtype.kind == "c" else (1.0,):
                    move = [np.zeros(q.shape, q.dtype) for q in problem.points]
                    move[k][index] = unit
                    at = "" if p.ndim == 0 else f"[{', '.join(map(str, index))}]"
                    yield f"{problem.labels[k]}{at}{'' if unit == 1.0 else ' (imaginary)'}", [m[()] for m in move]
        return
    for n in range(directions):
        move = []
        for p in problem.points:
            m = problem.rng.standard_normal(p.shape)
            m = m + 1j * problem.rng.standard_normal(p.shape) if p.dtype.kind == "c" else m
            move.append(m.astype(p.dtype))
        yield f"random direction {n}", move


def _together(problem: Problem, moves: list[tuple[str, list[Any], float]]) -> list[dict[float, float]]:
    """Values at the steps along each direction, from compiled code where that pays; others are left out."""
    at = [offsets(step) for _, _, step in moves]
    found = problem.replay(sum(map(len, at)))
    if found is None:
        return [{} for _ in moves]
    flat = np.concatenate([np.ravel(p) for p in problem.points])
    out = []
    for (_, move, _), steps in zip(moves, at, strict=True):
        direction = np.concatenate([np.ravel(m) for m in move])
        values = found.run(flat + np.array(steps)[:, None] * direction)
        out.append({h: v for h, v in zip(steps, values.tolist(), strict=True) if v == v})
    return out


def _step(problem: Problem, move: list[Any], eps: float) -> float:
    """The larger base step along a direction, for the size of what it moves."""
    reach = max(float(np.max(np.abs(m), initial=0.0)) for m in move)
    return float(20 * eps ** (1 / 3.5) * max(_size(problem, move), 0.05) / max(reach, 1.0))


def _size(problem: Problem, move: list[Any]) -> float:
    size = max(
        (float(np.max(np.abs(p) * (np.abs(m) > 0), initial=0.0)) for p, m in zip(problem.points, move, strict=True)),
        default=1.0,
    )
    return size if 0 < size < np.inf else 1.0


def _numeric(problem: Problem, move: list[Any], step: float, eps: float, known: dict[float, float]) -> Slope:
    scalars = [p[()] if p.ndim == 0 else p for p in problem.points]

    def line(h: float) -> float:
        if h in known:
            return known[h]
        points = [p + p.dtype.type(h) * m for p, m in zip(scalars, move, strict=True)]
        return float(np.real(problem.value(points)))

    with np.errstate(all="ignore"):
        found = slope(line, step, eps)
    if all(p.dtype.kind == "f" for p in problem.points) and not found.kink:

        def imaginary(h: complex) -> complex:
            return complex(problem.value([p + h * m for p, m in zip(problem.points, move, strict=True)]))

        exact = complex_step(imaginary, _size(problem, move)) if problem.analytic else None
        problem.analytic = exact is not None
        if exact is not None and abs(exact - found.value) <= 10 * found.error + 1e-300:
            return Slope(exact, 4 * eps * abs(exact), found.left, found.right, False, found.still, found.steps)
    return found


def _forward_complaints(problem: Problem, cotangents: list[Any], tolerance: float, top: float) -> list[Complaint]:
    """Forward mode along one random direction must agree with reverse mode."""
    if not sum(p.size for p in problem.points):
        return []
    ((_, move),) = _moves(problem, 0, 1)
    back = sum(float(np.real(np.sum(c * m))) for c, m in zip(cotangents, move, strict=True))
    try:
        ahead = problem.forward(move)
    except NotImplementedError:
        return []  # a function that has reverse rules only
    except TapeError as error:
        return [Complaint("error", f"forward mode: {type(error).__name__}: {error}")]
    if ahead is None:
        return []
    if abs(ahead - back) <= tolerance * max(abs(back), abs(ahead), top, 1e-300) or not np.isfinite(back):
        return []
    return [
        Complaint("gradient", f"forward mode {ahead:.10g} and reverse mode {back:.10g} disagree in a random direction")
    ]
