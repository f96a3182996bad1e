"""``jax.debug`` of the facade: nothing is traced, so callbacks are calls, with the values without derivative."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import statelint.tape as tape
from statelint.tape.facade.jax._array import outside, raw_tree, wrap_tree


def callback(f: Callable[..., Any], *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """Call it now."""
    given = wrap_tree(tape.stop_gradient(raw_tree((list(args), kwargs))))
    f(*given[0], **given[1])


def print(text: str, *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """Print the formatted text."""
    callback(lambda *a, **k: builtins.print(text.format(*a, **k)), *args, **kwargs)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"jax.debug.{name}")
