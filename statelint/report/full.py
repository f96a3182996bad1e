"""Each finding with its source: the place, the steps that lead to it in their order, the reason, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from statelint.findings import Applicability, Finding, Fix
from statelint.report._context import ReportContext
from statelint.report._text import place, relative
from statelint.report.terminal.preview import hunks, preview
from statelint.report.terminal.screen import SEVERITY_STYLE, Line, Screen, Span, Style, draw, prose, screen, wrap
from statelint.report.terminal.snippet import Gutter, Snippet, label_rows
from statelint.report.terminal.story import Scene, tell
from statelint.report.terminal.summary import summary

_FILES = 16
"""How many files' lines are kept while their findings are drawn."""

_FLAG = {Applicability.SAFE: "--fix", Applicability.UNSAFE: "--unsafe-fixes", Applicability.DISPLAY: "by hand"}


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return a page for each finding, then the summary."""
    target = screen(context)
    context = msgspec.structs.replace(context, source=lru_cache(_FILES)(context.source))
    rows: list[Line] = []
    for finding in findings:
        rows += _page(finding, context, target)
        rows.append([])
    rows += summary(findings, context, target)
    if findings:
        rows.append([Span(f"More about a rule: statelint rule {target.show(findings[0].code)}", Style.FAINT)])
    return draw(rows, target)


def _page(finding: Finding, context: ReportContext, target: Screen) -> list[Line]:
    scenes = tell(finding, context, target)
    numbers = [scene.number(line, context) for scene in scenes for line in (scene.last, scene.last + 1)]
    gutter = Gutter(max(2, *(len(str(number)) for number in numbers)), target)
    rows: list[Line] = []
    around = 1 if not finding.related else 0
    for index, scene in enumerate(scenes):
        body = _scene(scene, context, gutter, around)
        if body and (index or not scene.own):
            where = f"{relative(scene.path, context)}:{scene.place(context)}"
            rows += [gutter.row([]), gutter.branch(target.glyphs.tee, [Span(target.show(where), Style.STRONG)])]
        elif body:
            rows.append(gutter.row([]))
        rows += body
    rows += _foot(finding, context, gutter)
    joint = target.glyphs.light.top if rows else target.glyphs.light.foot
    return [*_heading(finding, target), *_top(finding, context, gutter, joint), *rows]


def _heading(finding: Finding, target: Screen) -> list[Line]:
    style = SEVERITY_STYLE[finding.severity]
    line = [
        Span(f"{finding.severity.value}[", style),
        Span(target.show(finding.code), style, finding.url),
        Span("] ", style),
        Span(f"{target.show(finding.name)}: ", style),
        *prose(target.show(" ".join(finding.message.split())), Style.STRONG),
    ]
    first, *rest = wrap(line, target.prose, target.prose - 2)
    return [first, *([Span("  "), *row] for row in rest)]


def _top(finding: Finding, context: ReportContext, gutter: Gutter, joint: str) -> list[Line]:
    target = gutter.screen
    line = [Span(target.show(place(finding, context)), Style.STRONG)]
    if finding.function:
        line.append(Span(f" in {target.show(finding.function)}"))
    line.append(Span(f" ({finding.confidence.value})", Style.FAINT))
    first, *rest = wrap(line, target.width - gutter.width - 1)
    return [gutter.branch(joint, first), *(gutter.row([Span(" "), *row]) for row in rest)]


def _scene(scene: Scene, context: ReportContext, gutter: Gutter, around: int) -> list[Line]:
    if scene.lines is not None:
        snippet = Snippet(
            gutter,
            scene.lines,
            scene.marks,
            number=lambda line: scene.number(line, context),
            together=lambda one, other: scene.together(one, other, context),
            around=around,
        )
        if snippet.marks:
            return snippet.rows()
    rows: list[Line] = []
    for mark in scene.marks:
        for label in mark.labels:
            first, *rest = label_rows(label, mark.style, gutter.screen.width - gutter.width)
            rows += [gutter.row(first, scene.number(mark.line, context)), *(gutter.row(row) for row in rest)]
    return rows


def _foot(finding: Finding, context: ReportContext, gutter: Gutter) -> list[Line]:
    """Return what to do: the help, then the change that a fix would make."""
    fix = finding.fix
    glyphs = gutter.screen.glyphs
    rows: list[Line] = []
    if finding.help:
        rows += _advice("help", finding.help, glyphs.tee if fix else glyphs.light.foot, gutter)
    if fix is not None:
        rows += _advice("fix", f"{fix.message} ({_FLAG[fix.applicability]})", glyphs.light.foot, gutter)
        rows += _changes(finding, fix, context, gutter)
    return [gutter.row([]), *rows] if rows else []


def _advice(lead: str, text: str, joint: str, gutter: Gutter) -> list[Line]:
    target = gutter.screen
    head = [Span(f"{lead}: ", Style.GOOD)]
    blank = Span(" " * (len(lead) + 3))
    room = target.prose - gutter.width - 1 - len(blank.text)
    rows: list[Line] = []
    for line in text.strip().split("\n"):
        shown = line.rstrip("\r").expandtabs(4)
        margin = Span(" " * min(len(shown) - len(shown.lstrip()), room // 2))
        for row in wrap(prose(target.show(shown)), room - len(margin.text)):
            rows.append([margin, *row] if margin.text else row)
    first, *rest = rows
    if joint == target.glyphs.light.foot:
        under = [[Span(" " * gutter.width), blank, *row] for row in rest]
    else:
        under = [gutter.row([blank, *row]) for row in rest]
    return [gutter.branch(joint, [*head, *first]), *under]


def _changes(finding: Finding, fix: Fix, context: ReportContext, gutter: Gutter) -> list[Line]:
    lines = context.source(finding.path)
    found = hunks(fix.edits, lines) if lines is not None else None

    def number(line: int) -> int:
        cell = context.cell(finding.path, line)
        return line if cell is None else cell.line

    return preview(found, gutter.digits, number, gutter.screen) if found else []
