"""Fixes in passes: lint, change in memory, lint again, until nothing changes; then every file at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from statelint import fixes
from statelint.engine.driver import Engine, Outcome, Reported
from statelint.engine.workers import Progress
from statelint.findings import Finding
from statelint.source import SourceFile

_PASSES = 10


class Change(msgspec.Struct, frozen=True):
    """A file's bytes before and after, by its shown and its absolute path."""

    path: str
    absolute: str
    before: bytes
    after: bytes


class Fixed(msgspec.Struct, frozen=True):
    """What fixing came to: the last run's outcome, the changes (not yet written), the fixes by file and rule, notes."""

    outcome: Outcome
    changes: tuple[Change, ...]
    applied: dict[str, dict[str, int]]
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many fixes were applied."""
        return sum(number for rules in self.applied.values() for number in rules.values())


def fix(
    engine: Engine,
    files: Mapping[str, bytes | None],
    unsafe: bool,
    progress: Progress | None = None,
    folders: Sequence[str] = (),
    refused: frozenset[tuple[str, str]] = frozenset(),
    known: Collection[str] = (),
) -> Fixed:
    """Apply all fixes that may be, in memory, in at most ten passes.

    ``refused`` are functions whose findings are not fixed, by absolute path and name; the name is empty for a whole
    file. ``known`` are analysed as well, and stay as they are.
    """
    current = dict(files)
    originals: dict[str, SourceFile] = {}
    before: dict[str, bytes] = {}
    applied: dict[str, Counter[str]] = {}
    notes: list[str] = []
    outcome = engine.run(current, progress, folders, known)
    for _ in range(_PASSES):
        changed = False
        for file, rows in by_file(outcome.reported):
            findings = [row.finding for row in rows if not _refused(file.absolute, row.finding, refused)]
            result = fixes.apply_fixes(file, findings, unsafe)
            if result is None:
                continue
            notes.extend(note for note in result.notes if note not in notes)
            if not result.findings:
                continue
            if file.absolute not in originals:
                originals[file.absolute] = file
                before[file.absolute] = file.bytes()
            current[file.absolute] = result.data
            applied.setdefault(file.path, Counter()).update(each.code for each in result.findings)
            changed = True
        if not changed:
            break
        outcome = engine.run(current, progress, folders, known)
    changes: list[Change] = []
    for absolute, file in sorted(originals.items()):
        after = current[absolute]
        if after is not None and after != before[absolute]:
            changes.append(Change(file.path, absolute, before[absolute], after))
    counts = {path: dict(sorted(rules.items())) for path, rules in sorted(applied.items())}
    return Fixed(outcome, tuple(changes), counts, tuple(notes))


def _refused(path: str, finding: Finding, refused: frozenset[tuple[str, str]]) -> bool:
    """Whether a finding is in a function, or inside one, that is not to be fixed."""
    return bool(refused) and any(
        path == where and (not name or finding.function == name or finding.function.startswith(f"{name}."))
        for where, name in refused
    )


def by_file(reported: Sequence[Reported]) -> list[tuple[SourceFile, list[Reported]]]:
    """Group what is reported by file, in order."""
    grouped: dict[str, tuple[SourceFile, list[Reported]]] = {}
    for row in reported:
        grouped.setdefault(row.file.absolute, (row.file, []))[1].append(row)
    return list(grouped.values())


def ignore(outcome: Outcome, reason: str) -> tuple[list[Change], list[str]]:
    """Return the changes that suppress all findings of an outcome by comments, and what could not be suppressed."""
    changes: list[Change] = []
    notes: list[str] = []
    for file, rows in by_file(outcome.reported):
        edits = fixes.add_ignores(file, [row.finding for row in rows], reason)
        if not edits:
            continue
        try:
            after = fixes.apply_edits(file, edits)
        except fixes.EditError as error:
            notes.append(f"{file.path}: no comment was added: {error}")
            continue
        changes.append(Change(file.path, file.absolute, file.bytes(), after))
    return changes, notes


def write(changes: Sequence[Change]) -> list[str]:
    """Write changes to disk; return what could not be written."""
    notes: list[str] = []
    for change in changes:
        try:
            fixes.replace_file(change.absolute, change.before, change.after)
        except fixes.WriteError as error:
            notes.append(str(error))
    return notes


def diff(changes: Sequence[Change]) -> str:
    """Return changes as a unified diff."""
    import difflib

    parts: list[str] = []
    for change in changes:
        old, new = (_lines(data) for data in (change.before, change.after))
        for line in difflib.unified_diff(old, new, change.path, change.path):
            parts.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(parts)


def _lines(data: bytes) -> list[str]:
    from statelint.source.text import UndecodableError, decode

    try:
        text = decode(data).text
    except UndecodableError:
        text = data.decode("utf-8", "replace")
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
