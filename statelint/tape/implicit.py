"""Differentiation of what is defined by an equation: the fixed point ``x = f(params, x)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.arrays import Array
from statelint.tape.custom import custom_vjp
from statelint.tape.errors import NonDifferentiableError
from statelint.tape.modes import vjp
from statelint.tape.record import no_grad


def fixed_point(
    f: Callable[[Any, Any], Any], params: Any, start: Any, *, tol: float = 1e-13, steps: int = 10_000
) -> Any:
    """The array ``x`` with ``x = f(params, x)``: found by iteration, differentiated by the implicit function theorem.

    The cotangent solves ``u = g + (df/dx)^T u`` by the same iteration, so that derivatives of every order are those of
    the equation, not of the iterations, and nothing of them is stored.

    Args:
        f: a contraction in its second argument; every differentiable value it uses is in ``params``.
        params: container of arrays.
        start: where to begin; no derivative flows to it.
        tol: the largest change of an element at which the iteration ends, relative to the largest element.
        steps: at most so many iterations.

    Raises:
        NonDifferentiableError: if the iteration does not converge.
    """

    @custom_vjp
    def solve(p: Any) -> Any:
        return _iterate(f, p, start, tol, steps)

    def forward(p: Any) -> Any:
        return _iterate(f, p, start, tol, steps), p

    def backward(p: Any, g: Any) -> Any:
        x = fixed_point(f, p, start, tol=tol, steps=steps)
        u = fixed_point(_adjoint_map(f), {"g": g, "p": p, "x": x}, np.zeros(np.shape(g)), tol=tol, steps=steps)
        return (vjp(lambda q: f(q, x), p)[1](u)[0],)

    solve.defvjp(forward, backward)
    return solve(params)


def _adjoint_map(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def step(q: Any, u: Any) -> Any:
        return q["g"] + vjp(lambda x: f(q["p"], x), q["x"])[1](u)[0]

    return step


def _iterate(f: Callable[[Any, Any], Any], params: Any, start: Any, tol: float, steps: int) -> Any:
    bare = trees.tree_map(lambda v: v.data if type(v) is Array else v, params)
    x = np.asarray(start.data if type(start) is Array else start)
    with no_grad():
        for _ in range(steps):
            new = f(bare, x)
            new = np.asarray(new.data if type(new) is Array else new)
            change = float(np.max(np.abs(new - x), initial=0.0))
            x = new
            if change <= tol * max(1.0, float(np.max(np.abs(x), initial=0.0))):
                return x[()]
    raise NonDifferentiableError(f"no fixed point after {steps} iterations: the last change was {change:.3g}")
