"""A finding's reason chain, shared out over the files and notebook cells in which it happens."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from statelint.findings import Finding, Related
from statelint.report._context import ReportContext
from statelint.report.terminal.marks import Label, Mark
from statelint.report.terminal.screen import SEVERITY_STYLE, Screen, Style


class Scene(msgspec.Struct, frozen=True):
    """The marks of one file, or of one cell of a notebook, in their order; ``own`` if the finding's place is here."""

    path: str
    cell: int | None
    own: bool
    marks: tuple[Mark, ...]
    lines: Sequence[str] | None

    @property
    def last(self) -> int:
        """The last line with a mark."""
        return max(mark.end_line for mark in self.marks)

    def number(self, line: int, context: ReportContext) -> int:
        """Return a line's number as its reader counts it."""
        cell = context.cell(self.path, line) if self.cell is not None else None
        return line if cell is None else cell.line

    def together(self, one: int, other: int, context: ReportContext) -> bool:
        """Tell whether two lines belong to the same cell, or the file has none."""
        if self.cell is None:
            return True
        cells = [context.cell(self.path, line) for line in (one, other)]
        return len({cell and cell.number for cell in cells}) == 1

    def place(self, context: ReportContext) -> str:
        """Return ``line:column`` of what happens first here, after the cell."""
        inside = "" if self.cell is None else f"cell {self.cell}:"
        return f"{inside}{self.number(self.marks[0].line, context)}:{self.marks[0].column + 1}"


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
    return [
        Scene(path, number, any(mark.primary for mark in found.values()), tuple(found.values()), context.source(path))
        for (path, number), found in marks.items()
    ]


def _range(step: Finding | Related) -> tuple[str, int, int, int, int]:
    return step.path, step.line, step.column, step.end_line, step.end_column
