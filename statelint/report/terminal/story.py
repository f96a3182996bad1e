"""A finding's reason chain, shared out over the files and notebook cells in which it happens."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from statelint.findings import Finding, Related
from statelint.report._context import ReportContext
from statelint.report.terminal.marks import Label, Mark
from statelint.report.terminal.screen import SEVERITY_STYLE, Screen, Style


class Scene(msgspec.Struct, frozen=True):
    """The marks of one file, or of one cell of a notebook; ``line`` and ``column`` are its first in the story."""

    path: str
    cell: int | None
    line: int
    column: int
    marks: tuple[Mark, ...]
    lines: Sequence[str] | None


def tell(finding: Finding, context: ReportContext, screen: Screen) -> list[Scene]:
    """Return the scenes of a finding in the order in which they happen; the finding's own place is in one of them."""
    severity = SEVERITY_STYLE[finding.severity]
    steps: list[Finding | Related] = list(finding.related)
    own = _range(finding)
    if own not in [_range(step) for step in steps]:
        steps.append(finding)
    marks: dict[tuple[str, int | None], dict[tuple[int, int, int, int], Mark]] = {}
    for turn, step in enumerate(steps, start=1):
        primary = _range(step) == own
        labels: tuple[Label, ...] = ()
        if isinstance(step, Related):
            labels = (Label(screen.show(" ".join(step.message.split())), turn if len(finding.related) > 1 else None),)
        cell = context.cell(step.path, step.line)
        scene = marks.setdefault((step.path, None if cell is None else cell.number), {})
        place = _range(step)[1:]
        if place in scene:
            scene[place] = msgspec.structs.replace(scene[place], labels=scene[place].labels + labels)
        else:
            scene[place] = Mark(
                line=step.line,
                column=max(step.column - 1, 0),
                end_line=max(step.end_line, step.line),
                end_column=max(step.end_column - 1, 0),
                style=severity if primary else Style.STEP,
                primary=primary,
                labels=labels,
            )
    scenes = []
    for (path, number), found in marks.items():
        first = next(iter(found.values()))
        lines = context.source(path)
        scenes.append(Scene(path, number, first.line, first.column + 1, tuple(found.values()), lines))
    return scenes


def _range(step: Finding | Related) -> tuple[str, int, int, int, int]:
    return step.path, step.line, step.column, step.end_line, step.end_column
