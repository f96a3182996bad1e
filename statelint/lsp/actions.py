"""Code actions: the fix of a finding, a comment that suppresses it, and all safe fixes of a file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from lsprotocol import types

from statelint import fixes
from statelint.engine import Engine
from statelint.findings import Applicability, Edit
from statelint.lsp.documents import Document
from statelint.lsp.linting import Job, Linted, Row
from statelint.lsp.positions import Positions, overlap
from statelint.source.text import Lines, UndecodableError, decode

FIX_ALL = "source.fixAll.statelint"
KINDS = (types.CodeActionKind.QuickFix, FIX_ALL)
_PASSES = 10
_NO_COMMENT = ("SL001", "SL002", "SL003", "SL004")


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Say whether a client asked for a kind of action: by its name, by a prefix of it, or by none at all."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") or each == "" for each in only)


def quick_fixes(linted: Linted, asked: types.Range, versioned: bool) -> list[types.CodeAction]:
    """Return the fixes and suppressions of the findings that a range touches."""
    rows = [row for row in linted.rows if overlap(row.diagnostic.range, asked)]
    repairs = [action for row in rows if (action := _repair(linted, row, versioned)) is not None]
    return repairs + [action for row in rows if (action := _suppression(linted, row, versioned)) is not None]


def _repair(linted: Linted, row: Row, versioned: bool) -> types.CodeAction | None:
    fix = row.finding.fix
    if fix is None or fix.applicability is Applicability.DISPLAY:
        return None
    safe = fix.applicability is Applicability.SAFE
    return types.CodeAction(
        title=f"{fix.message} ({row.finding.code}{'' if safe else ', changes values or a signature'})",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[row.diagnostic],
        is_preferred=safe,
        edit=workspace_edit(linted, fix.edits, versioned),
    )


def _suppression(linted: Linted, row: Row, versioned: bool) -> types.CodeAction | None:
    if linted.file is None or row.finding.code in _NO_COMMENT:
        return None
    edits = fixes.add_ignores(linted.file, [row.finding])
    if not edits:
        return None
    return types.CodeAction(
        title=f"Suppress {row.finding.code} on this line",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[row.diagnostic],
        edit=workspace_edit(linted, edits, versioned),
    )


def has_safe_fix(linted: Linted) -> bool:
    """Say whether fixing a whole document would change it."""
    found = (row.finding.fix for row in linted.rows)
    return any(each is not None and each.applicability is Applicability.SAFE for each in found)


def fix_all(job: Job, linted: Linted, versioned: bool) -> types.CodeAction | None:
    """Return the action that makes all safe fixes of a document, in as many passes as it takes."""
    document = linted.document
    if linted.file is None or not has_safe_fix(linted):
        return None
    data = _fixed(job, document)
    try:
        before, after = decode(document.data).text, decode(data).text
    except UndecodableError:
        return None
    if before != document.text.removeprefix("\ufeff") or before == after:
        return None
    return types.CodeAction(
        title="Fix all safely fixable problems (statelint)",
        kind=FIX_ALL,
        edit=workspace_edit(linted, _line_edits(before, after), versioned),
    )


def _fixed(job: Job, document: Document) -> bytes:
    """Return a document's bytes after its safe fixes; those of other documents wait until they are asked for."""
    files: dict[str, bytes | None] = {each.path: each.data for each in job.documents}
    files[document.path] = data = document.data
    engine = Engine(job.configurations)
    for _ in range(_PASSES):
        rows = [each for each in engine.run(files).reported if each.file.absolute == document.path]
        result = fixes.apply_fixes(rows[0].file, [each.finding for each in rows], unsafe=False) if rows else None
        if result is None or not result.findings:
            break
        files[document.path] = data = result.data
    return data


def _line_edits(before: str, after: str) -> list[Edit]:
    """Return edits of whole lines that turn one text into another."""
    old, new = _lines(before), _lines(after)
    edits: list[Edit] = []
    end = Lines(before)
    last = (len(end), len(end.line(len(end))) + 1)
    for tag, start, stop, left, right in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        first = (start + 1, 1) if start < len(old) else last
        final = (stop + 1, 1) if stop < len(old) else last
        edits.append(Edit(*first, *final, "".join(new[left:right])))
    return edits


def _lines(text: str) -> list[str]:
    lines = Lines(text)
    return [lines.line(number) + lines.line_end(number) for number in range(1, len(lines) + 1)]


def workspace_edit(linted: Linted, edits: Iterable[Edit], versioned: bool) -> types.WorkspaceEdit:
    """Return edits of one document as the client takes them."""
    changes = [_text_edit(linted.positions, each) for each in edits]
    document = linted.document
    if not versioned:
        return types.WorkspaceEdit(changes={document.uri: changes})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, list(changes))])


def _text_edit(positions: Positions, edit: Edit) -> types.TextEdit:
    return types.TextEdit(positions.range(edit.line, edit.column, edit.end_line, edit.end_column), edit.text)
