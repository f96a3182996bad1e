"""Suppression comments for findings that are to stay, at the end of their statements."""

from __future__ import annotations

from collections.abc import Sequence

from statelint.findings import Edit, Finding
from statelint.source import Directive, SourceFile

_NEVER = ("SL001", "SL002", "SL003", "SL004")


def add_ignores(source: SourceFile, findings: Sequence[Finding], reason: str = "") -> list[Edit]:
    """Return the edits that suppress findings: a comment behind each statement's last line, or the codes in the comment
    that is there already. What is wrong with a file or with a comment itself is not suppressed."""
    by_statement: dict[tuple[int, int], set[str]] = {}
    for finding in findings:
        if finding.code not in _NEVER:
            by_statement.setdefault(source.comments.statement(finding.line), set()).add(finding.code)
    edits: list[Edit] = []
    for (first, last), codes in sorted(by_statement.items()):
        present = _directive(source, first, last)
        if present is not None:
            edits += _extended(source, present, codes, reason)
            continue
        why = f" -- {reason}" if reason else ""
        line = source.lines.line(last)
        gap = "" if line.endswith((" ", "\t")) else "  "
        end = len(line) + 1
        edits.append(Edit(last, end, last, end, f"{gap}# statelint: ignore[{', '.join(sorted(codes))}]{why}"))
    return edits


def _directive(source: SourceFile, first: int, last: int) -> Directive | None:
    for directive in source.comments.directives:
        if directive.kind == "ignore" and not directive.stray and first <= directive.line <= last:
            return directive
    return None


def _extended(source: SourceFile, directive: Directive, codes: set[str], reason: str) -> list[Edit]:
    edits: list[Edit] = []
    named = {selector.text for selector in directive.selectors}
    missing = sorted(codes - named)
    if missing and directive.selectors:
        line, column = source.lines.position(directive.selectors[-1].end)
        edits.append(Edit(line, column, line, column, "".join(f", {code}" for code in missing)))
    if reason and not directive.reason:
        line, column = source.lines.position(directive.end)
        edits.append(Edit(line, column, line, column, f" -- {reason}"))
    return edits
