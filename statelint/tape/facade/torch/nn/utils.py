"""``torch.nn.utils`` of the facade: gradient clipping."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.facade.torch._tensor import outside, wrap
from statelint.tape.record import no_grad


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0) -> Any:
    """Scale all gradients so that their joint norm is at most ``max_norm``."""
    grads = [p.grad for p in parameters if p.grad is not None]
    total = np.sqrt(sum(float(np.sum(g.array().data ** 2)) for g in grads))
    scale = min(1.0, max_norm / (total + 1e-6))
    with no_grad():
        for g in grads:
            g.write(g.array().data * scale)
    return wrap(np.asarray(total))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.nn.utils.{name}")
