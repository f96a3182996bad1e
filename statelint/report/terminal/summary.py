"""What ends a report for people: how many problems, how sure, in how many files, what can be fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from statelint.findings import Confidence, Finding
from statelint.report._context import ReportContext
from statelint.report.terminal.screen import Line, Screen, Span, Style, width_of, wrap


def summary(findings: Sequence[Finding], context: ReportContext, screen: Screen) -> list[Line]:
    """Return the closing sentences of a report, on as few rows as the screen needs."""
    rows: list[Line] = [[]]
    for sentence in sentences(findings, context, screen):
        if rows[-1] and width_of(rows[-1]) + 1 + width_of(sentence) > screen.width:
            rows.append([])
        rows[-1] += [Span(" "), *sentence] if rows[-1] else sentence
    return [part for row in rows for part in wrap(row, screen.width)]


def sentences(findings: Sequence[Finding], context: ReportContext, screen: Screen) -> list[Line]:
    """Return how many problems were found, then what can be done about them."""
    files = f" in {_count(context.files, 'file')}." if context.files else "."
    if not findings:
        return [[Span(screen.glyphs.done, Style.GOOD), Span(f" No problems found{files}")]]
    sure = Counter(finding.confidence for finding in findings)
    by_confidence = ", ".join(f"{sure[c]} {c.value}" for c in Confidence if sure[c])
    count = Span(_count(len(findings), "problem"), Style.STRONG)
    said: list[Line] = [[Span("Found "), count, Span(f" ({by_confidence}){files}")]]
    if context.fixable:
        said.append([Span(f"{context.fixable} fixable with "), Span("--fix", Style.STRONG), Span(".")])
    if context.fixable_unsafely:
        more = "more" if context.fixable else "fixable"
        lead = Span(f"{context.fixable_unsafely} {more} with ")
        said.append([lead, Span("--unsafe-fixes", Style.STRONG), Span(".")])
    return said


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
