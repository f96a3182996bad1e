"""One JSON object a line: the records of the ``json`` format, for tools that read a stream."""

from __future__ import annotations

from collections.abc import Sequence

from statelint.findings import Finding
from statelint.report._context import ReportContext
from statelint.report._text import encode_each


def render(findings: Sequence[Finding], _context: ReportContext) -> str:
    """Return each finding as one line of JSON, and nothing for none."""
    return "".join([f"{line}\n" for line in encode_each(findings)])
