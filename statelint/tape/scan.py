"""A loop with carried state and stacked results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.checkpoint import checkpoint
from statelint.tape.dispatch import as_array


def scan(
    f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None, *, recompute: bool = False
) -> tuple[Any, Any]:
    """Run ``carry, y = f(carry, x)`` over the first axis of ``xs``.

    Args:
        f: of the carry and one slice of ``xs``; gives the next carry, of the same structure, and a result or None.
        init: the first carry.
        xs: container of arrays of equal first length, or None.
        length: number of steps, needed if ``xs`` is None.
        recompute: save nothing inside a step; the reverse sweep runs each step once more.

    Returns:
        The last carry and the results, each leaf stacked along a new first axis (None where ``f`` gives None).

    Raises:
        ValueError: if the length is not given, or the lengths differ.
    """
    lengths = {int(np.shape(x)[0]) for x in trees.leaves(xs)} | ({length} if length is not None else set())
    if len(lengths) != 1:
        raise ValueError(f"scan needs one length, not {sorted(lengths) or 'none'}")
    (count,) = lengths
    step = checkpoint(f) if recompute else f
    carry, rows = init, []
    for t in range(count):
        carry, y = step(carry, trees.tree_map(lambda x, t=t: x[t], xs))
        rows.append(y)
    if not rows or not trees.leaves(rows[0]):
        return carry, None
    return carry, trees.tree_map(lambda *parts: np.stack([as_array(p) for p in parts]), *rows)
