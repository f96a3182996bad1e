"""One lint of the open buffers, in the worker's thread: from documents to diagnostics."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import attrs
import msgspec
from lsprotocol import types

from statelint.config import ConfigError, Configurations, Settings
from statelint.engine import Engine, Outcome
from statelint.engine.project import Project
from statelint.findings import Finding, Related, Severity
from statelint.lsp.documents import Document, of_library
from statelint.lsp.neighbours import neighbours
from statelint.lsp.options import ServerOptions
from statelint.lsp.positions import Positions
from statelint.source import Discovery, SourceFile
from statelint.source.text import Lines

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
_UNNECESSARY = frozenset({"SL003"})
"""Rules whose findings are text without effect, which editors show faded."""


class Job(msgspec.Struct, frozen=True):
    """What one lint is of: the buffers, the editor's options, the workspace's folder, the unit of columns."""

    documents: tuple[Document, ...]
    options: ServerOptions
    folder: str
    encoding: str

    @property
    def configurations(self) -> Configurations:
        """The settings, read anew: a configuration file may have changed."""
        file = self.options.configuration
        path = os.path.join(self.folder, os.path.expanduser(file)) if file else None
        try:
            return Configurations(self.options.options, path, folder=self.folder)
        except ConfigError as error:
            raise ConfigError(str(error).replace("the command line", "the editor's options", 1)) from None


class Row(msgspec.Struct, frozen=True):
    """A finding and the diagnostic that was sent for it."""

    finding: Finding
    diagnostic: types.Diagnostic


class Linted(msgspec.Struct, frozen=True):
    """What a lint found in one document; ``file`` is None if the document is excluded."""

    document: Document
    positions: Positions
    file: SourceFile | None
    project: Project
    rows: tuple[Row, ...]

    @property
    def diagnostics(self) -> list[types.Diagnostic]:
        """The diagnostics alone."""
        return [row.diagnostic for row in self.rows]


class Result(msgspec.Struct, frozen=True):
    """What a lint found, by URI, and errors of statelint itself."""

    files: dict[str, Linted]
    failures: tuple[str, ...]


def lint(job: Job) -> Result:
    """Lint all open documents in one run, with the rest of their project if it is small.

    What one buffer does to another is seen before it is saved.
    """
    configurations = job.configurations
    wanted = {each.path: each for each in job.documents if not excluded(each.path, configurations)}
    known: dict[str, bytes | None] = dict.fromkeys(neighbours(wanted, configurations))
    outcome = Engine(configurations).run({**known, **{path: each.data for path, each in wanted.items()}})
    files = {source.absolute: source for source in outcome.project.modules.values()}
    by_path: dict[str, list[Finding]] = {}
    for row in outcome.reported:
        by_path.setdefault(row.file.absolute, []).append(row.finding)
    places = _Places(job, outcome)
    result: dict[str, Linted] = {}
    for document in job.documents:
        taken = wanted.get(document.path) is document
        positions = places.of(document.path)
        rows = tuple(
            Row(finding, _diagnostic(finding, positions, places))
            for finding in (by_path.get(document.path, ()) if taken else ())
        )
        file = files.get(document.path) if taken else None
        result[document.uri] = Linted(document, positions, file, outcome.project, rows)
    failures = tuple(f"{each.path}: {each.error}" if each.path else each.error for each in outcome.failures)
    return Result(result, failures)


def excluded(path: str, configurations: Configurations) -> bool:
    """Say whether a document is left out: by the configuration, by a .gitignore, or because it is a library's."""
    if of_library(path):
        return True
    settings = configurations.of(os.path.dirname(path))
    if not os.path.lexists(path):
        return settings.exclude_patterns.matches_tree(path)

    def forced(folder: str) -> Settings:
        return msgspec.structs.replace(configurations.of(folder), force_exclude=True)

    return not Discovery(forced).find([path], os.path.dirname(path))


class _Places:
    """URIs and positions of any file of a run, under its shown or its absolute path."""

    def __init__(self, job: Job, outcome: Outcome) -> None:
        self._documents = {each.path: each for each in job.documents}
        self._encoding = job.encoding
        self._outcome = outcome
        self._known: dict[str, Positions] = {}

    def of(self, path: str, lines: Lines | None = None) -> Positions:
        if path not in self._known:
            document = self._documents.get(path)
            found = Lines(document.text.removeprefix("\ufeff")) if document is not None else lines
            self._known[path] = Positions(found or Lines(""), self._encoding)
        return self._known[path]

    def location(self, related: Related) -> types.Location:
        source = self._outcome.project.at_path(related.path)
        absolute = source.absolute if source is not None else os.path.abspath(related.path)
        document = self._documents.get(absolute)
        uri = document.uri if document is not None else as_uri(absolute)
        positions = self.of(absolute, source.lines if source is not None and document is None else None)
        span = (related.line, related.column, related.end_line, related.end_column)
        return types.Location(uri, positions.range(*span))


def as_uri(path: str) -> str:
    """Return the URI of an absolute path."""
    return Path(path).as_uri()


def _diagnostic(finding: Finding, positions: Positions, places: _Places) -> types.Diagnostic:
    related = [types.DiagnosticRelatedInformation(places.location(each), each.message) for each in finding.related]
    return types.Diagnostic(
        range=positions.range(finding.line, finding.column, finding.end_line, finding.end_column),
        message=f"{finding.message}\n{finding.help}" if finding.help else finding.message,
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(finding.url) if finding.url else None,
        source="statelint",
        tags=[types.DiagnosticTag.Unnecessary] if finding.code in _UNNECESSARY else None,
        related_information=related or None,
        data={"fingerprint": finding.fingerprint, "confidence": finding.confidence.value},
    )


def fitted(diagnostics: Sequence[types.Diagnostic], capabilities: types.ClientCapabilities) -> list[types.Diagnostic]:
    """Leave out of diagnostics what the client does not know."""
    text = capabilities.text_document
    known = (text and text.publish_diagnostics) or types.PublishDiagnosticsClientCapabilities()
    return [
        attrs.evolve(
            each,
            related_information=each.related_information if known.related_information else None,
            code_description=each.code_description if known.code_description_support else None,
            tags=each.tags if known.tag_support else None,
        )
        for each in diagnostics
    ]
