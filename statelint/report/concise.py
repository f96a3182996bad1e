"""One line for each finding: ``path:line:column: CODE name: message [confidence]``."""

from __future__ import annotations

from collections.abc import Sequence

from statelint.findings import Finding
from statelint.report._context import ReportContext
from statelint.report._text import place
from statelint.report.terminal.screen import SEVERITY_STYLE, Line, Screen, Span, Style, draw, prose, screen
from statelint.report.terminal.summary import sentences


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return a line for each finding, then the summary on one line; nothing is wrapped."""
    target = screen(context)
    rows = [_row(finding, context, target) for finding in findings]
    closing = [span for sentence in sentences(findings, context, target) for span in (Span(" "), *sentence)]
    return draw([*rows, closing[1:]], target)


def _row(finding: Finding, context: ReportContext, target: Screen) -> Line:
    return [
        Span(target.show(place(finding, context)), Style.STRONG),
        Span(": ", Style.FAINT),
        Span(target.show(finding.code), SEVERITY_STYLE[finding.severity], finding.url),
        Span(f" {target.show(finding.name)}: "),
        *prose(target.show(finding.message)),
        Span(f" [{finding.confidence.value}]", Style.FAINT),
    ]
