"""The peak memory of a run."""

from benchmarks.quality.bench import Bench
from benchmarks.quality.document import number, table

TITLE = "Memory"
NEEDS = "--packages"
INTRODUCTION = """
The peak resident memory of a cold run by one process. The bar: 1500 MB on transformers (1.2 million lines).
"""


def measure(bench: Bench) -> str | None:
    if not bench.trees:
        return None
    rows = []
    for tree in sorted(bench.trees, key=lambda each: -each.lines):
        done = bench.lint(tree, "-j1", "--output-format", "json")
        peak = done.peak if done.findings is not None else 0.0
        rows.append((tree.name, number(tree.lines), number(peak), f"{1000 * peak / tree.lines:.1f}"))
    return table(("package", "lines", "peak, MB", "kB a line"), rows)
