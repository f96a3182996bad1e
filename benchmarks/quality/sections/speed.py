"""The whole run against astroid building its own trees, and two processes against one."""

import sys
import tempfile

from benchmarks.quality.bench import Bench, run
from benchmarks.quality.document import number, table

TITLE = "Speed"
NEEDS = "--packages with the package of --speed-package in it"
INTRODUCTION = """
A cold run over one package, everything included, against astroid building its own trees for the same files and nothing
else; in turns on the same machine, the faster of two runs of each. The bars: at most 1.5 times astroid by one process,
and by two processes at least 1.7 times as fast as by one.
"""
ASTROID = """
import sys
from astroid import builder, manager
sys.setrecursionlimit(10000)
made = builder.AstroidBuilder(manager.AstroidManager())
failed = 0
for number, path in enumerate(open(sys.argv[1]).read().splitlines()):
    try:
        made.file_build(path, f"module_{number}")
    except Exception:
        failed += 1
print(failed)
"""


def measure(bench: Bench) -> str | None:
    tree = bench.compared
    if tree is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(map(str, tree.files)))
        listed.flush()
        astroid, one, two = [], [], []
        for _ in range(2):
            astroid.append(run((sys.executable, "-c", ASTROID, listed.name), tree.path, bench.timeout))
            one.append(bench.lint(tree, "-j1", "--output-format", "json", again=True))
            two.append(bench.lint(tree, "-j2", "--output-format", "json", again=True))
    for each in (*one, *two):
        _ = each.findings
    failed = min(int(each.out) if each.out.strip().isdigit() else len(tree.files) for each in astroid)
    best = {name: min(runs, key=lambda each: each.wall) for name, runs in (("a", astroid), ("1", one), ("2", two))}
    rows = [
        (
            label,
            f"{each.wall:.1f}",
            f"{each.cpu:.1f}",
            f"{1e6 * each.wall / tree.lines:.0f}",
            f"{each.wall / best['a'].wall:.2f}",
            f"{each.cpu / best['a'].cpu:.2f}",
        )
        for label, each in (("astroid's trees", best["a"]), ("statelint -j1", best["1"]), ("statelint -j2", best["2"]))
    ]
    header = ("run", "wall, s", "CPU, s", "µs a line", "ratio to astroid", "ratio of CPU")
    ratio = best["1"].wall / best["2"].wall
    size = f"{number(len(tree.files))} files, {number(tree.lines)} lines"
    return (
        f"{tree.name}: {size}; astroid failed on {failed} of the files.\n\n{table(header, rows)}\n\n"
        f"Two processes are {ratio:.2f} times as fast as one."
    )
