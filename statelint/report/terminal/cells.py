"""How many cells of a terminal a text takes, and a visible form for what has none."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

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
    joined = False
    before = 0
    for char in text:
        if char == _EMOJI_STYLE:
            total += 2 - before if before == 1 else 0
            before = 0
        elif not joined and not (before == 2 and char in _SKIN_TONES):
            before = char_width(char)
            total += before
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

    ``starts[i]`` is the cell of code point ``i``; the last entry is the line's whole width.
    """

    __slots__ = ("clusters", "starts")

    def __init__(self, line: str, has: Callable[[str], bool]) -> None:
        self.starts: list[int] = []
        self.clusters: list[tuple[int, str]] = []
        cell = 0
        joined = False
        for char in line:
            shown = " " * (TAB - cell % TAB) if char == "\t" else visible_char(char, has)
            width = text_width(shown)
            start, text = self.clusters[-1] if self.clusters else (0, "")
            if text and (width == 0 or joined or char in _SKIN_TONES):
                self.starts.append(start)
                grown = text_width(text + shown) - text_width(text)
                self.clusters[-1] = (start, text + shown)
                cell += grown
            else:
                self.starts.append(cell)
                self.clusters.append((cell, shown))
                cell += width
            joined = shown == _JOINER
        self.starts.append(cell)

    @property
    def width(self) -> int:
        """The cells of the whole line."""
        return self.starts[-1]

    def cell(self, column: int) -> int:
        """Return the cell at which a 0-based column starts, the line's width for columns past its end."""
        return self.starts[min(max(column, 0), len(self.starts) - 1)]

    def cut(self, first: int, last: int) -> str:
        """Return the text of the cells from ``first`` to ``last``, spaces standing for halves of wide characters."""
        parts: list[str] = []
        for index, (start, text) in enumerate(self.clusters):
            end = self.clusters[index + 1][0] if index + 1 < len(self.clusters) else self.width
            if start >= last:
                break
            if end > first:
                whole = start >= first and end <= last
                parts.append(text if whole else " " * (min(end, last) - max(start, first)))
        return "".join(parts)
