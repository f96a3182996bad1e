"""What a fix would change, as removed and added lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from statelint.findings import Edit
from statelint.report.terminal.cells import Ruler
from statelint.report.terminal.marks import crop
from statelint.report.terminal.screen import Line, Screen, Span, Style

_MOST_ROWS = 12


class Hunk(msgspec.Struct, frozen=True):
    """Lines ``first`` and following, before and after a fix."""

    first: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def hunks(edits: Sequence[Edit], lines: Sequence[str]) -> list[Hunk] | None:
    """Return the lines that the edits change, or ``None`` if they overlap or lie outside the text."""
    groups: list[list[Edit]] = []
    for edit in sorted(edits):
        if groups and edit.line <= max(e.end_line for e in groups[-1]):
            groups[-1].append(edit)
        else:
            groups.append([edit])
    found = [_hunk(group, lines) for group in groups]
    whole = [hunk for hunk in found if hunk is not None]
    return whole if len(whole) == len(found) else None


def _hunk(edits: list[Edit], lines: Sequence[str]) -> Hunk | None:
    first, last = edits[0].line, max(edit.end_line for edit in edits)
    if first < 1 or last > len(lines) + 1:
        return None
    before = [*lines[first - 1 : last], *([""] if last > len(lines) else [])]
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line) + 1)
    text = "\n".join(before)
    parts: list[str] = []
    at = 0
    for edit in edits:
        begin = starts[edit.line - first] + edit.column - 1
        end = starts[edit.end_line - first] + edit.end_column - 1
        if not at <= begin <= end <= len(text):
            return None
        parts += [text[at:begin], edit.text]
        at = end
    after = ("".join(parts) + text[at:]).splitlines()
    return _trim(Hunk(first, tuple(before), tuple(after)))


def _trim(hunk: Hunk) -> Hunk:
    """Drop lines that are the same before and after from both ends."""
    first, before, after = hunk.first, list(hunk.before), list(hunk.after)
    while before and after and before[0] == after[0]:
        del before[0], after[0]
        first += 1
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return Hunk(first, tuple(before), tuple(after))


def preview(found: Sequence[Hunk], digits: int, number: Callable[[int], int], screen: Screen) -> list[Line]:
    """Return the rows of a small diff; a long one is cut short."""
    rows: list[Line] = []
    for hunk in found:
        texts = [*hunk.before, *hunk.after]
        rulers = [Ruler(text.rstrip(), screen.has) for text in texts]
        indent = min((ruler.indent for ruler in rulers if ruler.width), default=0)
        shared = _shared(hunk)
        for index, ruler in enumerate(rulers):
            removed = index < len(hunk.before)
            line = hunk.first + (index if removed else index - len(hunk.before))
            sign, style = ("-", Style.REMOVED) if removed else ("+", Style.ADDED)
            room = screen.width - digits - 3
            start = ruler.cell(shared)
            window = crop(ruler, indent, start, min(start + 1, ruler.width), room)
            shown = ruler.cut(window.first, window.last)
            head = str(number(line)) if removed else ""
            rows.append(
                [
                    Span(f"{head:>{digits}} ", Style.FAINT),
                    Span(f"{sign} ", style),
                    *([Span(screen.glyphs.ellipsis, Style.FAINT)] if window.before else []),
                    Span(shown, style),
                    *([Span(screen.glyphs.ellipsis, Style.FAINT)] if window.after else []),
                ]
            )
    if len(rows) > _MOST_ROWS:
        left = len(rows) - _MOST_ROWS + 1
        more = f"{screen.glyphs.ellipsis} {left} more lines with --diff"
        rows[_MOST_ROWS - 1 :] = [[Span(" " * (digits + 3)), Span(more, Style.FAINT)]]
    return rows


def _shared(hunk: Hunk) -> int:
    """Return how many characters the first lines of both sides share: a long one is cropped where it changes."""
    if not hunk.before or not hunk.after:
        return 0
    count = 0
    for left, right in zip(hunk.before[0], hunk.after[0], strict=False):
        if left != right:
            break
        count += 1
    return count
