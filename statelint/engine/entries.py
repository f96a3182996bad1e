"""Entries of a configuration that have no effect, reported at their line like any other finding."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from statelint.config import Settings, path_patterns
from statelint.engine.project import shown_path
from statelint.findings import Confidence, Draft
from statelint.source import SourceFile


def dead_entries(
    settings: Settings, files: Iterable[str], folders: Sequence[str]
) -> tuple[SourceFile, list[Draft]] | None:
    """Return the configuration's file, and an SL003 for each pattern of ``per-file-ignores`` that no file matches.

    ``files`` are the run's, ``folders`` those that it was asked to lint: only a run over the whole project can tell.
    """
    if not settings.origin or not settings.per_file_ignores:
        return None
    if not any(settings.root == each or settings.root.startswith(each.rstrip(os.sep) + os.sep) for each in folders):
        return None
    paths = list(files)
    file = SourceFile(shown_path(settings.origin), settings.origin)
    drafts: list[Draft] = []
    for pattern in settings.per_file_ignores:
        bare = pattern.removeprefix("!")
        patterns = path_patterns((bare,), settings.root)
        span = _entry(file, pattern)
        if span is None or any(patterns.matches_tree(path) for path in paths):
            continue
        message = f"No file matches the pattern `{pattern}` of per-file-ignores: the entry has no effect."
        help = "Correct the pattern, or remove the entry."
        drafts.append(Draft("SL003", file.path, span, message, help, Confidence.CERTAIN, ""))
    return file, drafts


def _entry(file: SourceFile, pattern: str) -> tuple[int, int, int, int] | None:
    """Where a pattern stands in quotes; None if it comes from a file that this one extends."""
    for quote in ('"', "'"):
        quoted = f"{quote}{pattern}{quote}"
        for number in range(1, len(file.lines) + 1):
            line = file.lines.line(number)
            at = line.find(quoted)
            if at >= 0:
                start = len(line[:at].encode("utf-8", "surrogatepass"))
                return number, start, number, start + len(quoted.encode("utf-8", "surrogatepass"))
    return None
