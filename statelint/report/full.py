"""Each finding with its source: the place, the steps that lead to it in their order, the reason, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from statelint.findings import Finding
from statelint.report._context import ReportContext
from statelint.report._text import place, relative
from statelint.report.terminal.screen import SEVERITY_STYLE, Line, Screen, Span, Style, draw, prose, screen, wrap
from statelint.report.terminal.snippet import Gutter, Snippet, label_rows
from statelint.report.terminal.story import Scene, tell
from statelint.report.terminal.summary import summary


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return a page for each finding, then the summary."""
    target = screen(context)
    rows: list[Line] = []
    for finding in findings:
        rows += _page(finding, context, target)
        rows.append([])
    rows.append(summary(findings, context, target))
    return draw(rows, target)


def _page(finding: Finding, context: ReportContext, target: Screen) -> list[Line]:
    scenes = tell(finding, context, target)
    gutter = Gutter(
        max(2, *(len(str(_number(scene, line, context))) for scene in scenes for line in _last(scene))), target
    )
    rows = _heading(finding, target)
    rows += _top(finding, context, gutter)
    own = place(finding, context)
    only = len(scenes) == 1
    for index, scene in enumerate(scenes):
        if not only and not (index == 0 and _place(scene, context) == own):
            rows.append(gutter.branch(target.glyphs.tee, [Span(target.show(_place(scene, context)), Style.PATH)]))
        rows += _scene(scene, context, gutter, around=1 if not finding.related else 0)
    return rows + _foot(finding, gutter)


def _last(scene: Scene) -> tuple[int, int]:
    last = max(mark.end_line for mark in scene.marks)
    return last, min(last + 1, len(scene.lines or ()))


def _number(scene: Scene, line: int, context: ReportContext) -> int:
    cell = context.cell(scene.path, line) if scene.cell is not None else None
    return line if cell is None else cell.line


def _place(scene: Scene, context: ReportContext) -> str:
    inside = "" if scene.cell is None else f"cell {scene.cell}:"
    return f"{relative(scene.path, context)}:{inside}{_number(scene, scene.line, context)}:{scene.column}"


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


def _top(finding: Finding, context: ReportContext, gutter: Gutter) -> list[Line]:
    target = gutter.screen
    line = [Span(target.show(place(finding, context)), Style.PATH)]
    if finding.function:
        line.append(Span(f" in {target.show(finding.function)}"))
    line.append(Span(f" ({finding.confidence.value})", Style.FAINT))
    first, *rest = wrap(line, target.width - gutter.width - 1)
    return [gutter.branch(target.glyphs.top, first), *(gutter.row([Span(" "), *row]) for row in rest), gutter.row([])]


def _scene(scene: Scene, context: ReportContext, gutter: Gutter, around: int) -> list[Line]:
    if scene.lines is not None:
        snippet = Snippet(
            gutter,
            scene.lines,
            scene.marks,
            number=lambda line: _number(scene, line, context),
            together=lambda a, b: _cell(scene, a, context) == _cell(scene, b, context),
            around=around,
        )
        if snippet.marks:
            return snippet.rows()
    rows: list[Line] = []
    for mark in scene.marks:
        for label in mark.labels:
            number: int | None = _number(scene, mark.line, context)
            for row in label_rows(label, mark.style, gutter.screen.width - gutter.width):
                rows.append(gutter.row(row, number))
                number = None
    return rows


def _cell(scene: Scene, line: int, context: ReportContext) -> int | None:
    cell = context.cell(scene.path, line)
    return None if cell is None else cell.number


def _foot(finding: Finding, gutter: Gutter) -> list[Line]:
    target = gutter.screen
    rows: list[Line] = [gutter.row([])]
    lead = "help: "
    head = [Span(lead, Style.GOOD)]
    text = finding.help.split("\n") if finding.help else []
    joint = target.glyphs.foot
    for line in text:
        for row in wrap(prose(target.show(line)), target.prose - gutter.width - 1 - len(lead)):
            if head:
                rows.append(gutter.branch(joint, [*head, *row]))
                head = []
            else:
                rows.append([Span(" " * (gutter.width + 1 + len(lead))), *row])
    return rows
