"""Which files a run is about: paths, folders and globs of the command line, less what is excluded or ignored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from statelint.source.patterns import GitIgnores, PathPatterns

_GLOB = frozenset("*?[")


class DiscoverySettings(Protocol):
    """The part of the settings that decides what is found under a folder."""

    @property
    def include_patterns(self) -> PathPatterns:
        """What to take."""
        ...

    @property
    def exclude_patterns(self) -> PathPatterns:
        """What to leave out."""
        ...

    @property
    def force_exclude(self) -> bool:
        """Whether to leave out named files too."""
        ...

    @property
    def respect_gitignore(self) -> bool:
        """Whether .gitignore files count."""
        ...


class Discovered(msgspec.Struct, frozen=True):
    """A file of the run, by its absolute path; ``explicit`` if it was named itself."""

    absolute: str
    explicit: bool


class Discovery:
    """Finds files. ``settings_of`` gives the settings that hold in a folder."""

    def __init__(self, settings_of: Callable[[str], DiscoverySettings]) -> None:
        self._settings_of = settings_of
        self._ignores = GitIgnores()
        self.missing: list[str] = []
        self.excluded: list[str] = []

    def find(self, paths: Sequence[str], folder: str) -> list[Discovered]:
        """Return the files that ``paths`` (relative to ``folder``) name, each once, in a fixed order. Paths that do not
        exist are kept in ``missing``; named files that are excluded by force in ``excluded``."""
        found: dict[str, Discovered] = {}
        for path in paths:
            absolute = os.path.normpath(os.path.join(folder, path))
            for each in self._path(path, absolute):
                found.setdefault(each.absolute, each)
        links = {path for path in found if os.path.islink(path)}
        folders: dict[str, str] = {}
        real: dict[str, Discovered] = {}
        for path in sorted(found, key=lambda one: (one in links, one)):
            real.setdefault(os.path.realpath(path) if path in links else _real(path, folders), found[path])
        return sorted(real.values(), key=lambda one: one.absolute)

    def _path(self, path: str, absolute: str) -> Iterator[Discovered]:
        if os.path.isdir(absolute):
            if not self._forced_out(absolute):
                yield from self._walk(absolute)
        elif os.path.lexists(absolute):
            if self._forced_out(absolute):
                self.excluded.append(path)
            else:
                yield Discovered(absolute, True)
        elif _GLOB & set(path) and (matches := _glob(absolute)):
            for match in matches:
                if os.path.isdir(match):
                    yield from self._walk(match)
                elif self._wanted(match, self._settings_of(os.path.dirname(match)), self._ignores):
                    yield Discovered(match, False)
        else:
            self.missing.append(path)

    def _forced_out(self, absolute: str) -> bool:
        settings = self._settings_of(os.path.dirname(absolute))
        if not settings.force_exclude:
            return False
        is_folder = os.path.isdir(absolute)
        if settings.exclude_patterns.matches_tree(absolute, is_folder):
            return True
        return settings.respect_gitignore and self._ignores.ignored_tree(absolute, is_folder)

    def _walk(self, top: str) -> Iterator[Discovered]:
        """Yield the files below a folder. Links to folders are not followed, so a loop of links has no way in."""
        # a folder that is named although git ignores it is wanted: what is above it has had its say
        ignores = GitIgnores(floor=top) if self._ignores.ignored_tree(top, True) else self._ignores
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            settings = self._settings_of(folder)
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                yield Discovered(folder, False)  # reading it as a file says why it can't be read
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not self._out(entry.path, True, settings, ignores):
                        waiting.append(entry.path)
                elif self._wanted(entry.path, settings, ignores) and not _is_no_file(entry):
                    yield Discovered(entry.path, False)

    def _wanted(self, path: str, settings: DiscoverySettings, ignores: GitIgnores) -> bool:
        return settings.include_patterns.matches(path, False) and not self._out(path, False, settings, ignores)

    def _out(self, path: str, is_folder: bool, settings: DiscoverySettings, ignores: GitIgnores) -> bool:
        if settings.exclude_patterns.matches(path, is_folder):
            return True
        return settings.respect_gitignore and ignores.ignored(path, is_folder)


def _real(path: str, folders: dict[str, str]) -> str:
    """The real path of what is no link itself; folders are resolved once."""
    folder, name = os.path.split(path)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], name)


def _is_no_file(entry: os.DirEntry[str]) -> bool:
    """A link to a folder, or an editor's lock (a dangling link ``.#name``)."""
    return entry.is_symlink() and (os.path.isdir(entry.path) or entry.name.startswith(".#"))


def _glob(pattern: str) -> list[str]:
    import glob

    return sorted(glob.glob(pattern, recursive=True))
