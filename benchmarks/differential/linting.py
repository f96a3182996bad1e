"""The linter, in this process: many programs as the modules of one project."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from statelint import checks
from statelint.config import Settings
from statelint.effects import analyse, link
from statelint.engine.project import Project
from statelint.findings import Confidence
from statelint.source import SourceFile

Findings = set[tuple[str, int]]
"""Codes and lines."""


def lint(programs: Sequence[str]) -> list[Findings]:
    """What is shown by default, for each program."""
    with tempfile.TemporaryDirectory(prefix="differential-") as folder:
        paths = [Path(folder, f"program_{number}.py") for number in range(len(programs))]
        for path, text in zip(paths, programs, strict=True):
            path.write_text(text, "utf-8")
        files = [SourceFile(str(path), str(path.resolve())) for path in paths]
        settings = Settings(root=folder)
        project = Project(files, settings)
        program = link(analyse(project, list(project.modules), settings), settings)
        found: dict[str, Findings] = {str(path): set() for path in paths}
        for draft in checks.run(program, settings):
            if draft.confidence is not Confidence.POSSIBLE:
                found[draft.path].add((draft.code, draft.span[0]))
    return [found[str(path)] for path in paths]
