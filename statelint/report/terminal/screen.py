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


class Style(enum.Enum):
    """What a piece of text is for; its value is the ANSI code that shows it."""

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    PATH = "1"
    FRAME = "34"
    STEP = "36"
    STEP_NUMBER = "1;36"
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


class Glyphs(msgspec.Struct, frozen=True):
    """The characters that frames, underlines and elisions are drawn with, each one cell wide."""

    bar: str = "│"
    top: str = "╭"
    tee: str = "├"
    foot: str = "╰"
    rise: str = "╯"
    dash: str = "─"
    under: str = "─"
    primary: str = "━"
    gap: str = "┆"
    ellipsis: str = "…"
    dot: str = "·"
    done: str = "✓"


_ASCII = Glyphs(
    bar="|",
    top=",",
    tee="|",
    foot="`",
    rise="'",
    dash="-",
    under="-",
    primary="^",
    gap=":",
    ellipsis="~",
    dot="-",
    done="*",
)


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
    unicode = has("".join(getattr(Glyphs(), name) for name in Glyphs.__struct_fields__))
    return Screen(
        width=max(context.width, NARROWEST),
        color=context.color,
        hyperlinks=context.hyperlinks,
        glyphs=Glyphs() if unicode else _ASCII,
        has=has,
    )


class Span(msgspec.Struct, frozen=True):
    """A piece of text in one style, perhaps a link."""

    text: str
    style: Style = Style.PLAIN
    link: str = ""


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
    spans = list(line)
    while spans and not spans[-1].text.rstrip():
        spans.pop()
    if spans:
        spans[-1] = msgspec.structs.replace(spans[-1], text=spans[-1].text.rstrip())
    parts: list[str] = []
    for span in spans:
        text = span.text
        if screen.color and span.style.value and text.strip():
            text = f"\x1b[{span.style.value}m{text}\x1b[0m"
        if screen.hyperlinks and span.link:
            text = f"\x1b]8;;{span.link}\x1b\\{text}\x1b]8;;\x1b\\"
        parts.append(text)
    return "".join(parts)


_QUOTED = re.compile(r"(`[^`\n]+`)")


def prose(text: str, style: Style = Style.PLAIN, name: Style = Style.NAME) -> Line:
    """Return a sentence as spans, the names that it quotes in backticks in a style of their own."""
    return [Span(part, name if index % 2 else style) for index, part in enumerate(_QUOTED.split(text)) if part]


def wrap(line: Line, first: int, rest: int | None = None) -> list[Line]:
    """Break a row between words into rows of at most ``first`` cells, then ``rest``; longer words stay whole."""
    rows: list[Line] = [[]]
    room = first
    used = 0
    for words in _words(line):
        size = width_of(words)
        blank = 1 if rows[-1] else 0
        if rows[-1] and used + blank + size > room:
            rows.append([])
            room = first if rest is None else rest
            used, blank = 0, 0
        if blank:
            rows[-1].append(Span(" ", rows[-1][-1].style if rows[-1][-1].style == words[0].style else Style.PLAIN))
        rows[-1].extend(words)
        used += blank + size
    return rows


def _words(line: Line) -> list[Line]:
    words: list[Line] = [[]]
    for span in line:
        for index, piece in enumerate(re.split(r"\s+", span.text)):
            if index:
                words.append([])
            if piece:
                words[-1].append(Span(piece, span.style, span.link))
    return [word for word in words if word]
