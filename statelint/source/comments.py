"""The comments that speak to statelint: suppressions and markers, with the statement that each belongs to."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from statelint.source.text import Lines

_QUICK = re.compile(r"#\s*statelint\s*:|#\s*noqa\s*:[^\r\n]*?\bSL\d", re.IGNORECASE)
_WORD = re.compile(r"#\s*statelint\s*:\s*(?P<word>[A-Za-z][\w-]*)")
_REASON = r"(?P<reason>\s*--\s*(?:(?!\s\#(?:\s|noqa|type:|nosec|pragma|pylint|fmt)).)*)?"
_DIRECTIVE = re.compile(
    r"\#\s*statelint\s*:\s*(?P<word>ignore-file|ignore)\b(?!-)(?:\s*\[(?P<codes>[^\]\#]*)\])?" + _REASON, re.VERBOSE
)
_NOQA = re.compile(
    r"\#\s*noqa\b(?:\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?" + _REASON,
    re.VERBOSE | re.IGNORECASE,
)
_CODE = re.compile(r"[^,\s]+")

DIRECTIVES = ("ignore", "ignore-file", "differentiable", "example")


class Selector(msgspec.Struct, frozen=True):
    """One code, prefix or name of a suppression, with its range in the text."""

    text: str
    start: int
    end: int


class Directive(msgspec.Struct, frozen=True):
    """A suppression comment. It covers the lines ``first`` to ``last`` of its statement, or the file.

    ``start`` and ``end`` are the range of the directive itself, ``comment`` the range of the comment that holds it.
    Without selectors it suppresses every rule. A ``noqa`` holds only the selectors that could be ours; ``foreign`` says
    that others share the list. A ``stray`` one stands on a line of its own and so covers nothing.
    """

    kind: Literal["ignore", "ignore-file", "noqa"]
    selectors: tuple[Selector, ...]
    reason: str
    line: int
    first: int
    last: int
    start: int
    end: int
    comment: tuple[int, int]
    foreign: bool = False
    stray: bool = False


class Misspelled(msgspec.Struct, frozen=True):
    """A ``# statelint:`` comment whose directive does not exist, but nearly."""

    word: str
    meant: str
    start: int
    end: int


class Comments(msgspec.Struct, frozen=True):
    """What a file's comments say. ``statements`` are the line ranges of its logical lines, in order; a decorator's
    belongs to what it decorates. ``ranges`` are the offsets of all comments, whatever they say."""

    directives: tuple[Directive, ...] = ()
    markers: frozenset[int] = frozenset()
    misspelled: tuple[Misspelled, ...] = ()
    statements: tuple[tuple[int, int], ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()

    def statement(self, line: int) -> tuple[int, int]:
        """Return the first and last line of the statement (or statement head) that ``line`` is part of."""
        index = bisect.bisect_right(self.statements, (line, 1 << 60)) - 1
        if index >= 0 and self.statements[index][0] <= line <= self.statements[index][1]:
            return self.statements[index]
        return (line, line)


def may_speak(text: str) -> bool:
    """Say quickly whether a file's comments need to be read although nothing is reported in it."""
    return _QUICK.search(text) is not None


class _Comment(msgspec.Struct):
    line: int
    offset: int
    text: str
    stray: bool


def read_comments(text: str, lines: Lines) -> Comments:
    """Find the directives of a text. Strings that look like comments are none; text that can't be tokenized to its
    end is read as far as it goes."""
    found_comments, statements = _scan(lines)
    found = Comments(statements=tuple(statements))
    directives: list[Directive] = []
    misspelled: list[Misspelled] = []
    markers: set[int] = set()
    for comment in found_comments:
        first, last = (comment.line, comment.line) if comment.stray else found.statement(comment.line)
        for match in _WORD.finditer(comment.text):
            word = match.group("word")
            if word == "differentiable":
                if comment.stray:
                    first, last = next((each for each in statements if each[0] > comment.line), (first, last))
                markers.update(range(first, last + 1))
            elif word not in DIRECTIVES and (meant := _nearest(word)):
                start = comment.offset + match.start()
                misspelled.append(Misspelled(word, meant, start, comment.offset + match.end()))
        directives.extend(_directives(comment, first, last))
    ranges = tuple((each.offset, each.offset + len(each.text)) for each in found_comments)
    return Comments(tuple(directives), frozenset(markers), tuple(misspelled), found.statements, ranges)


def _scan(lines: Lines) -> tuple[list[_Comment], list[tuple[int, int]]]:
    import tokenize

    numbers = iter(range(1, len(lines) + 1))

    def readline() -> str:
        number = next(numbers, 0)
        return lines.line(number) + "\n" if number else ""

    comments: list[_Comment] = []
    statements: list[tuple[int, int]] = []
    first = last = decorated = 0
    silent = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    try:
        for kind, string, (row, column), (end_row, _), _ in tokenize.generate_tokens(readline):
            if kind == tokenize.COMMENT:
                comments.append(_Comment(row, lines.offset(row, column + 1), string, not first))
            elif kind == tokenize.NEWLINE and first:
                start = first
                if decorated:
                    start = decorated
                    statements.pop()
                statements.append((start, last))
                decorated = start if lines.line(first).lstrip().startswith("@") else 0
                first = 0
            elif kind != tokenize.NEWLINE and kind not in silent:
                first, last = first or row, end_row
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return comments, statements


def _nearest(word: str) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(word, DIRECTIVES, 1, 0.75)), "")


def _directives(comment: _Comment, first: int, last: int) -> Iterator[Directive]:
    for pattern in (_DIRECTIVE, _NOQA):
        for found in pattern.finditer(comment.text):
            codes = found.group("codes")
            ours: list[Selector] = []
            foreign = False
            for code in _CODE.finditer(codes or ""):
                if pattern is _NOQA and not code.group().upper().startswith("SL"):
                    foreign = True
                    continue
                base = comment.offset + found.start("codes")
                ours.append(Selector(code.group(), base + code.start(), base + code.end()))
            if pattern is _NOQA:
                if foreign and not ours:
                    continue
                kind: Literal["ignore", "ignore-file", "noqa"] = "noqa"
            else:
                kind = "ignore-file" if found.group("word") == "ignore-file" else "ignore"
            reason = (found.group("reason") or "").strip()[2:].strip()
            yield Directive(
                kind=kind,
                selectors=tuple(ours),
                reason=reason,
                line=comment.line,
                first=first,
                last=last,
                start=comment.offset + found.start(),
                end=comment.offset + found.start() + len(found.group().rstrip()),
                comment=(comment.offset, comment.offset + len(comment.text)),
                foreign=foreign,
                stray=comment.stray and kind != "ignore-file",
            )
