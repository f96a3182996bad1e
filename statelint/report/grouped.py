"""Findings under the name of their file, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from statelint.findings import Finding
from statelint.report._context import ReportContext
from statelint.report._text import relative
from statelint.report.terminal.cells import text_width
from statelint.report.terminal.screen import SEVERITY_STYLE, Line, Screen, Span, Style, draw, prose, screen, wrap
from statelint.report.terminal.summary import summary

_ROOMY = 30


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return a block for each file, then the summary."""
    target = screen(context)
    rows: list[Line] = []
    for path, group in groupby(findings, key=lambda finding: finding.path):
        rows.append([Span(target.show(relative(path, context)), Style.STRONG)])
        rows += _block(list(group), context, target)
        rows.append([])
    return draw([*rows, *summary(findings, context, target)], target)


def _block(findings: list[Finding], context: ReportContext, target: Screen) -> list[Line]:
    places = [_place(finding, context) for finding in findings]
    wide = max(len(place) for place in places)
    code = max(text_width(target.show(finding.code)) for finding in findings)
    rows: list[Line] = []
    for place, finding in zip(places, findings, strict=True):
        shown = target.show(finding.code)
        lead = [
            Span(f"  {place:>{wide}}  ", Style.FAINT),
            Span(shown, SEVERITY_STYLE[finding.severity], finding.url),
            Span(" " * (code - text_width(shown) + 2)),
        ]
        margin = wide + code + 6
        text = [
            Span(f"{target.show(finding.name)}: "),
            *prose(target.show(" ".join(finding.message.split()))),
            Span(f" [{finding.confidence.value}]", Style.FAINT),
        ]
        if target.width - margin < _ROOMY:
            margin = 6
            rows += [lead, *([Span(" " * margin), *row] for row in wrap(text, target.width - margin))]
        else:
            first, *rest = wrap(text, target.width - margin)
            rows += [[*lead, *first], *([Span(" " * margin), *row] for row in rest)]
    return rows


def _place(finding: Finding, context: ReportContext) -> str:
    cell = context.cell(finding.path, finding.line)
    if cell is None:
        return f"{finding.line}:{finding.column}"
    return f"cell {cell.number}:{cell.line}:{finding.column}"
