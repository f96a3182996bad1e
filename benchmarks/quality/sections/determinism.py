"""The same bytes for any number of processes, order of files and hash seed."""

import hashlib
import random

from benchmarks.quality.bench import LINT, Bench, Run, Tree, run, surroundings
from benchmarks.quality.document import table

TITLE = "Determinism"
NEEDS = "--packages"
INTRODUCTION = """
The JSON report of each package, byte for byte: by one process and by two, with the files named one by one in two random
orders, and with three values of `PYTHONHASHSEED`.
"""
MOST_FILES = 3000
"""Beyond this the names would not fit on a command line."""


def measure(bench: Bench) -> str | None:
    if not bench.trees:
        return None
    return table(
        ("package", "findings", "runs", "different outputs", "sha256 of the output"),
        [_row(bench, each) for each in bench.trees],
    )


def _row(bench: Bench, tree: Tree) -> tuple[object, ...]:
    outputs: list[bytes] = []
    counts: set[int] = set()

    def keep(done: Run) -> None:
        counts.add(len(done.findings))  # a run without a report is no evidence
        outputs.append(done.out)

    def lint(*options: str, seed: str = "0", paths: tuple[str, ...] = (".",)) -> None:
        command = (*bench.command, *LINT, "--output-format", "json", *options, *paths)
        keep(run(command, tree.path, bench.timeout, surroundings(PYTHONHASHSEED=seed)))

    keep(bench.lint(tree, "-j1", "--output-format", "json"))
    lint("-j2")
    lint("-j1", seed="1")
    lint("-j2", seed="4242")
    names = [str(each.relative_to(tree.path)) for each in tree.files]
    if len(names) <= MOST_FILES:
        for seed in (1, 2):
            shuffled = random.Random(seed).sample(names, len(names))
            lint(f"-j{seed}", seed=str(seed), paths=tuple(shuffled))
    sums = {hashlib.sha256(each).hexdigest()[:16] for each in outputs}
    return tree.name, max(counts), len(outputs), len(sums) - 1, ", ".join(sorted(sums))
