"""Lowering of ``match``.

The subject is evaluated once. A pattern is a chain of tests, each nested in the one before; what only the runtime can
decide is an `Opaque` test whose ``what`` says it all:

- ``match sequence 2`` and ``match sequence 2+``: a sequence of (at least) two elements;
- ``match mapping`` of the subject and the keys it must have, ``match rest`` for what ``**rest`` takes;
- ``match class 1 a b`` of the subject and the class: an instance with one positional part and attributes a and b;
  ``match argument 0`` is its positional part.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from statelint.ir.conditions import Test, close, emit_branch, lower_test, store_temporary
from statelint.ir.dispatch import EXPRESSIONS, STATEMENTS, span_of
from statelint.ir.frames import Frame
from statelint.ir.nodes import Block, Build, BuildSlice, Compare, GetAttr, GetItem, Instr, Reg, Span

Opened = list[tuple[list[Instr], Test]]


def execute_match(f: Frame, node: ast.Match) -> None:
    """Each case is a branch whose else is the next case."""
    subject = EXPRESSIONS[node.subject.__class__](f, node.subject)
    at = span_of(node)
    pending: list[tuple[list[Instr], Test, Block]] = []
    for case in node.cases:
        opened: Opened = []
        captures: list[tuple[Span, str, Reg]] = []
        outer = f.out
        match_pattern(f, case.pattern, subject, opened, captures)
        if len(opened) == 1 and case.guard is None:
            _store(f, captures)
            f.run(case.body)
            then = tuple(f.out)
            f.out = outer
            pending.append((outer, opened[0][1], then))
        elif not opened:
            _store(f, captures)
            if case.guard is None:
                f.run(case.body)
                break
            test = lower_test(f, case.guard)
            pending.append((f.out, test, f.block(case.body)))
        else:
            matched = f.temporary("case")
            inner = f.out
            f.out = outer
            store_temporary(f, at, matched, f.const(at, False))
            f.out = inner
            _store(f, captures)
            if case.guard is not None:
                opened.append((f.out, lower_test(f, case.guard)))
                f.out = []
            store_temporary(f, at, matched, f.const(at, True))
            close(f, at, opened)
            pending.append((f.out, (f.load_temporary(at, matched), "", False), f.block(case.body)))
        f.out = []
    for outer, test, then in reversed(pending):
        orelse = tuple(f.out)
        f.out = outer
        emit_branch(f, at, test, then, orelse)


def _store(f: Frame, captures: list[tuple[Span, str, Reg]]) -> None:
    for at, name, register in captures:
        f.store(at, name, register)


def match_pattern(f: Frame, pattern: Any, subject: Reg, opened: Opened, captures: list[tuple[Span, str, Reg]]) -> None:
    """Emit the tests of a pattern: afterwards the current block is the one that runs where it matches."""
    _PATTERNS[pattern.__class__](f, pattern, subject, opened, captures)


def _require(f: Frame, test: Test, opened: Opened) -> None:
    opened.append((f.out, test))
    f.out = []


def _match_value(f: Frame, node: Any, subject: Reg, opened: Opened, captures: Any) -> None:
    at = span_of(node)
    if isinstance(node, ast.MatchSingleton):
        op, value = "is", f.const(at, node.value)
    else:
        op, value = "==", EXPRESSIONS[node.value.__class__](f, node.value)
    dst = f.n
    f.n = dst + 1
    f.out.append(Compare(at, dst, op, subject, value))
    _require(f, (dst, "", False), opened)


def _match_as(f: Frame, node: ast.MatchAs, subject: Reg, opened: Opened, captures: Any) -> None:
    if node.pattern is not None:
        match_pattern(f, node.pattern, subject, opened, captures)
    if node.name is not None:
        captures.append((span_of(node), node.name, subject))


def _match_or(f: Frame, node: ast.MatchOr, subject: Reg, opened: Opened, captures: Any) -> None:
    """Alternatives bind their captures themselves: the same names, from different places."""
    at = span_of(node)
    matched = f.temporary("or")
    store_temporary(f, at, matched, f.const(at, False))
    for index, alternative in enumerate(node.patterns):
        inner: Opened = []
        if index:
            inner.append((f.out, (f.load_temporary(at, matched), "", True)))
            f.out = []
        own: list[tuple[Span, str, Reg]] = []
        match_pattern(f, alternative, subject, inner, own)
        _store(f, own)
        store_temporary(f, at, matched, f.const(at, True))
        close(f, at, inner)
    _require(f, (f.load_temporary(at, matched), "", False), opened)


def _match_sequence(f: Frame, node: ast.MatchSequence, subject: Reg, opened: Opened, captures: Any) -> None:
    at = span_of(node)
    parts = node.patterns
    star = next((index for index, part in enumerate(parts) if isinstance(part, ast.MatchStar)), -1)
    what = f"match sequence {len(parts)}" if star < 0 else f"match sequence {len(parts) - 1}+"
    _require(f, (f.opaque(at, what, (subject,)), "", False), opened)
    for index, part in enumerate(parts):
        place = span_of(part)
        if isinstance(part, ast.MatchStar):
            if part.name is None:
                continue
            lower = f.const(place, index)
            upper = -1 if index + 1 == len(parts) else f.const(place, index + 1 - len(parts))
            key = f.n
            f.n = key + 3
            f.out.append(BuildSlice(place, key, lower, upper, -1))
            f.out.append(GetItem(place, key + 1, subject, key))
            f.out.append(Build(place, key + 2, "list", (key + 1,), 1))
            captures.append((place, part.name, key + 2))
        elif not _is_wildcard(part):
            key = f.const(place, index if star < 0 or index < star else index - len(parts))
            _match_part(f, part, GetItem(place, _next(f), subject, key), opened, captures)


def _next(f: Frame) -> Reg:
    dst = f.n
    f.n = dst + 1
    return dst


def _match_part(f: Frame, part: Any, value: GetItem | GetAttr, opened: Opened, captures: Any) -> None:
    f.out.append(value)
    match_pattern(f, part, value.dst, opened, captures)


def _is_wildcard(part: ast.pattern) -> bool:
    return isinstance(part, ast.MatchAs) and part.name is None and part.pattern is None


def _match_mapping(f: Frame, node: ast.MatchMapping, subject: Reg, opened: Opened, captures: Any) -> None:
    at = span_of(node)
    keys = tuple([EXPRESSIONS[key.__class__](f, key) for key in node.keys])
    _require(f, (f.opaque(at, "match mapping", (subject, *keys)), "", False), opened)
    for key, part in zip(keys, node.patterns, strict=True):
        if not _is_wildcard(part):
            _match_part(f, part, GetItem(span_of(part), _next(f), subject, key), opened, captures)
    if node.rest is not None:
        captures.append((at, node.rest, f.opaque(at, "match rest", (subject, *keys))))


def _match_class(f: Frame, node: ast.MatchClass, subject: Reg, opened: Opened, captures: Any) -> None:
    at = span_of(node)
    cls = EXPRESSIONS[node.cls.__class__](f, node.cls)
    what = " ".join(["match class", str(len(node.patterns)), *node.kwd_attrs])
    _require(f, (f.opaque(at, what, (subject, cls)), "", False), opened)
    for index, part in enumerate(node.patterns):
        if not _is_wildcard(part):
            value = f.opaque(span_of(part), f"match argument {index}", (subject, cls))
            match_pattern(f, part, value, opened, captures)
    for name, part in zip(node.kwd_attrs, node.kwd_patterns, strict=True):
        if not _is_wildcard(part):
            _match_part(f, part, GetAttr(span_of(part), _next(f), subject, name), opened, captures)


_PATTERNS: dict[type[ast.AST], Callable[[Frame, Any, Reg, Opened, Any], None]] = {
    ast.MatchValue: _match_value,
    ast.MatchSingleton: _match_value,
    ast.MatchAs: _match_as,
    ast.MatchOr: _match_or,
    ast.MatchSequence: _match_sequence,
    ast.MatchMapping: _match_mapping,
    ast.MatchClass: _match_class,
}
STATEMENTS[ast.Match] = execute_match
