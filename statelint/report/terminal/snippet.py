"""Source lines with their numbers, underlined places and labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec

from statelint.report.terminal.cells import Ruler, text_width
from statelint.report.terminal.marks import Label, Mark, Window, clusters, crop, fit, rails, shown
from statelint.report.terminal.screen import Line, Pen, Screen, Span, Style, prose, width_of, wrap

_ROOMY = 26


class Gutter(msgspec.Struct, frozen=True):
    """The column of line numbers, ``digits`` wide, and the bar that runs down a finding."""

    digits: int
    screen: Screen

    @property
    def width(self) -> int:
        """The cells left of the source."""
        return self.digits + 3

    def row(self, spans: Line, number: int | None = None) -> Line:
        """Return a row behind the bar, with a line number or without."""
        head = "" if number is None else str(number)
        return [Span(f"{head:>{self.digits}} {self.screen.glyphs.light.bar} ", Style.FAINT), *spans]

    def branch(self, joint: str, spans: Line) -> Line:
        """Return a row that branches off the bar with the given drawing."""
        return [Span(f"{'':{self.digits}} {joint}{self.screen.glyphs.light.dash} ", Style.FAINT), *spans]

    def gap(self) -> Line:
        """Return the row that stands for lines left out."""
        return [Span(f"{'':{self.digits}} {self.screen.glyphs.gap} ", Style.FAINT)]


class Snippet:
    """The part of one file, or of one cell of a notebook, that a finding shows.

    ``number`` gives the number to print for a line, ``together`` tells whether two lines are in the same cell, and
    ``around`` is how many more lines to show above and below each mark.
    """

    def __init__(
        self,
        gutter: Gutter,
        lines: Sequence[str],
        marks: Sequence[Mark],
        number: Callable[[int], int],
        together: Callable[[int, int], bool],
        around: int,
    ) -> None:
        self.gutter = gutter
        self.screen = gutter.screen
        self.number = number
        self.marks = [fitted for mark in marks if (fitted := fit(mark, lines)) is not None]
        self.numbers = shown(self.marks, lines, around, together)
        self.rulers = {n: Ruler(lines[n - 1].rstrip(), self.screen.has) for n in self.numbers}
        self.rails = rails(self.marks)
        self.running: dict[int, Mark] = {}
        self.room = self.screen.width - gutter.width - 2 * len(self.rails)
        self.indent = min((ruler.indent for ruler in self.rulers.values() if ruler.width), default=0)

    def rows(self) -> list[Line]:
        """Return the annotated source."""
        rows: list[Line] = []
        before = self.numbers[0] if self.numbers else 0
        for number in self.numbers:
            if number > before + 1:
                rows.append([*self.gutter.gap(), *self._rails()])
            rows += self._line(number)
            before = number
        return rows

    def _line(self, number: int) -> list[Line]:
        ruler = self.rulers[number]
        here = sorted((m for m in self.marks if m.line == number and not m.multiline), key=lambda m: m.turn)
        spans = [_cells(mark, ruler) for mark in here]
        opening = {i: m for i, column in enumerate(self.rails) for m in column if m.line == number}
        low = {i: m for i, m in opening.items() if ruler.cell(m.column) > ruler.indent}
        rows: list[Line] = []
        for group in clusters(spans, self.indent, ruler.width, self.room) or [[]]:
            edge = min((ruler.cell(mark.column) for mark in low.values()), default=self.indent)
            start = min((spans[i][0] for i in group), default=edge)
            end = max((spans[i][1] for i in group), default=start)
            window = crop(ruler, self.indent, start, end, self.room)
            rail = self._rails({i: m for i, m in opening.items() if i not in low})
            source = self._source(ruler, window, [(*spans[i], here[i]) for i in group])
            rows.append(self.gutter.row([*rail, *source], self.number(number)))
            self.running.update((i, m) for i, m in opening.items() if i not in low)
            for i in sorted(group):
                rows += self._underline(here[i], spans[i], window)
            opening = low
        for column, mark in low.items():
            rows.append(self._open(column, mark, window.place(ruler.cell(mark.column))))
        for column in [i for i, m in self.running.items() if m.end_line == number]:
            rows += self._close(column)
        return rows

    def _source(self, ruler: Ruler, window: Window, marked: list[tuple[int, int, Mark]]) -> Line:
        cuts = {window.first, min(window.last, ruler.width)}
        for start, end, _ in marked:
            cuts.update(cell for cell in (start, end) if window.first < cell < min(window.last, ruler.width))
        edges = sorted(cuts)
        ellipsis = Span(self.screen.glyphs.ellipsis, Style.FAINT)
        line: Line = [ellipsis] if window.before else []
        for first, last in pairwise(edges):
            inside = any(mark.primary and start <= first and last <= end for start, end, mark in marked)
            line.append(Span(ruler.cut(first, last), Style.STRONG if inside else Style.PLAIN))
        return [*line, ellipsis] if window.after else line

    def _underline(self, mark: Mark, span: tuple[int, int], window: Window) -> list[Line]:
        start = window.place(span[0])
        end = max(window.place(span[1]) + (window.after and span[1] > window.last), start + 1)
        drawn = [Span(" " * start), Span(self._pen(mark).dash * (end - start), mark.style)]
        return [self.gutter.row([*self._rails(), *row]) for row in self._beside(drawn, start, end, mark)]

    def _beside(self, drawn: Line, start: int, end: int, mark: Mark) -> list[Line]:
        """Put a mark's labels right of its drawing if they fit there, else below it."""
        free = self.room - end - 1
        if not mark.labels:
            return [drawn]
        longest = max(text_width(label.lead + label.text) for label in mark.labels)
        word = 0
        if longest > free:
            word = max(width_of(row) for label in mark.labels for row in label_rows(label, mark.style, 1))
        if longest <= free or free >= max(_ROOMY, word):
            at, rows = end + 1, []
        else:
            need = min(longest, self.room) if longest <= _ROOMY else max(_ROOMY, word)
            at, rows = max(0, min(start, self.room - need)), [drawn]
        for label in mark.labels:
            for row in label_rows(label, mark.style, self.room - at):
                if at == end + 1 and not rows:
                    rows.append([*drawn, Span(" "), *row])
                else:
                    rows.append([Span(" " * at), *row])
        return rows

    def _pen(self, mark: Mark) -> Pen:
        return self.screen.glyphs.heavy if mark.primary else self.screen.glyphs.light

    def _rails(self, opening: dict[int, Mark] | None = None) -> Line:
        line: Line = []
        for column in range(len(self.rails)):
            if opening and column in opening:
                mark = opening[column]
                line.append(Span(self._pen(mark).top + " ", mark.style))
            elif column in self.running:
                mark = self.running[column]
                line.append(Span(self._pen(mark).bar + " ", mark.style))
            else:
                line.append(Span("  "))
        return line

    def _open(self, column: int, mark: Mark, cell: int) -> Line:
        """Return the row that leads from a range's start, at a cell inside a line, to its rail."""
        pen = self._pen(mark)
        run = pen.dash * (2 * (len(self.rails) - column) - 1 + min(cell, self.room - 1))
        line = [*self._rails()[:column], Span(pen.top + run + pen.rise, mark.style)]
        self.running[column] = mark
        return self.gutter.row(line)

    def _close(self, column: int) -> list[Line]:
        """Return the rows that end a rail, with its labels."""
        mark = self.running.pop(column)
        before = self._rails()[:column]
        lead = self._pen(mark).foot + self._pen(mark).dash * (2 * (len(self.rails) - column) - 1)
        rows = self._beside([Span(lead, mark.style)], 0, 0, mark)
        rest = [*before, Span(" " * len(lead))]
        first, *more = rows
        return [self.gutter.row([*before, *first]), *(self.gutter.row([*rest, *row]) for row in more)]


def label_rows(label: Label, style: Style, room: int) -> list[Line]:
    """Return a label wrapped to the room, its number hanging."""
    lead = len(label.lead)
    first, *rest = wrap(prose(label.text, style, style), max(1, room - lead))
    return [[Span(label.lead, style), *first], *([Span(" " * lead), *row] for row in rest)]


def _cells(mark: Mark, ruler: Ruler) -> tuple[int, int]:
    start = ruler.cell(mark.column)
    return start, max(ruler.cell(mark.end_column), start + 1)
