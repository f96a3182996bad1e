"""``jax.tree`` of the facade."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from statelint.tape import trees
from statelint.tape.facade.jax._array import outside

leaves = trees.leaves


def map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply to corresponding leaves."""
    return trees.tree_map(f, tree, *others)


def structure(tree: Any) -> Any:
    """The container with its leaves taken out."""
    return trees.tree_map(lambda _: "*", tree)


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Leaves and structure."""
    return trees.leaves(tree), structure(tree)


def unflatten(treedef: Any, values: Any) -> Any:
    """A container of new leaves."""
    return trees.rebuild(treedef, list(values))


def reduce(f: Callable[..., Any], tree: Any, initializer: Any = None) -> Any:
    """Fold the leaves."""
    total = initializer
    for leaf in trees.leaves(tree):
        total = leaf if total is None else f(total, leaf)
    return total


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"jax.tree.{name}")
