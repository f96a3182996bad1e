"""Random programs, linted and run."""

import platform

from benchmarks.differential.__main__ import measure as programs
from benchmarks.differential.kinds import KINDS
from benchmarks.differential.scoring import score
from benchmarks.quality.bench import Bench, importlib_version
from benchmarks.quality.document import table

TITLE = "Random programs"
NEEDS = "--programs"
INTRODUCTION = """
Random programs are linted and run, and the two must agree: `python -m benchmarks.differential KIND --programs N
--seed S` writes those on which they do not. *torch-straight* and *torch-control*: errors of the version counter, of
leaves and of expanded views, and gradients that differ from a run whose saved tensors are cloned, against SL201
(SL504), SL202, SL203 and SL206 with their lines; *numpy-alias*: the pairs of names that share memory against those
of the storage-identity graph (recall and false alarms are of pairs); *jax-keys*: keys that are consumed twice
against SL602 (SL603) with its line. *Recall* is the share of wrong programs with a fault found at its line, *false
alarms* the share of right programs with a finding.
"""


def measure(bench: Bench) -> str | None:
    count = bench.given.programs
    if not count:
        return None
    rows = []
    for name in KINDS:
        total = score(result for _, result in programs(name, count, bench.given.seed))
        if name == "numpy-alias":
            recall, alarms = total.found / total.expected, total.stray / (total.found + total.stray)
        else:
            recall, alarms = 1 - total.missed / total.wrong, total.alarmed / total.right
        found = f"{total.found}/{total.expected}"
        rows.append(
            (name, bench.given.seed, total.wrong, total.right, f"{recall:.2%}", f"{alarms:.2%}", found)
        )  # fmt: skip
    versions = ", ".join(f"{each} {importlib_version(each)}" for each in ("torch", "numpy", "jax"))
    body = table(("kind", "seed", "wrong programs", "right programs", "recall", "false alarms", "faults found"), rows)
    return f"{count} programs of each kind, {versions}, Python {platform.python_version()}.\n\n{body}"
