"""Patterns of paths: .gitignore files with git's own semantics, and the configuration's lists of patterns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_MAGIC = frozenset("*?[!/\\")


class PathPatterns:
    """A list of patterns as in a .gitignore, relative to ``root``.

    ``build`` is anything of that name, ``/build`` the one in the root, ``docs/gen`` is relative to the root, ``*``
    and ``**`` as usual. Plain names are matched without loading a pattern library.
    """

    def __init__(self, patterns: Sequence[str], root: str) -> None:
        self.root = root
        self._names: frozenset[str] = frozenset()
        self._suffixes: tuple[str, ...] = ()
        self._patterns = list(patterns)
        if not any(each.startswith("!") for each in patterns):
            self._names = frozenset(each for each in patterns if not _MAGIC & set(each))
            suffixed = [each for each in patterns if each.startswith("*.") and not _MAGIC & set(each[1:])]
            self._suffixes = tuple(each[1:] for each in suffixed)
            self._patterns = [each for each in patterns if each not in self._names and each not in suffixed]

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(self._patterns)

    def matches(self, path: str, is_folder: bool) -> bool:
        """Say whether the last component of an absolute path, or the whole, is matched (not: a parent of it)."""
        name = os.path.basename(path)
        if name in self._names or name.endswith(self._suffixes):
            return True
        if not self._patterns:
            return False
        relative = _relative(path, self.root) or name
        return bool(self._spec.check_file(relative + "/" * is_folder).include)

    def matches_tree(self, path: str, is_folder: bool = False) -> bool:
        """Say whether an absolute path, or any folder above it up to the root, is matched."""
        relative = _relative(path, self.root) or os.path.basename(path)
        parts = relative.split("/")
        if self._names.intersection(parts) or any(part.endswith(self._suffixes) for part in parts):
            return True
        if not self._patterns:
            return False
        folders = ("/".join(parts[:end]) + "/" for end in range(1, len(parts)))
        return any(self._spec.check_file(each).include for each in (*folders, relative + "/" * is_folder))


def _relative(path: str, root: str) -> str | None:
    prefix = root if root.endswith(os.sep) else root + os.sep
    if not path.startswith(prefix):
        return None
    return path[len(prefix) :].replace(os.sep, "/")


class GitIgnores:
    """The .gitignore files that apply to a tree: each folder's own, and its parents' up to the repository's root.

    With a ``floor``, the files above that folder do not count.
    """

    def __init__(self, floor: str = "") -> None:
        self._floor = floor
        self._chains: dict[str, tuple[tuple[str, GitIgnoreSpec], ...]] = {}

    def ignored(self, path: str, is_folder: bool) -> bool:
        """Say whether git ignores an absolute path, given that it does not ignore the folder that holds it."""
        for folder, spec in self._chain(os.path.dirname(path)):
            relative = _relative(path, folder)
            if relative is None:
                continue
            include = spec.check_file(relative + "/" * is_folder).include
            if include is not None:
                return bool(include)
        return False

    def ignored_tree(self, path: str, is_folder: bool = False) -> bool:
        """Say whether git ignores an absolute path, or one of the folders above it."""
        root = repository_root(os.path.dirname(path))
        if root is None or root == path:
            return self.ignored(path, is_folder)
        parts = (_relative(path, root) or os.path.basename(path)).split("/")
        folders = [os.path.join(root, *parts[:end]) for end in range(1, len(parts))]
        return any(self.ignored(each, True) for each in folders) or self.ignored(path, is_folder)

    def _chain(self, folder: str) -> tuple[tuple[str, GitIgnoreSpec], ...]:
        """Return the specifications for what is in a folder, the deepest first."""
        known = self._chains.get(folder)
        if known is not None:
            return known
        own = _read_spec(os.path.join(folder, ".gitignore"))
        chain: tuple[tuple[str, GitIgnoreSpec], ...] = ((folder, own),) if own is not None else ()
        parent = os.path.dirname(folder)
        if os.path.exists(os.path.join(folder, ".git")):
            exclude = _read_spec(os.path.join(folder, ".git", "info", "exclude"))
            chain += ((folder, exclude),) if exclude is not None else ()
        elif folder == self._floor:
            pass
        elif parent != folder and repository_root(parent) is not None:
            chain += self._chain(parent)
        elif parent != folder and parent in self._chains:
            chain += self._chains[parent]
        self._chains[folder] = chain
        return chain


@lru_cache(4096)
def repository_root(folder: str) -> str | None:
    """Return the nearest folder from ``folder`` upwards that is the root of a git work tree."""
    if os.path.exists(os.path.join(folder, ".git")):
        return folder
    parent = os.path.dirname(folder)
    return None if parent == folder else repository_root(parent)


def _read_spec(path: str) -> GitIgnoreSpec | None:
    try:
        lines = Path(path).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return None
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _valid(line)])


def _valid(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
