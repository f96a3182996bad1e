"""Marks on source lines: which lines to show for them, which rails multi-line ones take, how a long line is cropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec

from statelint.report.terminal.cells import Ruler
from statelint.report.terminal.screen import Style

_WHOLE = 6
_HEAD, _TAIL = 3, 2
_BRIDGE = 2


class Label(msgspec.Struct, frozen=True):
    """What happens at a mark; ``number`` is its turn in the story, if there are several."""

    text: str
    number: int | None = None

    @property
    def lead(self) -> str:
        """The number as it is written before the text."""
        return "" if self.number is None else f"{self.number}. "


class Mark(msgspec.Struct, frozen=True):
    """A range of source to underline: 1-based lines, 0-based columns, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    style: Style
    primary: bool = False
    labels: tuple[Label, ...] = ()

    @property
    def multiline(self) -> bool:
        """Whether the range goes over several lines."""
        return self.end_line > self.line

    @property
    def turn(self) -> tuple[int, int]:
        """Sorts the marks of a line: one without a label first, then as they happen."""
        numbers = [label.number for label in self.labels if label.number is not None]
        return min(numbers, default=0), self.column


def fit(mark: Mark, lines: Sequence[str]) -> Mark | None:
    """Return the mark within the lines that there are, or ``None`` if it starts after them."""
    if not 1 <= mark.line <= len(lines):
        return None
    end_line, end_column = max(mark.end_line, mark.line), mark.end_column
    if end_line > len(lines):
        end_line, end_column = len(lines), len(lines[-1])
    if end_line > mark.line and not lines[end_line - 1][:end_column].strip():
        end_line -= 1
        end_column = len(lines[end_line - 1])
    return msgspec.structs.replace(mark, end_line=end_line, end_column=end_column)


def shown(marks: Sequence[Mark], lines: Sequence[str], around: int, together: Callable[[int, int], bool]) -> list[int]:
    """Return the numbers of the lines to show: those marked, ``around`` more, and what lies between near ones.

    ``together`` tells whether two lines belong to the same cell of a notebook.
    """
    wanted: set[int] = set()
    for mark in marks:
        span = range(mark.line, mark.end_line + 1)
        wanted.update(span if len(span) <= _WHOLE else [*span[:_HEAD], *span[-_TAIL:]])
        for edge, step in ((mark.line, -1), (mark.end_line, 1)):
            for near in range(edge + step, edge + step * (around + 1), step):
                if not (1 <= near <= len(lines) and lines[near - 1].strip() and together(edge, near)):
                    break
                wanted.add(near)
    numbers = sorted(wanted)
    for left, right in pairwise(numbers):
        if right - left - 1 <= _BRIDGE:
            wanted.update(range(left + 1, right))
    return sorted(wanted)


def rails(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Share out columns left of the source to multi-line marks, so that marks of one column don't overlap."""
    columns: list[list[Mark]] = []
    for mark in sorted((m for m in marks if m.multiline), key=lambda m: (m.line, -m.end_line, m.turn)):
        for column in columns:
            if column[-1].end_line < mark.line:
                column.append(mark)
                break
        else:
            columns.append([mark])
    return columns


class Window(msgspec.Struct, frozen=True):
    """The cells of a line that are shown, and whether an ellipsis stands for what is left out on either side."""

    first: int
    last: int
    before: bool = False
    after: bool = False

    def place(self, cell: int) -> int:
        """Return where a cell of the line comes to stand, from the row's start."""
        return min(max(cell, self.first), self.last) - self.first + self.before


def crop(ruler: Ruler, indent: int, start: int, end: int, room: int) -> Window:
    """Choose the window of at most ``room`` cells that shows the cells from ``start`` to ``end`` best.

    ``indent`` cells at the line's start are not shown in any case.
    """
    extent = max(ruler.width, end)
    if extent - indent <= room:
        return Window(indent, extent)
    if end - indent <= room - 1:
        return Window(indent, indent + room - 1, after=True)
    inner = room - 2
    first = start - (inner - (end - start)) // 2 if end - start <= inner else start - min(4, start - indent)
    if first + inner + 1 >= extent:
        return Window(extent - (room - 1), extent, before=True)
    return Window(first, first + inner, before=True, after=True)


def clusters(spans: Sequence[tuple[int, int]], indent: int, width: int, room: int) -> list[list[int]]:
    """Group the spans of a line, given in cells, so that each group can be shown in one window; indexes, by start."""
    order = sorted(range(len(spans)), key=lambda index: spans[index])
    if width - indent <= room:
        return [order] if order else []
    groups: list[list[int]] = []
    for index in order:
        if groups and spans[index][1] - spans[groups[-1][0]][0] <= room - 2:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups
