"""Nested containers: dicts, lists, tuples, named tuples and None, with leaves at the ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """The leaves from left to right; the keys of a dict in sorted order where they can be sorted."""
    out: list[Any] = []
    _collect(tree, out)
    return out


def _keys(tree: dict[Any, Any]) -> list[Any]:
    try:
        return sorted(tree)
    except TypeError:
        return list(tree)


def _collect(tree: Any, out: list[Any]) -> None:
    if tree is None:
        return
    if isinstance(tree, dict):
        for key in _keys(tree):
            _collect(tree[key], out)
    elif isinstance(tree, (list, tuple)):
        for part in tree:
            _collect(part, out)
    else:
        out.append(tree)


def rebuild(tree: Any, values: list[Any]) -> Any:
    """A container like ``tree`` with its leaves replaced, in the order of :func:`leaves`."""
    return _rebuild(tree, iter(values))


def _rebuild(tree: Any, values: Any) -> Any:
    if tree is None:
        return None
    if isinstance(tree, dict):
        made = {key: _rebuild(tree[key], values) for key in _keys(tree)}
        return {key: made[key] for key in tree}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_rebuild(part, values) for part in tree))
    if isinstance(tree, (list, tuple)):
        return type(tree)(_rebuild(part, values) for part in tree)
    return next(values)


def tree_map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply ``f`` to corresponding leaves of containers of one structure.

    Raises:
        ValueError: if the containers differ in their number of leaves.
    """
    columns = [leaves(tree), *(leaves(t) for t in others)]
    if len({len(c) for c in columns}) > 1:
        raise ValueError(f"containers differ: {', '.join(str(len(c)) for c in columns)} leaves")
    return rebuild(tree, [f(*row) for row in zip(*columns, strict=True)])
