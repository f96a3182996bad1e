"""From paths to dotted module names and back, by the layout of the project and never by what else is in the run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

import msgspec

_INITS = ("__init__.py", "__init__.pyi")
_SUFFIXES = (".py", ".pyi", ".ipynb")


class ModuleName(msgspec.Struct, frozen=True):
    """A file's dotted name, whether it is a package's ``__init__``, and the folder that its name counts from."""

    name: str
    is_package: bool
    root: str


@lru_cache(8192)
def is_package_folder(folder: str) -> bool:
    """Say whether a folder is a regular package."""
    return any(os.path.isfile(os.path.join(folder, each)) for each in _INITS)


@lru_cache(8192)
def package_root(folder: str) -> str:
    """Return the nearest folder from ``folder`` upwards that is no regular package."""
    while is_package_folder(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def name_module(path: str, sources: Sequence[str]) -> ModuleName:
    """Name the module of an absolute path. ``sources`` are the folders on the project's import path.

    A file in a regular package is named from the package's root. A file outside of one belongs to a namespace below
    the deepest of ``sources`` that holds it, or is a script with no more than its own name.
    """
    folder, file = os.path.split(path)
    stem = next((file[: -len(suffix)] for suffix in _SUFFIXES if file.endswith(suffix)), file)
    is_package = file in _INITS
    root = package_root(folder)
    if root == folder and not is_package:
        for source in sorted(sources, key=len, reverse=True):
            if folder == source or folder.startswith(source.rstrip(os.sep) + os.sep):
                root = source
                break
    inner = os.path.relpath(folder, root)
    parts = [] if inner == "." else inner.split(os.sep)
    if not is_package:
        parts.append(stem)
    name = (".".join(parts) or stem).encode("utf-8", "backslashreplace").decode()
    return ModuleName(name, is_package, root)


def find_module(name: str, root: str) -> str | None:
    """Return the absolute path of the file that holds module ``name`` below an import root."""
    base = os.path.join(root, *name.split("."))
    for init in _INITS:
        path = os.path.join(base, init)
        if os.path.isfile(path):
            return path
    for suffix in (".py", ".pyi"):
        if os.path.isfile(base + suffix):
            return base + suffix
    return None
