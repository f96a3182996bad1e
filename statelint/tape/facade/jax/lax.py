"""``jax.lax`` of the facade: control flow in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import statelint.tape as tape
from statelint.tape import trees
from statelint.tape.dispatch import as_array
from statelint.tape.facade.jax._array import lifted, outside, raw, raw_tree, wrap, wrap_tree


def scan(f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None, **_: Any) -> tuple[Any, Any]:
    """A loop with carried state and stacked results."""
    out = tape.scan(
        lambda c, x: tuple(raw_tree(part) for part in f(wrap_tree(c), wrap_tree(x))),
        trees.tree_map(lambda v: as_array(raw(v)), init),
        raw_tree(xs),
        length,
    )
    return wrap_tree(out[0]), wrap_tree(out[1])


def fori_loop(lower: Any, upper: Any, body: Callable[..., Any], init: Any) -> Any:
    """A counted loop."""
    for i in range(int(lower), int(upper)):
        init = body(i, init)
    return init


def while_loop(condition: Callable[..., Any], body: Callable[..., Any], init: Any) -> Any:
    """A loop."""
    while condition(init):
        init = body(init)
    return init


def cond(pred: Any, true: Callable[..., Any], false: Callable[..., Any], *operands: Any) -> Any:
    """A branch."""
    return (true if pred else false)(*operands)


def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """One of several branches."""
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def stop_gradient(x: Any) -> Any:
    """The values without derivative."""
    return wrap_tree(tape.stop_gradient(raw_tree(x)))


def map(f: Callable[..., Any], xs: Any) -> Any:
    """The function for each slice, stacked."""
    return scan(lambda c, x: (c, f(x)), (), xs)[1]


def dynamic_slice(x: Any, starts: Any, sizes: Any) -> Any:
    """A block of fixed size."""
    return wrap(raw(x)[tuple(slice(int(s), int(s) + n) for s, n in zip(starts, sizes, strict=True))])


def dynamic_update_slice(x: Any, update: Any, starts: Any) -> Any:
    """Replace a block."""
    shape = np.shape(raw(update))
    return x.at[tuple(slice(int(s), int(s) + n) for s, n in zip(starts, shape, strict=True))].set(update)


select = lifted(np.where)
rsqrt = lifted(lambda x: 1.0 / np.sqrt(x))
exp, log, sin, cos, tanh, sqrt, abs = (lifted(f) for f in (np.exp, np.log, np.sin, np.cos, np.tanh, np.sqrt, np.abs))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"jax.lax.{name}")
