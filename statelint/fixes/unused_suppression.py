"""SL003: take a suppression, or the unused codes in it, out of its comment, and leave the rest of the comment alone."""

from __future__ import annotations

import re

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.source import Directive, SourceFile

CODES = ("SL003",)
_NEXT = re.compile(r"[,\s]+(?=[^\],\s])")
_NEXT_FOREIGN = re.compile(r"[,\s]+(?=[A-Za-z]+[0-9])")


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Remove the unused selectors; with all of them the directive; with all of the comment the blanks before it."""
    if "start" not in draft.hint:  # an entry of the configuration
        return None
    start = int(draft.hint["start"])
    unused = {int(each) for each in draft.hint["unused"].split()}
    directive = next((each for each in source.comments.directives if each.start == start), None)
    if directive is None:
        return None
    kept = [one for one in directive.selectors if one.start not in unused]
    if kept or directive.foreign:
        return _fix(source, [_group(source, directive, *each) for each in _groups(source, directive, unused)])
    return _fix(source, [_directive(source, directive)])


def _fix(source: SourceFile, ranges: list[tuple[int, int]]) -> Fix:
    position = source.lines.position
    edits = tuple(Edit(*position(start), *position(end), "") for start, end in ranges)
    return Fix(Applicability.SAFE, "Remove the unused suppression", edits)


def _groups(source: SourceFile, directive: Directive, unused: set[int]) -> list[tuple[int, int]]:
    """The ranges of unused selectors; neighbours are one range."""
    groups: list[tuple[int, int]] = []
    for one in directive.selectors:
        if one.start not in unused:
            continue
        if groups and not source.text[groups[-1][1] : one.start].strip(", \t"):
            groups[-1] = (groups[-1][0], one.end)
        else:
            groups.append((one.start, one.end))
    return groups


def _group(source: SourceFile, directive: Directive, start: int, end: int) -> tuple[int, int]:
    """A range of selectors with the separator behind it, or before it at the end of the list."""
    following = _NEXT_FOREIGN if directive.kind == "noqa" else _NEXT
    separator = following.match(source.text, end, directive.end)
    if separator is not None:
        return start, separator.end()
    while source.text[start - 1] in ", \t":
        start -= 1
    return start, end


def _directive(source: SourceFile, directive: Directive) -> tuple[int, int]:
    text = source.text
    start, end = directive.start, directive.end
    comment_start, comment_end = directive.comment
    line_start = source.lines.starts[directive.line - 1]
    if text[end:comment_end].strip():  # other comments follow: they take the place of this one
        while text[end] in " \t":
            end += 1
        return start, end
    end = comment_end
    while start > line_start and text[start - 1] in " \t":
        start -= 1
    if start == line_start and comment_start == directive.start:  # nothing else is on the line: it goes as a whole
        end += len(source.lines.line_end(directive.line))
    return start, end
