"""SL003: take a suppression, or the unused codes in it, out of its comment, and leave the rest of the comment alone."""

from __future__ import annotations

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.source import Directive, SourceFile

CODES = ("SL003",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Remove the unused selectors; with all of them the directive; with all of the comment the blanks before it."""
    start = int(draft.hint["start"])
    unused = {int(each) for each in draft.hint["unused"].split()}
    directive = next((each for each in source.comments.directives if each.start == start), None)
    if directive is None:
        return None
    kept = [one for one in directive.selectors if one.start not in unused]
    if kept or directive.foreign:
        return _fix(source, [_selector(source, directive, at) for at in sorted(unused)], "Remove the unused codes")
    return _fix(source, [_directive(source, directive)], "Remove the comment")


def _fix(source: SourceFile, ranges: list[tuple[int, int]], message: str) -> Fix:
    edits: list[Edit] = []
    for start, end in _merged(ranges):
        edits.append(Edit(*source.lines.position(start), *source.lines.position(end), ""))
    return Fix(Applicability.SAFE, message, tuple(edits))


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _selector(source: SourceFile, directive: Directive, start: int) -> tuple[int, int]:
    """The range of a selector with the comma and blanks on one side of it."""
    text = source.text
    end = next(one.end for one in directive.selectors if one.start == start)
    after = end
    while text[after] in ", \t" if after < directive.end else False:
        after += 1
    if "," in text[end:after]:
        return start, after
    before = start
    while text[before - 1] in ", \t":
        before -= 1
    return before, end


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
