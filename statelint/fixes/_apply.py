"""Edits onto the text of a file: never overlapping, never to something that is no Python, the same in any order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from statelint.findings import Applicability, Edit, Finding, Fix
from statelint.source import SourceFile
from statelint.source.notebook import Cell, replace_sources
from statelint.source.syntax import parse_error
from statelint.source.text import Lines


class EditError(Exception):
    """Edits that can't be made in this file; the message is a half sentence that says why."""


class Applied(msgspec.Struct, frozen=True):
    """A file's new bytes, the findings whose fixes made them, and why others were dropped."""

    data: bytes
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def apply_fixes(source: SourceFile, findings: Sequence[Finding], unsafe: bool) -> Applied | None:
    """Apply the fixes of a file's findings that fit beside each other; None if nothing changes.

    Of fixes that overlap the one that comes first in the file is taken, the others are for the next pass. A fix with
    several edits is taken whole or not at all, and one function gets one unsafe fix of a rule at a time, so that no
    two choose the same new name.
    """
    chosen: list[Finding] = []
    taken: list[Edit] = []
    isolated: set[tuple[str, str]] = set()
    for finding in sorted(findings, key=_order):
        if finding.fix is None or not _wanted(finding.fix, unsafe):
            continue
        place = (finding.code, finding.function)
        alone = finding.function and finding.fix.applicability is Applicability.UNSAFE
        if alone and place in isolated:
            continue
        if any(_clash(edit, other) for edit in finding.fix.edits for other in taken):
            continue
        chosen.append(finding)
        taken.extend(finding.fix.edits)
        isolated.add(place)
    if not chosen:
        return None
    try:
        data = apply_edits(source, taken)
    except EditError:
        return _one_by_one(source, chosen)
    return Applied(data, tuple(chosen))


def _one_by_one(source: SourceFile, findings: Sequence[Finding]) -> Applied | None:
    """Find out which of several fixes does harm, and leave it out."""
    good: list[Finding] = []
    notes: list[str] = []
    data: bytes | None = None
    for finding in findings:
        edits = [edit for each in (*good, finding) if each.fix for edit in each.fix.edits]
        try:
            data = apply_edits(source, edits)
        except EditError as error:
            notes.append(f"{finding.path}:{finding.line}: the fix of {finding.code} was left out: {error}")
            continue
        good.append(finding)
    return Applied(data if data is not None else source.bytes(), tuple(good), tuple(notes))


def apply_edits(source: SourceFile, edits: Iterable[Edit]) -> bytes:
    """Return the file's bytes with the edits made. What is outside of them stays as it is, to the byte."""
    text = source.text
    decoded = source.decoded
    if source.problem is not None or decoded is None:
        raise EditError("the file cannot be read")
    try:
        if source.notebook is not None:
            text = _edited_notebook(source, list(edits))
            unchanged = decoded.encode(source.notebook_text)
        else:
            unchanged = decoded.encode(text)
            text = edited(text, list(edits))
        data = decoded.encode(text)
    except UnicodeError:
        raise EditError(f"the new text cannot be written as {decoded.encoding}") from None
    if unchanged != source.bytes():
        raise EditError(f"the file cannot be written back as {decoded.encoding} byte for byte")
    if not _parses(source, data):
        raise EditError("the file would no longer parse")
    return data


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a text with edits made, whose positions are its own."""
    lines = Lines(text)
    for edit in sorted(edits, key=_range, reverse=True):
        start = lines.offset(edit.line, edit.column)
        end = lines.offset(edit.end_line, edit.end_column)
        text = text[:start] + edit.text + text[end:]
    return text


def _edited_notebook(source: SourceFile, edits: Sequence[Edit]) -> str:
    by_cell: dict[int, tuple[Cell, list[Edit]]] = {}
    for edit in edits:
        cell = source.cell_at(edit.line)
        shift = cell.first_line - 1 if cell else 0
        if cell is None or edit.end_line - shift > len(Lines(cell.source)):
            raise EditError("an edit would reach over the end of a cell")
        moved = msgspec.structs.replace(edit, line=edit.line - shift, end_line=edit.end_line - shift)
        by_cell.setdefault(cell.index, (cell, []))[1].append(moved)
    sources = {index: edited(cell.source, own) for index, (cell, own) in by_cell.items()}
    return replace_sources(source.notebook_text, sources)


def _parses(source: SourceFile, data: bytes) -> bool:
    after = SourceFile(source.path, source.absolute, data=data)
    if parse_error(after.text) is not None or after.problem is not None:
        return False
    before = len(source.notebook.broken) if source.notebook else 0
    return after.notebook is None or len(after.notebook.broken) <= before


def _wanted(fix: Fix, unsafe: bool) -> bool:
    return fix.applicability is Applicability.SAFE or (unsafe and fix.applicability is Applicability.UNSAFE)


def _order(finding: Finding) -> tuple[object, ...]:
    edits = sorted(finding.fix.edits) if finding.fix else []
    return (edits[:1], finding.line, finding.column, finding.code, finding.message)


def _range(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    return (edit.line, edit.column), (edit.end_line, edit.end_column)


def _clash(one: Edit, other: Edit) -> bool:
    (start, end), (left, right) = _range(one), _range(other)
    if start == left:
        return True
    return start < right and left < end
