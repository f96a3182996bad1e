"""A boundary for people: one section for each part of ``(y, s') = F(x, s)``, a row for each member."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from statelint.explain.records import (
    CLASSES,
    CONSTANT,
    DIFFERENTIABLE,
    EXTERNAL,
    HIDDEN,
    Boundary,
    Class,
    Member,
    Saved,
)
from statelint.explain.session import Place
from statelint.report.terminal.cells import encodable, text_width
from statelint.report.terminal.screen import (
    ASCII,
    NARROWEST,
    UNICODE,
    Line,
    Screen,
    Span,
    Style,
    draw,
    prose,
    width_of,
    wrap,
)

_STYLE: dict[Class, Style] = {
    DIFFERENTIABLE: Style.GOOD,
    CONSTANT: Style.PLAIN,
    HIDDEN: Style.ERROR,
    EXTERNAL: Style.WARNING,
}
_GLYPHS: dict[Class, str] = {DIFFERENTIABLE: "●", CONSTANT: "○", HIDDEN: "▲", EXTERNAL: "■"}
_PLAIN: dict[Class, str] = {DIFFERENTIABLE: "*", CONSTANT: "-", HIDDEN: "!", EXTERNAL: "#"}
_LEAST_WHY = 26


class _Row(msgspec.Struct, frozen=True):
    """One member as it is drawn."""

    name: str
    class_: Class
    type: str
    why: str
    where: str
    alarm: bool = False


def terminal(width: int, color: bool, encoding: str) -> Screen:
    """The screen that a boundary is drawn on."""
    has = encodable(encoding)
    glyphs = UNICODE if has("│─●○▲■…") else ASCII
    return Screen(width=max(width, NARROWEST), color=color, hyperlinks=False, glyphs=glyphs, has=has)


def render_text(boundary: Boundary, screen: Screen) -> str:
    """The whole boundary."""
    sections = _sections(boundary)
    rows = [row for _, _, members in sections for row in members]
    lines = [*_head(boundary, screen)]
    columns = _columns(rows, screen)
    used: set[Class] = set()
    for symbol, title, members in sections:
        if not members:
            continue
        lines += [[], _title(symbol, title, screen)]
        for row in members:
            used.add(row.class_)
            lines += _wide(row, columns, screen) if columns else _narrow(row, screen)
    silent = [title for symbol, title, members in sections if not members]
    if silent:
        lines += [[], *wrap([Span(f"None: {', '.join(silent)}.", Style.FAINT)], screen.prose)]
    lines += [[], *_legend([each for each in CLASSES if each in used], screen)]
    return draw(lines, screen)


def render_line(boundary: Boundary, screen: Screen) -> str:
    """One line for a function in a list of all: where, what, how much of each class."""
    members = (*boundary.x, *boundary.s, *boundary.s_prime, *boundary.draws, *boundary.externals)
    counts = {each: sum(1 for m in members if m.class_ == each) for each in (HIDDEN, EXTERNAL)}
    marks = [
        Span(f" {_glyph(each, screen)} {number} {each}", _STYLE[each]) for each, number in counts.items() if number
    ]
    line = [
        Span(f"{boundary.place.line:>5}  ", Style.FAINT),
        Span(screen.show(boundary.function), Style.NAME),
        Span(f"  {boundary.formula}"),
        *marks,
    ]
    if boundary.regions:
        line.append(Span("  differentiated", Style.FAINT))
    return draw([line], screen)


def _head(boundary: Boundary, screen: Screen) -> list[Line]:
    place = screen.show(str(boundary.place))
    title = [Span(screen.show(boundary.signature), Style.NAME)]
    gap = screen.prose - width_of(title) - text_width(place)
    where = Span(place, Style.FAINT)
    lines = [[*title, Span(" " * gap), where]] if gap > 1 else [*wrap(title, screen.width), [where]]
    lines.append([Span(boundary.formula, Style.STRONG)])
    if boundary.regions:
        told = "Differentiated: " + "; ".join(boundary.regions) + "."
        lines += wrap(prose(screen.show(told)), screen.prose)
    else:
        lines += wrap([Span("Nothing here differentiates it.", Style.FAINT)], screen.prose)
    if not boundary.complete:
        told = "Its analysis ran out of budget: there may be more than what follows."
        lines += wrap([Span(told, Style.WARNING)], screen.prose)
    return lines


def _sections(boundary: Boundary) -> list[tuple[str, str, list[_Row]]]:
    return [
        ("x", "inputs", _rows(boundary.x)),
        ("s", "state that is read", _rows(boundary.s)),
        ("y", "result", _rows(boundary.y)),
        ("s'", "state that is written", _rows(boundary.s_prime)),
        ("", "random draws", _rows(boundary.draws)),
        ("", "reads and effects outside", _rows(boundary.externals)),
        ("", "saved for the backward pass", [_saved_row(each) for each in boundary.saved]),
    ]


def _rows(members: Iterable[Member]) -> list[_Row]:
    found = []
    for member in members:
        via = f"; in {', '.join(f'`{each}`' for each in member.via)}" if member.via else ""
        short = member.type if " " in member.type else member.type.rpartition(".")[2]
        found.append(_Row(member.name, member.class_, short, member.why + via, _where(member.places)))
    return found


def _saved_row(saved: Saved) -> _Row:
    why = f"{saved.what} of `{saved.by}`"
    if saved.needed_by:
        why += f", if {' or '.join(saved.needed_by[:3])} needs a gradient"
    if saved.overwritten:
        why += f"; overwritten at {_where(saved.overwritten)}"
    return _Row(saved.name, saved.class_, saved.what, why, _where(saved.places), bool(saved.overwritten))


def _where(places: Sequence[Place]) -> str:
    if not places:
        return ""
    more = [str(each.line) for each in places[1:4] if each.path == places[0].path]
    rest = len(places) - 1 - len(more)
    return str(places[0]) + "".join(f",{line}" for line in more) + (f" +{rest}" if rest else "")


def _columns(rows: Sequence[_Row], screen: Screen) -> tuple[int, int, int, int] | None:
    """The widths of name, class, type and reason; None if the screen is too narrow for a table."""
    if not rows:
        return None
    class_ = max(text_width(row.class_) for row in rows)
    where = max(text_width(screen.show(row.where)) for row in rows)
    longest = max(text_width(screen.show(row.why)) for row in rows)
    for widest_name, widest_type in ((34, 22), (28, 14)):
        name = min(max(text_width(screen.show(row.name)) for row in rows), widest_name)
        type_ = min(max(text_width(screen.show(row.type)) for row in rows), widest_type)
        why = min(screen.width, 160) - (4 + name + 2 + class_ + 2 + type_ + 2 + 2 + where)
        if why >= _LEAST_WHY:
            return name, class_, type_, max(min(why, longest), _LEAST_WHY)
    return None


def _title(symbol: str, title: str, screen: Screen) -> Line:
    lead = f"{symbol:<3} " if symbol else ""
    return [Span(lead, Style.STRONG), Span(title, Style.STRONG)]


def _glyph(class_: Class, screen: Screen) -> str:
    return _GLYPHS[class_] if screen.glyphs is UNICODE else _PLAIN[class_]


def _wide(row: _Row, columns: tuple[int, int, int, int], screen: Screen) -> list[Line]:
    name, class_, type_, why = columns
    reasons = wrap(prose(screen.show(row.why), Style.ERROR if row.alarm else Style.FAINT, Style.PLAIN), why)
    style = _STYLE[row.class_]
    named = _cut(screen.show(row.name), name, screen)
    typed = _cut(screen.show(row.type), type_, screen)
    first: Line = [
        Span("  "),
        Span(f"{_glyph(row.class_, screen)} ", style),
        _padded(named, name, Style.NAME),
        Span("  "),
        _padded(row.class_, class_, style),
        Span("  "),
        _padded(typed, type_, Style.PLAIN),
        Span("  "),
        *reasons[0],
        Span(" " * (why - width_of(reasons[0]) + 2)),
        Span(screen.show(row.where), Style.FAINT),
    ]
    margin = Span(" " * (4 + name + 2 + class_ + 2 + type_ + 2))
    return [first, *([margin, *rest] for rest in reasons[1:])]


def _narrow(row: _Row, screen: Screen) -> list[Line]:
    style = _STYLE[row.class_]
    head: Line = [
        Span("  "),
        Span(f"{_glyph(row.class_, screen)} ", style),
        Span(screen.show(row.name), Style.NAME),
        Span("  "),
        Span(screen.show(row.type)),
    ]
    reason = Style.ERROR if row.alarm else Style.FAINT
    body = prose(screen.show(f"{row.why} ({row.where})" if row.where else row.why), reason, Style.PLAIN)
    room = max(screen.prose - 6, 20)
    under = [Span(f"{row.class_}: ", style), *body]
    return [head, *([Span("      "), *line] for line in wrap(under, room))]


def _padded(text: str, width: int, style: Style) -> Span:
    return Span(text + " " * (width - text_width(text)), style)


def _cut(text: str, width: int, screen: Screen) -> str:
    if text_width(text) <= width:
        return text
    kept = text
    while kept and text_width(kept) > width - 1:
        kept = kept[1:]
    return screen.glyphs.ellipsis + kept


def _legend(classes: Sequence[Class], screen: Screen) -> list[Line]:
    spans: Line = []
    for each in classes:
        if spans:
            spans.append(Span("   "))
        spans += [Span(f"{_glyph(each, screen)} ", _STYLE[each]), Span(each, Style.FAINT)]
    if width_of(spans) <= screen.width:
        return [spans]
    return [[Span(f"{_glyph(each, screen)} ", _STYLE[each]), Span(each, Style.FAINT)] for each in classes]
