"""Finds the files of installed modules on a search path, and what tells one version of a file from the next."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

_INFO = re.compile(r"(.+?)-([^-]+)\.(?:dist|egg)-info$")


class Installed(msgspec.Struct, frozen=True):
    """A module: its sources (the Python file before its stub; none for an extension or a namespace), the folders that
    hold its submodules, and whether it is a package."""

    sources: tuple[str, ...]
    folders: tuple[str, ...]
    is_package: bool


class Installation:
    """The packages of a search path."""

    def __init__(self, search_path: Sequence[Path]) -> None:
        self._roots = tuple(str(each) for each in search_path)
        self._modules: dict[str, Installed | None] = {}
        self._versions: dict[str, dict[str, str]] = {}

    def module(self, name: str) -> Installed | None:
        """Return a module by its dotted name."""
        if name not in self._modules:
            self._modules[name] = self._find(name)
        return self._modules[name]

    def _find(self, name: str) -> Installed | None:
        package, _, part = name.rpartition(".")
        if package:
            above = self.module(package)
            folders = above.folders if above is not None else ()
        else:
            folders = self._roots
        namespace: list[str] = []
        for folder in folders:
            base = os.path.join(folder, part)
            if inits := _files(os.path.join(base, "__init__")):
                return Installed(inits, (base,), True)
            if files := _files(base):
                return Installed(files, (), False)
            if os.path.isdir(base):
                namespace.append(base)
        return Installed((), tuple(namespace), True) if namespace else None

    def version(self, path: str) -> str:
        """Return the version of the distribution that is called as the package that ``path`` is in, if there is one.

        The names of the ``.dist-info`` folders say it; `importlib.metadata` would read every one of them.
        """
        root = next((each for each in self._roots if path.startswith(each.rstrip(os.sep) + os.sep)), "")
        if root and root not in self._versions:
            try:
                entries = sorted(os.listdir(root))
            except OSError:
                entries = []
            found = (match for entry in entries if (match := _INFO.match(entry)))
            self._versions[root] = {_plain(match[1]): match[2] for match in found}
        top = path[len(root) :].lstrip(os.sep).partition(os.sep)[0].partition(".")[0]
        return self._versions.get(root, {}).get(_plain(top), "")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _files(base: str) -> tuple[str, ...]:
    return tuple(path for path in (f"{base}.py", f"{base}.pyi") if os.path.isfile(path))
