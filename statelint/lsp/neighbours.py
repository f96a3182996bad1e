"""The rest of a small project: who calls a function decides what is wrong in it, and is seldom open as well.

A large project would be too slow to lint at each pause in typing. There the open documents and what they import are
known, as when ``statelint check`` is given these files alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from statelint.config import DEFAULT_EXCLUDE, Configurations
from statelint.source import Discovery

BYTES = 300_000
"""Source beyond which a project counts as large."""
_ENTRIES = 3000
"""Files and folders beyond which a folder is not even looked through."""


def neighbours(paths: Iterable[str], configurations: Configurations) -> list[str]:
    """Return the files of the projects that documents belong to, without those that are too large."""
    found: list[str] = []
    roots = {root for path in paths if (root := _root(path, configurations)) is not None}
    for root in sorted(roots):
        if not _surveyable(root):
            continue
        files = [each.absolute for each in Discovery(configurations.of).find([root], root)]
        if sum(_sizes(files)) <= BYTES:
            found += files
    return found


def _root(path: str, configurations: Configurations) -> str | None:
    root = configurations.of(os.path.dirname(path)).root
    return root if root and path.startswith(root.rstrip(os.sep) + os.sep) else None


def _surveyable(root: str) -> bool:
    """Say whether a folder is small enough to look through; the home folder is not."""
    seen = 0
    waiting = [root]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if seen > _ENTRIES:
                        return False
                    if entry.name not in DEFAULT_EXCLUDE and entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return True


def _sizes(files: Iterable[str]) -> Iterator[int]:
    for path in files:
        try:
            yield os.stat(path).st_size
        except OSError:
            continue
