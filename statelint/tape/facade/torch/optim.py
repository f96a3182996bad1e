"""``torch.optim`` of the facade: SGD and Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape.facade.torch._tensor import Tensor, outside, wrap
from statelint.tape.record import no_grad


class Optimizer:
    """Parameters in groups, and a state for each."""

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        groups = given if isinstance(given[0], dict) else [{"params": given}]
        self.param_groups = [{**defaults, **g, "params": list(g["params"])} for g in groups]
        self.state: dict[Tensor, dict[str, Any]] = {}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = wrap(np.zeros(p.array().shape))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient."""
        loss = closure() if closure is not None else None
        with no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        g = np.array(p.grad.array().data)
                        if group["weight_decay"]:
                            g = g + group["weight_decay"] * p.array().data
                        p.write(p.array().data - self._move(group, self.state.setdefault(p, {}), g))
        return loss

    def _move(self, group: dict[str, Any], state: dict[str, Any], g: Any) -> Any:
        return outside("an optimizer of one's own")


class SGD(Optimizer):
    """Steepest descent with momentum."""

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
            },
        )

    def _move(self, group: dict[str, Any], state: dict[str, Any], g: Any) -> Any:
        if group["momentum"]:
            v = state.get("momentum_buffer")
            v = g if v is None else group["momentum"] * v + (1 - group["dampening"]) * g
            state["momentum_buffer"] = v
            g = g + group["momentum"] * v if group["nesterov"] else v
        return group["lr"] * g


class Adam(Optimizer):
    """Adam."""

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def _move(self, group: dict[str, Any], state: dict[str, Any], g: Any) -> Any:
        b1, b2 = group["betas"]
        n = state["step"] = state.get("step", 0) + 1
        m = state["exp_avg"] = b1 * state.get("exp_avg", 0.0) + (1 - b1) * g
        v = state["exp_avg_sq"] = b2 * state.get("exp_avg_sq", 0.0) + (1 - b2) * g * g
        return group["lr"] * (m / (1 - b1**n)) / (np.sqrt(v / (1 - b2**n)) + group["eps"])


class AdamW(Adam):
    """Adam whose weight decay is apart from the gradient."""

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        for group in self.param_groups:
            group["decoupled"] = weight_decay

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Shrink, then move as Adam does."""
        with no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.write(p.array().data * (1 - group["lr"] * group["decoupled"]))
        return super().step(closure)


class RMSprop(Optimizer):
    """Steps divided by a running root mean square."""

    def __init__(
        self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0
    ) -> None:
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay})

    def _move(self, group: dict[str, Any], state: dict[str, Any], g: Any) -> Any:
        a = group["alpha"]
        v = state["square_avg"] = a * state.get("square_avg", 0.0) + (1 - a) * g * g
        return group["lr"] * g / (np.sqrt(v) + group["eps"])


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.optim.{name}")
