"""The code that is looked at: files opened and analysed on demand, and places in them as a user counts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from statelint.config import Configurations, Settings
from statelint.effects.facts import ModuleFacts, Span
from statelint.effects.program import Program, link
from statelint.effects.worker import analyzer_of
from statelint.engine.project import Project, shown_path
from statelint.source import SourceFile

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer
    from statelint.ir.nodes import ModuleIR


class NotFoundError(Exception):
    """What was asked for is not there; the message names what is near."""


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something happens: 1-based line and column of code points, the cell of a notebook (0: none)."""

    path: str
    line: int
    column: int
    cell: int = 0

    def __str__(self) -> str:
        return f"{self.path}:cell {self.cell}:{self.line}" if self.cell else f"{self.path}:{self.line}"


class Session:
    """Files under analysis. Facts of further modules of the user's are added when they turn out to matter."""

    def __init__(self, files: Sequence[SourceFile], settings: Settings) -> None:
        self.settings = settings
        self.project = Project(files, settings)
        self.analyzer: Analyzer = analyzer_of(self.project, settings)
        self._facts: dict[str, ModuleFacts] = {}
        self._program: Program | None = None

    @property
    def modules(self) -> list[str]:
        """The modules that were asked for, sorted."""
        return sorted(self.project.modules)

    def ir(self, module: str) -> ModuleIR | None:
        """The lowered module; None if it is no Python of the user's."""
        return self.analyzer.symbols.module(module)

    def know(self, modules: Iterable[str]) -> bool:
        """Analyse modules that are not known yet; whether there were any."""
        fresh = [name for name in dict.fromkeys(modules) if name not in self._facts and self.ir(name) is not None]
        for name in fresh:
            facts = self.analyzer.analyse_module(name)
            if facts is not None:
                self._facts[name] = facts
        if fresh:
            self._program = None
        return bool(fresh)

    @property
    def program(self) -> Program:
        """What is known of all functions analysed so far."""
        taken = self.analyzer.take()
        if self._program is not None and taken.keys() <= self._program.functions.keys():
            return self._program  # a function was looked at again: nothing new
        for key, info in taken.items():
            owner = self._facts.get(key[0])
            if owner is None:
                ir = self.ir(key[0])
                if ir is None:
                    continue
                owner = self._facts[key[0]] = ModuleFacts(key[0], ir.path, [], [], ())
            owner.functions.append(info)
        self._program = link(list(self._facts.values()), self.settings)
        return self._program

    def file(self, module: str) -> SourceFile | None:
        """The file of a module."""
        return self.project.source(module)

    def text(self, module: str, at: Span) -> str:
        """The source of a span, in one line: the first of several, then dots."""
        file = self.file(module)
        line, start, end_line, end = at
        if file is None or not 1 <= line <= len(file.lines):
            return ""
        data = file.lines.line(line).encode("utf-8", "surrogatepass")
        shown = data[start : end if end_line == line else None].decode("utf-8", "replace").strip()
        return shown if end_line == line else f"{shown} ..."

    def place(self, module: str, at: Span) -> Place:
        """Where a span begins."""
        file = self.file(module)
        if file is None:
            return Place(module, at[0], at[1] + 1)
        line = min(max(at[0], 1), max(len(file.lines), 1))
        column = file.column(line, at[1])
        cell, inner = file.locate(line)
        return Place(file.path, inner if cell else line, column, cell or 0)


def open_session(paths: Sequence[str], configurations: Configurations) -> Session:
    """Open files by path; `NotFoundError` if one cannot be read or is no Python."""
    absolute = [os.path.normpath(os.path.join(os.getcwd(), path)) for path in paths]
    settings = configurations.of(os.path.dirname(absolute[0]) if absolute else os.getcwd())
    return Session([SourceFile(shown_path(path), path) for path in absolute], settings)


def require(session: Session, path: str) -> str:
    """The module that a path is in a session; `NotFoundError` if there is nothing to analyse in it."""
    absolute = os.path.normpath(os.path.join(os.getcwd(), path))
    file = session.project.at_path(shown_path(absolute))
    assert file is not None
    if session.ir(file.module) is None:
        problems = session.project.problems.get(file.module) or []
        reason = f"{problems[0].message} (line {problems[0].line})" if problems else "it cannot be analysed"
        failure = session.project.failures.get(file.module)
        raise NotFoundError(f"{file.path}: {failure.error if failure else reason}")
    return file.module
