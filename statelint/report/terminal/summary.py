"""The line that ends a report for people: how many problems, how sure, in how many files, what can be fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from statelint.findings import Confidence, Finding
from statelint.report._context import ReportContext
from statelint.report.terminal.screen import Line, Screen, Span, Style, wrap


def summary(findings: Sequence[Finding], context: ReportContext, screen: Screen) -> list[Line]:
    """Return the closing sentences of a report, wrapped to the screen."""
    files = f" in {_count(context.files, 'file')}." if context.files else "."
    if not findings:
        return [[Span(screen.glyphs.done, Style.GOOD), Span(f" No problems found{files}")]]
    sure = Counter(finding.confidence for finding in findings)
    by_confidence = ", ".join(f"{sure[c]} {c.value}" for c in Confidence if sure[c])
    line = [Span("Found "), Span(_count(len(findings), "problem"), Style.STRONG), Span(f" ({by_confidence}){files}")]
    if context.fixable:
        line += [Span(f" {context.fixable} fixable with "), Span("--fix", Style.STRONG), Span(".")]
    if context.fixable_unsafely:
        more = "more" if context.fixable else "fixable"
        line += [Span(f" {context.fixable_unsafely} {more} with "), Span("--unsafe-fixes", Style.STRONG), Span(".")]
    return wrap(line, screen.width)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
