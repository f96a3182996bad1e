"""Numeric directional derivatives that know how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Line = Callable[[float], float]
"""The function along one direction: its value at a signed step."""

LEVELS = 4


@dataclass(frozen=True, slots=True)
class Slope:
    """A numeric derivative along one direction.

    ``error`` bounds it as far as the tableau can tell; ``left`` and ``right`` are the one-sided derivatives; ``kink``
    says that they disagree at every step; ``still`` that no step changed the value at all.
    """

    value: float
    error: float
    left: float
    right: float
    kink: bool
    still: bool
    steps: tuple[float, ...]


def offsets(step: float) -> list[float]:
    """Where :func:`slope` looks, so that the values can be computed together."""
    found = [0.0]
    for base in (step, step / 10):
        found += [sign * (base / 2**k) for k in range(LEVELS) for sign in (1, -1)]
    return found + [sign * h for h in _sides(step) for sign in (1, -1)]


def _sides(step: float) -> tuple[float, ...]:
    return (step / 10, step / 40, step / 160)


def richardson(line: Line, step: float, noise: float) -> tuple[float, float, list[float]]:
    """Central differences at ``step / 2**k``, extrapolated; returns the value, its error and the row of estimates.

    The error is the larger of the last change in the tableau (Ridders) and what rounding of the values can do.
    """
    table: list[list[float]] = []
    best, error = float("nan"), float("inf")
    for k in range(LEVELS):
        h = step / 2**k
        up, down = line(h), line(-h)
        row = [(up - down) / (2 * h)]
        rounding = noise * max(abs(up), abs(down)) / h
        for j in range(1, k + 1):
            row.append(row[j - 1] + (row[j - 1] - table[k - 1][j - 1]) / (4.0**j - 1.0))
            change = max(abs(row[j] - row[j - 1]), abs(row[j] - table[k - 1][j - 1]))
            if change + rounding < error:
                best, error = row[j], change + rounding
        table.append(row)
    return best, error, [row[0] for row in table]


def slope(line: Line, step: float, noise: float) -> Slope:
    """The derivative of ``line`` at 0 from two base steps that must agree, and what the two sides say.

    Args:
        line: the function along a direction.
        step: the larger base step, chosen for the argument's size and dtype.
        noise: relative rounding error of one value.
    """
    base = line(0.0)
    first, first_error, coarse = richardson(line, step, noise)
    second, second_error, fine = richardson(line, step / 10, noise)
    value, error = (first, first_error) if first_error <= second_error else (second, second_error)
    if abs(first - second) > 10 * (first_error + second_error):
        error = max(error, abs(first - second))
    jumps, sides = [], (0.0, 0.0)
    for h in _sides(step):
        right, left = (line(h) - base) / h, (base - line(-h)) / h
        jumps.append(abs(right - left))
        sides = (left, right)
    scale = max(abs(value), abs(sides[0]), abs(sides[1]), 1e-300)
    rounding = 4 * noise * abs(base) / (step / 160)
    kink = bool(jumps[-1] > max(0.05 * jumps[0], 1e-3 * scale, 10 * rounding) and jumps[-1] > 0.5 * jumps[0])
    still = not any(coarse) and not any(fine) and not any(sides)
    return Slope(value, error, sides[0], sides[1], kink, still, (step, step / 10))


def complex_step(evaluate: Callable[[complex], complex], size: float) -> float | None:
    """Derivative as the imaginary part at a tiny imaginary step; ``None`` where the function does not allow it.

    Functions that take a modulus or drop imaginary parts give a wrong number here, so the caller must compare it.
    """
    h = 1e-30 * size
    with np.errstate(all="ignore"):
        try:
            out = evaluate(1j * h)
        except Exception:
            return None
    value = complex(out).imag / h
    return value if np.isfinite(value) else None
