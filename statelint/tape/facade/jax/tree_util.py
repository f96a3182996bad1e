"""``jax.tree_util`` of the facade."""

from __future__ import annotations

from functools import partial as Partial  # noqa: N812 (jax's name)
from typing import Any

from statelint.tape.facade.jax import tree
from statelint.tape.facade.jax._array import outside

tree_map, tree_leaves, tree_structure = tree.map, tree.leaves, tree.structure
tree_flatten, tree_unflatten, tree_reduce = tree.flatten, tree.unflatten, tree.reduce


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"jax.tree_util.{name}")


__all__ = ["Partial", "tree_flatten", "tree_leaves", "tree_map", "tree_reduce", "tree_structure", "tree_unflatten"]
