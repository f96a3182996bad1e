"""Neither crash nor hang, whatever the files are."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.quality.bench import LIBRARY_EXCLUDE, LINT, Bench, Run, RunError, Tree, run
from benchmarks.quality.document import number, table
from benchmarks.quality.sections._nasty import EXPECTED, write_nasty

TITLE = "Robustness"
NEEDS = ""
INTRODUCTION = """
Each tree is linted by one process in one run. A crash is an exit code other than 0 and 1, or an internal error of
statelint anywhere; a hang is a run that had to be killed. Files that cannot be read (SL001) or are no Python (SL002)
are findings, and the rest is linted.
"""


def measure(bench: Bench) -> str:
    rows = []
    library = bench.library
    every = ("--exclude", ",".join(LIBRARY_EXCLUDE))
    rows.append(_row(library, bench.lint(library, "-j1", "--output-format", "json", *every)))
    for tree in bench.trees:
        rows.append(_row(tree, bench.lint(tree, "-j1", "--output-format", "json")))
    header = ("tree", "files", "lines", "SL001", "SL002", "internal errors", "seconds", "result")
    return f"{table(header, rows)}\n\n{_nasty(bench)}"


def _row(tree: Tree, done: Run) -> tuple[str, ...]:
    codes = Counter(each["code"] for each in _findings(done))
    errors = done.internal_errors
    counts = (number(len(tree.files)), number(tree.lines), str(codes["SL001"]), str(codes["SL002"]), str(errors))
    return (tree.name, *counts, f"{done.wall:.1f}", _verdict(done))


def _verdict(done: Run) -> str:
    return "hang" if done.hung else "crash" if done.crashed else "no crash"


def _findings(done: Run) -> list[dict[str, Any]]:
    try:
        return done.findings
    except RunError:
        return []


def _nasty(bench: Bench) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_nasty(folder)
        try:
            done = run((*bench.command, *LINT, "-j1", "--output-format", "json", "."), folder, bench.timeout)
        finally:
            (folder / "closed").chmod(0o700)
    found: dict[str, set[str]] = {}
    for each in _findings(done):
        found.setdefault(each["path"].split("/")[0], set()).add(each["code"])
    rows = []
    for path, (what, codes) in EXPECTED.items():
        got = found.get(path, set())
        rows.append(
            (what, ", ".join(sorted(got)) or "nothing", "as expected" if got & codes or not codes else "missed")
        )
    head = f"Generated files, linted in one run of {done.wall:.1f} s: {_verdict(done)}."
    return f"{head}\n\n{table(('file', 'found', 'result'), rows)}"
