"""The project of a run: the files that are reported on, and whatever of the user's code they import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from statelint.config import DEFAULT_EXCLUDE, Settings
from statelint.source import Problem, SourceFile, name_module
from statelint.source.modules import find_module, package_root
from statelint.source.syntax import describe_error

if TYPE_CHECKING:
    from statelint.ir.nodes import ModuleIR

_SHARED = ("site-packages", "dist-packages")
_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg")
_DEPTH = 3


class Failure(msgspec.Struct, frozen=True):
    """An error of statelint itself while it worked on one file; ``details`` is its traceback."""

    path: str
    error: str
    details: str


def failure(path: str, error: Exception) -> Failure:
    """Record an exception that must not stop the run."""
    import traceback

    return Failure(path, f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))


class Project:
    """``modules`` are the files that are reported on, by module name; other files of the user's packages are found by
    import name when they are asked for. What is known so depends on the project's layout, not on the given paths.

    ``roots`` are the folders on the import path. A module's name may differ from the name that an import uses for it
    (a namespace above it); ``resolve`` tells its own.
    """

    def __init__(self, files: Sequence[SourceFile], settings: Settings) -> None:
        self.settings = settings
        self.modules: dict[str, SourceFile] = {}
        self.roots: list[str] = list(settings.sources)
        self.problems: dict[str, list[Problem]] = {}
        self.failures: dict[str, Failure] = {}
        self._by_absolute: dict[str, SourceFile] = {}
        self._by_path: dict[str, SourceFile] = {}
        self._found: dict[tuple[str, str], SourceFile | None] = {}
        self._tops: dict[tuple[str, str], bool] = {}
        self._irs: dict[str, ModuleIR | None] = {}
        self._lowered: dict[str | tuple[str, str], ModuleIR | None] = {}
        self._folder_of: dict[str, str] = {}
        self._nested: list[str] | None = None
        for file in sorted(files, key=lambda each: (each.kind != "python", each.absolute)):
            self._add(file)
        self._own_tops = {name.partition(".")[0] for name in self.modules}

    def _add(self, file: SourceFile) -> None:
        named = name_module(file.absolute, self.settings.sources)
        name, file.is_package = named.name, named.is_package
        if name in self._folder_of:
            name = f"{name}@{file.path}"
        file.module = name
        self._folder_of[name] = os.path.dirname(file.absolute)
        self._by_absolute[file.absolute] = file
        self._by_path[file.path] = file
        if file.reported:
            self.modules[name] = file
            if named.root not in self.roots:
                self.roots.append(named.root)

    def source(self, name: str, importer: str = "") -> SourceFile | None:
        """Return the file of a module, by its own name or by the name that ``importer`` imports it by."""
        key = (name, self._folder_of.get(importer, ""))
        if key not in self._found:
            self._found[key] = self._find(name, key[1])
        return self._found[key]

    def resolve(self, name: str, importer: str = "") -> str | None:
        """Return the own name of the module that an import means; None if it is not the user's."""
        file = self.source(name, importer)
        return file.module if file else None

    def at_path(self, path: str) -> SourceFile | None:
        """Return a file by its shown path. One that only a worker process had to read is found on disk."""
        known = self._by_path.get(path)
        if known is None and os.path.isfile(path):
            known = self._by_path[path] = SourceFile(path, os.path.abspath(path), reported=False)
        return known

    def module_ir(self, name: str, importer: str = "") -> ModuleIR | None:
        """Lower a module, once. None if there is no such module of the user's, or it is no Python."""
        key = name if not importer else (name, importer)
        try:
            return self._lowered[key]
        except KeyError:
            pass
        file = self.source(name, importer)
        if file is None:
            lowered = None
        elif file.module in self._irs:
            lowered = self._irs[file.module]
        else:
            lowered = self._irs[file.module] = self._lower(file)
        self._lowered[key] = lowered
        return lowered

    def mentions(self, name: str, word: str) -> bool | None:
        """Whether a module's text has a word in it, or takes all names of another module; None if it is not the
        user's."""
        file = self.source(name)
        if file is None:
            return None
        try:
            data = file.bytes()
        except OSError:
            return True
        return word.encode() in data or b"import *" in data

    def forget(self, name: str) -> None:
        """Drop the IR of a module; it is lowered again if it is asked for again."""
        self._irs.pop(name, None)
        self._lowered.clear()

    def _lower(self, file: SourceFile) -> ModuleIR | None:
        from statelint.ir import TooDeep, lower_module

        text = file.text
        problems = self.problems.setdefault(file.module, [])
        if file.problem is not None:
            problems.append(file.problem)
            return None
        if file.notebook is not None:
            broken = file.notebook.broken
            problems.extend(Problem("SL002", each.message, each.line, each.column, False) for each in broken)
        try:
            lowered = lower_module(text, file.path, file.module, file.is_package)
        except (SyntaxError, UnicodeError, TooDeep) as error:
            problems.append(Problem("SL002", *_described(error, text)))
            return None
        except Exception as error:
            if isinstance(error, ValueError) and "\0" in text:
                problems.append(Problem("SL002", *_described(error, text)))
            else:
                self.failures[file.module] = failure(file.path, error)
            return None
        _ = file.markers
        file.forget()
        return lowered

    def _find(self, name: str, folder: str) -> SourceFile | None:
        if folder and package_root(folder) == folder and name not in self.modules:
            beside = self._below(name, folder)
            if beside is not None:
                return beside
        if name in self.modules:
            return self.modules[name]
        for root in self.roots:
            if os.path.basename(root) in _SHARED and name.partition(".")[0] not in self._own_tops:
                continue
            found = self._below(name, root)
            if found is not None:
                return found
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        for root in self._nested_roots():
            found = self._below(name, root)
            if found is not None:
                return found
        return None

    def _below(self, name: str, root: str) -> SourceFile | None:
        top = name.partition(".")[0]
        known = self._tops.get((top, root))
        if known is None:
            base = os.path.join(root, top)
            known = os.path.isdir(base) or os.path.isfile(base + ".py") or os.path.isfile(base + ".pyi")
            self._tops[top, root] = known
        if not known:
            return None
        absolute = find_module(name, root)
        if absolute is None:
            return None
        file = self._by_absolute.get(absolute)
        if file is None:
            file = SourceFile(shown_path(absolute), absolute, reported=False)
            self._add(file)
        return file

    def _nested_roots(self) -> list[str]:
        """Return the roots of projects inside this one (a repository of several packages), each with its ``src``."""
        if self._nested is None:
            self._nested = []
            if self.settings.origin or any(_exists(self.settings.root, mark) for mark in (".git", *_PROJECT_MARKS)):
                self._nested = [root for root in _projects_below(self.settings.root, _DEPTH) if root not in self.roots]
        return self._nested


def _described(error: Exception, text: str) -> tuple[str, int, int]:
    line, column, message = describe_error(error, text)
    return message, line, column


def _exists(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name))


def _projects_below(folder: str, depth: int) -> Iterable[str]:
    try:
        entries = sorted((e for e in os.scandir(folder) if e.is_dir(follow_symlinks=False)), key=lambda e: e.name)
    except OSError:
        return
    for entry in entries:
        if entry.name in DEFAULT_EXCLUDE or entry.name.startswith("."):
            continue
        if any(_exists(entry.path, mark) for mark in _PROJECT_MARKS):
            yield entry.path
            if os.path.isdir(os.path.join(entry.path, "src")):
                yield os.path.join(entry.path, "src")
        if depth > 1:
            yield from _projects_below(entry.path, depth - 1)


def shown_path(absolute: str) -> str:
    """Return how a file is shown: relative to the current folder if it lies below it, with forward slashes."""
    here = os.getcwd()
    prefix = here if here.endswith(os.sep) else here + os.sep
    shown = absolute[len(prefix) :] if absolute.startswith(prefix) else absolute
    return shown.replace(os.sep, "/").encode("utf-8", "backslashreplace").decode()
