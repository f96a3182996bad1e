"""Optimizers as pure functions of (gradients, state, parameters), outside or inside a differentiated region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from statelint.tape.trees import tree_map


@dataclass(frozen=True, slots=True)
class Optimizer:
    """``init(params)`` gives the first state; ``update(grads, state, params)`` gives new parameters and new state."""

    init: Callable[[Any], Any]
    update: Callable[[Any, Any, Any], tuple[Any, Any]]


def sgd(rate: Any) -> Optimizer:
    """Steepest descent: ``p - rate * g``."""
    return Optimizer(lambda params: (), lambda grads, state, params: (_step(params, grads, rate), state))


def momentum(rate: Any, decay: Any = 0.9, nesterov: bool = False) -> Optimizer:
    """Heavy ball: ``v = decay * v + g``, ``p - rate * v``; as ``torch.optim.SGD`` with momentum and no dampening."""

    def update(grads: Any, state: Any, params: Any) -> tuple[Any, Any]:
        velocity = tree_map(lambda v, g: decay * v + g, state, grads)
        move = tree_map(lambda v, g: decay * v + g, velocity, grads) if nesterov else velocity
        return _step(params, move, rate), velocity

    return Optimizer(lambda params: tree_map(np.zeros_like, params), update)


def adam(rate: Any, b1: Any = 0.9, b2: Any = 0.999, eps: float = 1e-8, eps_root: float = 0.0) -> Optimizer:
    """Adam; differentiated through, ``eps_root`` keeps the square root's derivative finite at zero.

    Source: Kingma and Ba (2015), in the form of ``torch.optim.Adam``.
    """

    def init(params: Any) -> Any:
        return {"m": tree_map(np.zeros_like, params), "v": tree_map(np.zeros_like, params), "count": 0}

    def update(grads: Any, state: Any, params: Any) -> tuple[Any, Any]:
        count = state["count"] + 1
        m = tree_map(lambda a, g: b1 * a + (1 - b1) * g, state["m"], grads)
        v = tree_map(lambda a, g: b2 * a + (1 - b2) * g * g, state["v"], grads)

        def move(p: Any, first: Any, second: Any) -> Any:
            return p - rate * (first / (1 - b1**count)) / (np.sqrt(second / (1 - b2**count) + eps_root) + eps)

        return tree_map(move, params, m, v), {"m": m, "v": v, "count": count}

    return Optimizer(init, update)


def _step(params: Any, move: Any, rate: Any) -> Any:
    return tree_map(lambda p, v: p - rate * v, params, move)
