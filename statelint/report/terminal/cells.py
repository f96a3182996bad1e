"""How many cells of a terminal a text takes, and a visible form for what has none."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

TAB = 4
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def char_width(char: str) -> int:
    """Return 2 for wide East Asian characters and emoji, 0 for combining and format characters, 1 otherwise."""
    if char < "\u0300":
        return 1
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    if unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
        return 0
    return 1


def text_width(text: str) -> int:
    """Return the cells that a text takes; combining sequences and joined emoji count once."""
    if text.isascii():
        return len(text)
    total = 0
    base = 0
    joined = False
    for char in text:
        if char == _EMOJI_STYLE and base == 1:
            base = 2
            total += 1
        elif not joined and not (base == 2 and char in _SKIN_TONES):
            width = char_width(char)
            if width:
                base = width
                total += width
        joined = char == _JOINER
    return total


def encodable(encoding: str) -> Callable[[str], bool]:
    """Return a test of whether an output encoding has a text; an unknown encoding has ASCII."""
    try:
        "".encode(encoding)
    except LookupError:
        encoding = "ascii"

    def test(text: str) -> bool:
        try:
            text.encode(encoding)
        except UnicodeError:
            return False
        return True

    return test


def visible(text: str, has: Callable[[str], bool]) -> str:
    """Return the text with control, direction and undecodable characters, and those the output lacks, escaped.

    So no text of the user's can move the cursor, change colours or reorder a line.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(visible_char(char, has) for char in text)


def visible_char(char: str, has: Callable[[str], bool]) -> str:
    """Return one character as `visible` shows it."""
    code = ord(char)
    if char.isprintable() or char == _JOINER or unicodedata.category(char) == "Zs":
        if has(char):
            return char
    elif code < 0x20 or code == 0x7F:
        picture = chr(0x2400 + code) if code < 0x20 else "\u2421"
        return picture if has(picture) else f"\\x{code:02x}"
    elif 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


class Ruler:
    """A source line laid out in cells: its text as shown, and where each of its code points starts.

    ``starts[i]`` is the cell of code point ``i``; the last entry is the line's whole width. Code points that share
    cells, as a letter and its accents do, form a cluster.
    """

    __slots__ = ("_clusters", "_pieces", "starts", "width")

    def __init__(self, line: str, has: Callable[[str], bool]) -> None:
        self.starts: Sequence[int]
        if line.isascii() and line.isprintable():
            self.starts = range(len(line) + 1)
            self.width = len(line)
            self._pieces: Sequence[str] = line
            self._clusters: Sequence[int] = self.starts
            return
        starts: list[int] = []
        pieces: list[str] = []
        clusters: list[int] = []
        cell = 0
        base = 0
        joined = False
        for index, char in enumerate(line):
            shown = " " * (TAB - cell % TAB) if char == "\t" else visible_char(char, has)
            width = text_width(shown)
            if clusters and (width == 0 or joined or (char in _SKIN_TONES and base == 2)):
                starts.append(starts[clusters[-1]])
                if shown == _EMOJI_STYLE and base == 1:
                    base = 2
                    cell += 1
            else:
                starts.append(cell)
                clusters.append(index)
                cell += width
                base = width
            pieces.append(shown)
            joined = shown == _JOINER
        self.starts = [*starts, cell]
        self.width = cell
        self._pieces = pieces
        self._clusters = [*clusters, len(pieces)]

    @property
    def indent(self) -> int:
        """The cell of the first character that is no space."""
        for cell, piece in zip(self.starts, self._pieces, strict=False):
            if not piece.isspace():
                return cell
        return self.width

    def cell(self, column: int) -> int:
        """Return the cell at which a 0-based column starts, the line's width for columns past its end."""
        return self.starts[min(max(column, 0), len(self.starts) - 1)]

    def cut(self, first: int, last: int) -> str:
        """Return the text of the cells from ``first`` to ``last``, spaces standing for halves of wide characters."""
        if self._clusters is self.starts:
            return "".join(self._pieces[first : max(first, last)])
        parts: list[str] = []
        for begin, after in pairwise(self._clusters):
            start, end = self.starts[begin], self.starts[after]
            if start >= last:
                break
            if start >= first and end <= last:
                parts += self._pieces[begin:after]
            elif end > first:
                parts.append(" " * (min(end, last) - max(start, first)))
        return "".join(parts)
