"""One JSON array of findings, as ``findings.schema.json`` in this package describes it."""

from __future__ import annotations

from collections.abc import Sequence

from statelint.findings import Finding
from statelint.report._context import ReportContext
from statelint.report._text import encode_each


def render(findings: Sequence[Finding], _context: ReportContext) -> str:
    """Return an array with a finding on each of its lines, so that two runs can be compared line by line."""
    if not findings:
        return "[]\n"
    return "[\n" + ",\n".join(encode_each(findings)) + "\n]\n"
