"""GitLab's code quality report: an array of issues, each with a fingerprint that no other has."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import msgspec

from statelint.findings import Finding, Severity
from statelint.report._context import ReportContext
from statelint.report._text import line_for_tools, relative, scalar, with_cell

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "minor", Severity.HINT: "info"}


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return the report as one JSON array."""
    seen: Counter[str] = Counter()
    issues = []
    for finding in findings:
        mark = _fingerprint(finding, context)
        seen[mark] += 1
        if seen[mark] > 1:
            mark = _digest(mark, str(seen[mark]))
        issues.append(_issue(finding, mark, context))
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"


def _issue(finding: Finding, fingerprint: str, context: ReportContext) -> dict[str, object]:
    line = line_for_tools(finding, context)
    plain = context.cell(finding.path, finding.line) is None
    begin, end = {"line": line, "column": finding.column}, {"line": finding.end_line, "column": finding.end_column}
    positions = {"positions": {"begin": begin, "end": end}} if plain else {"lines": {"begin": line, "end": line}}
    return {
        "description": scalar(f"{finding.code} {finding.name}: {with_cell(finding, context)}"),
        "check_name": scalar(finding.code),
        "fingerprint": fingerprint,
        "severity": _SEVERITY[finding.severity],
        "location": {"path": scalar(relative(finding.path, context)), **positions},
    }


def _fingerprint(finding: Finding, context: ReportContext) -> str:
    path = relative(finding.path, context)
    return scalar(finding.fingerprint) or _digest(path, finding.code, finding.function, finding.message)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
