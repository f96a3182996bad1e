"""Columns in code points, as findings have them, to and from the units that the client counts in."""

from __future__ import annotations

from lsprotocol import types

from statelint.source.text import Lines


def units(text: str, encoding: str) -> int:
    """Return the length of a text in a client's units (``utf-16``, ``utf-8`` or ``utf-32``)."""
    if text.isascii() or encoding == "utf-32":
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(each > "\uffff" for each in text)


class Positions:
    """Turns places in one text into a client's positions and back."""

    def __init__(self, lines: Lines, encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding

    def position(self, line: int, column: int) -> types.Position:
        """Return the position of a 1-based line and column; what is beyond a line's end is its end."""
        if line > len(self._lines):
            line, column = len(self._lines), 1 << 30
        before = self._lines.line(line)[: max(column - 1, 0)]
        return types.Position(max(line - 1, 0), units(before, self._encoding))

    def range(self, line: int, column: int, end_line: int, end_column: int) -> types.Range:
        """Return the range between two places."""
        return types.Range(self.position(line, column), self.position(end_line, end_column))

    def place(self, position: types.Position) -> tuple[int, int]:
        """Return the 1-based line and column of a position; one inside a character is at its end."""
        line = min(position.line + 1, len(self._lines))
        text = self._lines.line(line)
        if position.line + 1 > len(self._lines):
            return line, len(text) + 1
        if text.isascii():
            return line, min(position.character, len(text)) + 1
        counted = column = 0
        while column < len(text) and counted < position.character:
            counted += units(text[column], self._encoding)
            column += 1
        return line, column + 1


def contains(outer: types.Range, position: types.Position) -> bool:
    """Say whether a position is in a range or at one of its ends."""
    return (
        (outer.start.line, outer.start.character)
        <= (position.line, position.character)
        <= (outer.end.line, outer.end.character)
    )


def overlap(one: types.Range, other: types.Range) -> bool:
    """Say whether two ranges touch."""
    return contains(one, other.start) or contains(other, one.start)
