"""What one file of a third-party package says of its names. Names of other modules are kept as they are written there,
so that a record holds for as long as its own file does."""

from __future__ import annotations

from typing import Literal

import msgspec

FORMAT = 1
"""Raise it whenever the records or what is put into them change."""


class Target(msgspec.Struct, frozen=True, array_like=True):
    """What a name stands for: ``name`` of ``module`` (the module itself if empty); without a module, a dotted text in
    the same file, and the definition itself if that text is the name."""

    module: str
    name: str


class Method(msgspec.Struct, frozen=True, array_like=True):
    """A method: its parameters as they are written (``x``, ``y=1``, ``*args``), and what its decorators make of it."""

    params: tuple[str, ...]
    kind: Literal["method", "property", "static", "class"]


class ClassFact(msgspec.Struct, frozen=True, array_like=True):
    """A class: its bases in order, its own methods, and its annotated fields if it is a dataclass."""

    bases: tuple[Target, ...]
    methods: dict[str, Method]
    fields: tuple[str, ...] | None = None


class FileFact(msgspec.Struct, frozen=True, array_like=True):
    """A file: what its names may stand for, likeliest first; modules of star imports; classes and functions by
    qualified name; the names in ``__all__`` that are written out."""

    names: dict[str, tuple[Target, ...]] = {}
    stars: tuple[str, ...] = ()
    classes: dict[str, ClassFact] = {}
    functions: dict[str, tuple[str, ...]] = {}
    exports: frozenset[str] = frozenset()
