"""``torch.utils.checkpoint`` of the facade: the function runs again in the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from statelint.tape.facade.torch import random
from statelint.tape.facade.torch._tensor import Tensor
from statelint.tape.facade.torch.autograd import Function, _Mode
from statelint.tape.facade.torch.autograd import backward as run_backward


def checkpoint(function: Callable[..., Any], *args: Any, use_reentrant: Any = None, **kwargs: Any) -> Any:
    """Run without recording; the backward pass runs ``function`` again, with the same random numbers.

    Gradients of parameters that ``function`` holds are added to their ``.grad``, as the reentrant form of torch does.
    """
    if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
        return function(*args, **kwargs)
    preserve = kwargs.pop("preserve_rng_state", True)

    class Again(Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            ctx.rng = random.get_rng_state()
            ctx.save_for_backward(*inputs)
            return function(*inputs, **kwargs)

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            inputs = [
                t.detach().requires_grad_(t.requires_grad) if isinstance(t, Tensor) else t for t in ctx.saved_tensors
            ]
            with random.fork_rng(), _Mode(True):
                if preserve:
                    random.set_rng_state(ctx.rng)
                out = function(*inputs, **kwargs)
            run_backward(out, grads)
            return tuple(t.grad if isinstance(t, Tensor) else None for t in inputs)

    return Again.apply(*args)
