"""The arrays among a call's arguments and within its result, with the access path of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Path = tuple[int | str, ...]
"""First the position or keyword of an argument, then the way into it."""


class Call(NamedTuple):
    """One call to experiment with."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Leaf(NamedTuple):
    """An array and where it was found."""

    path: Path
    array: Any


def leaves(tree: Any, is_array: Callable[[Any], bool], path: Path = ()) -> list[Leaf]:
    """Return the arrays in nested lists, tuples and dicts."""
    if is_array(tree):
        return [Leaf(path, tree)]
    if isinstance(tree, Mapping):
        return [leaf for key, value in tree.items() for leaf in leaves(value, is_array, (*path, key))]
    if isinstance(tree, (list, tuple)):
        return [leaf for index, value in enumerate(tree) for leaf in leaves(value, is_array, (*path, index))]
    return []


def replace(tree: Any, change: Mapping[Path, Any], path: Path = ()) -> Any:
    """Return ``tree`` with the leaves at some paths replaced."""
    if path in change:
        return change[path]
    if isinstance(tree, dict):
        return {key: replace(value, change, (*path, key)) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(replace(value, change, (*path, index)) for index, value in enumerate(tree)))
    if isinstance(tree, (list, tuple)):
        return type(tree)(replace(value, change, (*path, index)) for index, value in enumerate(tree))
    return tree


def call_leaves(call: Call, is_array: Callable[[Any], bool]) -> list[Leaf]:
    """Return the arrays among the arguments."""
    return [*leaves(call.args, is_array), *leaves(call.kwargs, is_array)]


def with_leaves(call: Call, change: Mapping[Path, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with some arrays replaced."""
    return replace(call.args, change), replace(call.kwargs, change)


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """Return at most ``count`` items, taken evenly from first to last."""
    if count == 1:
        return list(items[:1])
    if len(items) <= count:
        return list(items)
    return [items[round(index * (len(items) - 1) / (count - 1))] for index in range(count)]
