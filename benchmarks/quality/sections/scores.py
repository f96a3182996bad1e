"""Recall and silence on folders of proved cases, by the scripts that come with them."""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.quality.bench import ROOT, Bench, run, surroundings

TITLE = "Scores on known bugs"
NEEDS = "--cases, or --wild and --trees"
INTRODUCTION = """
Publicly reported bugs: rebuilt in small with the repaired program beside each (*cases*), and in the repositories where
they were, at the commit before their repair (*wild*). *Found* is a finding on a line of the bug; *silent* and *clean*
are no finding on the repaired one.
"""


def measure(bench: Bench) -> str | None:
    given = bench.given
    parts = []
    if given.cases is not None:
        root = given.cases.resolve()
        parts.append(("Cases", root, (sys.executable, "score.py", ".", "--jobs", "2")))
    if given.wild is not None and given.trees is not None:
        root = given.wild.resolve()
        parts.append(("Wild", root, (sys.executable, "score_wild.py", ".", given.trees.resolve(), "--jobs", "2")))
    if not parts:
        return None
    with tempfile.TemporaryDirectory() as name:
        environment = _with_command(Path(name))
        texts = []
        for title, root, command in parts:
            done = run(command, root, 2 * bench.timeout, environment)
            out = done.out.decode("utf-8", "replace").rstrip()
            if done.code or not out:
                out = f"{out}\nthe script ended with {done.code}: {done.error.strip().splitlines()[-1:]}".strip()
            texts.append(f"{title}:\n\n```text\n{out}\n```")
    return "\n\n".join(texts)


def _with_command(folder: Path) -> dict[str, str]:
    """An environment in which ``statelint`` is this checkout's."""
    shim = folder / "statelint"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m statelint "$@"\n')
    shim.chmod(0o755)
    return surroundings(PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
