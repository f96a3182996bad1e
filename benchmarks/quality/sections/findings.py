"""How much is reported on real packages."""

from collections import Counter

from benchmarks.quality.bench import Bench
from benchmarks.quality.document import number, table

TITLE = "Findings on real packages"
NEEDS = "--packages"
INTRODUCTION = """
What is shown by default (certain and likely), per 1000 lines. The bar: fewer than 1.
"""


def measure(bench: Bench) -> str | None:
    if not bench.trees:
        return None
    rows: list[tuple[str, ...]] = []
    codes: Counter[str] = Counter()
    lines = total = 0
    for tree in bench.trees:
        done = bench.lint(tree, "-j1", "--output-format", "json")
        findings = done.findings
        certain = sum(each["confidence"] == "certain" for each in findings)
        rate = 1000 * len(findings) / tree.lines
        rows.append((tree.name, number(tree.lines), str(len(findings)), str(certain), f"{rate:.2f}"))
        codes.update(f"{each['code']} {each['name']}" for each in findings)
        lines, total = lines + tree.lines, total + len(findings)
    rows.append(("all", number(lines), str(total), "", f"{1000 * total / lines:.2f}"))
    by_rule = [(name, str(count)) for name, count in sorted(codes.items(), key=lambda row: (-row[1], row[0]))]
    header = ("package", "lines", "findings", "of them certain", "per 1000 lines")
    return f"{table(header, rows)}\n\n{table(('rule', 'findings'), by_rule)}"
