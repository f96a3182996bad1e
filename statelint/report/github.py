"""GitHub Actions workflow commands, which show findings as annotations on a pull request's changes."""

from __future__ import annotations

from collections.abc import Sequence

from statelint.findings import Finding, Severity
from statelint.report._context import ReportContext
from statelint.report._text import place, relative, scalar, story

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice", Severity.HINT: "notice"}


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return a command for each finding."""
    return "".join(_command(finding, context) for finding in findings)


def _command(finding: Finding, context: ReportContext) -> str:
    properties: dict[str, object] = {
        "title": f"statelint ({finding.code} {finding.name})",
        "file": relative(finding.path, context),
    }
    if context.cell(finding.path, finding.line) is None:
        properties |= {"line": finding.line, "endLine": finding.end_line}
        if finding.line == finding.end_line:
            properties |= {"col": finding.column, "endColumn": finding.end_column}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    text = f"{place(finding, context)}: {finding.code} {finding.message}{story(finding, context)}"
    return f"::{_COMMAND[finding.severity]} {listed}::{_data(text)}\n"


def _data(text: str) -> str:
    return scalar(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
