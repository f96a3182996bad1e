"""From drafts to findings: columns, names, links, severities, fixes and fingerprints."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

from statelint import catalogue, fixes
from statelint.findings import Draft, Finding, Related, Span
from statelint.source import SourceFile

if TYPE_CHECKING:
    from statelint.engine.project import Project
    from statelint.engine.selection import RuleChoice

_SPACE = re.compile(r"\s+")
_TRAILING_COMMA = re.compile(r",([)\]}])")


def place(finding: Finding) -> tuple[str, int, int, int, int, str, str]:
    """Return what findings are sorted by."""
    ends = (finding.end_line, finding.end_column)
    return (finding.path, finding.line, finding.column, *ends, finding.code, finding.message)


def describe(
    draft: Draft, file: SourceFile, project: Project, choice: RuleChoice, counts: Counter[tuple[str, str, str]]
) -> Finding:
    """Make the finding of a draft. ``counts`` numbers equal statements of one function, file by file."""
    line, column, end_line, end_column = columns(draft.span, file)
    entry = catalogue.entries().get(draft.code)
    statement = normalised(file, line)
    key = (draft.code, draft.function, statement)
    cell, cell_line = file.locate(line)
    counts[key] += 1
    return Finding(
        code=draft.code,
        name=entry.name if entry else draft.code,
        message=draft.message,
        help=draft.help,
        path=file.path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=choice.severity(draft.code),
        confidence=draft.confidence,
        function=draft.function,
        related=tuple(_related(step.path, step.span, step.message, file, project) for step in draft.steps),
        fix=fixes.propose(draft, file),
        url=entry.url if entry else "",
        fingerprint=_fingerprint(draft, file, statement, counts[key]),
        cell=cell,
        cell_line=cell_line if cell is not None else None,
    )


def columns(span: Span, file: SourceFile) -> tuple[int, int, int, int]:
    """Turn a span into 1-based lines and columns of code points, never empty and never beyond the text."""
    line, start, end_line, end = span
    line = min(max(line, 1), len(file.lines))
    end_line = min(max(end_line, line), len(file.lines))
    column = file.column(line, start)
    end_column = file.column(end_line, end)
    if end_line == line and end_column <= column:
        end_column = column + 1
    return line, column, end_line, end_column


def _related(path: str, span: Span, message: str, file: SourceFile, project: Project) -> Related:
    other = file if path == file.path else project.at_path(path)
    if other is None:
        return Related(path, span[0], span[1] + 1, span[2], span[3] + 1, message)
    return Related(path, *columns(span, other), message)


def normalised(file: SourceFile, line: int) -> str:
    """Return the statement around a line without layout and comments, so that formatting does not change it."""
    first, last = file.comments.statement(line)
    start = file.lines.starts[first - 1]
    end = file.lines.offset(last, 1 << 30)
    text = file.text
    pieces: list[str] = []
    for left, right in file.comments.ranges:
        if start <= left < end:
            pieces.append(text[start:left])
            start = right
    pieces.append(text[start:end])
    return _TRAILING_COMMA.sub(r"\1", _SPACE.sub("", "".join(pieces)).replace("'", '"'))


def _fingerprint(draft: Draft, file: SourceFile, statement: str, occurrence: int) -> str:
    module = file.module.partition("@")[0]
    parts = (draft.code, module, draft.function, statement, str(occurrence))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
