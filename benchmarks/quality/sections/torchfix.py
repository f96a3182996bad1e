"""CPU time against TorchFix, the linter for PyTorch's own deprecations."""

from benchmarks.quality.bench import Bench, RunError, run, surroundings
from benchmarks.quality.document import table

TITLE = "Against TorchFix"
NEEDS = "--torchfix and --packages with the package of --speed-package in it"
INTRODUCTION = """
CPU time of a cold run over the same package, by all processes together: TorchFix with all its rules, which works file
by file, and statelint by one process. The bar: a tenth.
"""


def measure(bench: Bench) -> str | None:
    tree, python = bench.compared, bench.given.torchfix
    if tree is None or python is None:
        return None
    other = run((python.absolute(), "-m", "torchfix", "--select=ALL", "."), tree.path, bench.timeout, _plain())
    own = bench.lint(tree, "-j1", "--output-format", "json")
    _ = own.findings
    if other.code not in (0, 1) and not other.hung:
        raise RunError(f"TorchFix: {other.error.strip().splitlines()[-1:]}")
    rows = [
        ("TorchFix", f"{other.cpu:.1f}", f"{other.wall:.1f}", "1"),
        ("statelint -j1", f"{own.cpu:.1f}", f"{own.wall:.1f}", f"1/{other.cpu / own.cpu:.1f}"),
    ]
    text = f"{tree.name}:\n\n{table(('linter', 'CPU, s', 'wall, s', 'ratio of CPU'), rows)}"
    return text + (f"\n\nTorchFix was stopped after {bench.timeout} s." if other.hung else "")


def _plain() -> dict[str, str]:
    return {name: value for name, value in surroundings().items() if name != "PYTHONPATH"}
