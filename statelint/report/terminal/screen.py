"""The terminal as far as it is known, and rows of styled text on it."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable

import msgspec

from statelint.findings import Severity
from statelint.report._context import ReportContext
from statelint.report.terminal.cells import encodable, text_width, visible

NARROWEST = 40
_WIDEST_PROSE = 100


class Style(enum.StrEnum):
    """What a piece of text is for; its value is the ANSI code that shows it."""

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    STEP = "94"
    NAME = "1;36"
    ERROR = "1;31"
    WARNING = "1;33"
    INFO = "1;34"
    HINT = "1;35"
    GOOD = "1;32"
    ADDED = "32"
    REMOVED = "31"


SEVERITY_STYLE = {
    Severity.ERROR: Style.ERROR,
    Severity.WARNING: Style.WARNING,
    Severity.INFO: Style.INFO,
    Severity.HINT: Style.HINT,
}


class Pen(msgspec.Struct, frozen=True):
    """The strokes of underlines and frames, each one cell wide."""

    bar: str
    dash: str
    top: str
    foot: str
    rise: str


class Glyphs(msgspec.Struct, frozen=True):
    """The characters to draw with: one pen for the frame and the steps, one for the place of the finding itself."""

    light: Pen
    heavy: Pen
    tee: str
    gap: str
    ellipsis: str
    done: str


UNICODE = Glyphs(Pen("│", "─", "╭", "╰", "╯"), Pen("┃", "━", "┏", "┗", "┛"), tee="├", gap="┆", ellipsis="…", done="✓")
ASCII = Glyphs(Pen("|", "-", ",", "`", "'"), Pen("|", "^", "|", "|", "^"), tee="|", gap=":", ellipsis="~", done="*")


class Screen(msgspec.Struct, frozen=True):
    """A terminal's width, drawing characters and abilities."""

    width: int
    color: bool
    hyperlinks: bool
    glyphs: Glyphs
    has: Callable[[str], bool]

    @property
    def prose(self) -> int:
        """The width to wrap sentences at: long lines are hard to read."""
        return min(self.width, _WIDEST_PROSE)

    def show(self, text: str) -> str:
        """Return a text of the user's as it may safely be printed here."""
        return visible(text, self.has)


def screen(context: ReportContext) -> Screen:
    """Return the screen that a run's context tells of."""
    has = encodable(context.encoding)
    needed = (*msgspec.structs.astuple(UNICODE.light), *msgspec.structs.astuple(UNICODE.heavy), "├┆…✓")
    return Screen(
        width=max(context.width, NARROWEST),
        color=context.color,
        hyperlinks=context.hyperlinks,
        glyphs=UNICODE if has("".join(needed)) else ASCII,
        has=has,
    )


class Span(msgspec.Struct, frozen=True):
    """A piece of text in one style, perhaps a link; a ``whole`` one is kept on one row if a row can hold it."""

    text: str
    style: Style = Style.PLAIN
    link: str = ""
    whole: bool = False


Line = list[Span]


def plain(line: Iterable[Span]) -> str:
    """Return a row's text without its styles."""
    return "".join(span.text for span in line)


def width_of(line: Iterable[Span]) -> int:
    """Return the cells that a row takes."""
    return sum(text_width(span.text) for span in line)


def draw(lines: Iterable[Line], screen: Screen) -> str:
    """Return rows as text for the screen, each ending in a newline, without spaces at their ends."""
    if not screen.color and not screen.hyperlinks:
        return "".join(plain(line).rstrip() + "\n" for line in lines)
    return "".join(_draw_line(line, screen) + "\n" for line in lines)


def _draw_line(line: Line, screen: Screen) -> str:
    spans = _joined(line)
    while spans and not spans[-1].text.rstrip():
        spans.pop()
    if spans:
        spans[-1] = msgspec.structs.replace(spans[-1], text=spans[-1].text.rstrip())
    parts: list[str] = []
    for span in spans:
        text = span.text
        if screen.color and span.style.value and text.strip():
            text = f"\x1b[{span.style.value}m{text}\x1b[0m"
        if screen.hyperlinks and span.link.isascii() and span.link.isprintable() and span.link:
            text = f"\x1b]8;;{span.link}\x1b\\{text}\x1b]8;;\x1b\\"
        parts.append(text)
    return "".join(parts)


def _joined(line: Line) -> list[Span]:
    """Join neighbours of one style, so that no codes are wasted on the spaces between words."""
    spans: list[Span] = []
    for index, span in enumerate(line):
        after = line[index + 1] if index + 1 < len(line) else None
        if spans and after is not None and span.text == " " and spans[-1].style == after.style:
            span = Span(" ", after.style)
        if spans and (spans[-1].style, spans[-1].link) == (span.style, span.link):
            spans[-1] = Span(spans[-1].text + span.text, span.style, span.link)
        else:
            spans.append(span)
    return spans


_QUOTED = re.compile(r"(`[^`\n]+`)")


def prose(text: str, style: Style = Style.PLAIN, name: Style = Style.NAME) -> Line:
    """Return a sentence as spans, the names that it quotes in backticks in a style of their own."""
    parts = enumerate(_QUOTED.split(text))
    return [Span(part, name if index % 2 else style, whole=index % 2 == 1) for index, part in parts if part]


def wrap(line: Line, first: int, rest: int | None = None) -> list[Line]:
    """Break a row between words into rows of at most ``first`` cells, then ``rest``; longer words stay whole."""
    text = plain(line)
    if text_width(text) <= first and text == " ".join(text.split()):
        return [line]
    least = first if rest is None else min(first, rest)
    rows: list[Line] = [[]]
    room = first
    used = 0
    for word in _words(line, least):
        size = width_of(word)
        if rows[-1] and used + 1 + size > room:
            rows.append([])
            room = least if rest is None else rest
            used = 0
        if rows[-1]:
            rows[-1].append(Span(" "))
            used += 1
        rows[-1].extend(word)
        used += size
    return rows


def _words(line: Line, room: int) -> list[Line]:
    words: list[Line] = []
    for word in _split(line, keep=True):
        words += _split(word, keep=False) if width_of(word) > room else [word]
    return words


def _split(line: Line, keep: bool) -> list[Line]:
    """Split a row at its spaces, but for those of whole spans if they are to be kept."""
    words: list[Line] = [[]]
    for span in line:
        for index, piece in enumerate([span.text] if keep and span.whole else re.split(r"\s+", span.text)):
            if index:
                words.append([])
            if piece:
                words[-1].append(msgspec.structs.replace(span, text=piece))
    return [word for word in words if word]
