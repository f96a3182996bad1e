"""Pylint's parseable format, ``path:line: [CODE(name), function] message``, which many CI servers read."""

from __future__ import annotations

from collections.abc import Sequence

from statelint.findings import Finding
from statelint.report._context import ReportContext
from statelint.report._text import line_for_tools, one_line, relative, scalar, with_cell


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return a line for each finding."""
    return "".join(_row(finding, context) for finding in findings)


def _row(finding: Finding, context: ReportContext) -> str:
    path = one_line(relative(scalar(finding.path), context))
    where = one_line(finding.function)
    inside = f"{one_line(finding.code)}({one_line(finding.name)})" + (f", {where}" if where else "")
    return f"{path}:{line_for_tools(finding, context)}: [{inside}] {one_line(with_cell(finding, context))}\n"
