"""The command: which sections to measure, on what, and where to write them."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.quality import document
from benchmarks.quality.bench import ROOT, Bench, RunError
from benchmarks.quality.sections import ORDER


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--only", action="append", choices=ORDER, help="a section to measure; may be given again")
    parser.add_argument("--packages", type=Path, metavar="DIR", help="a folder of unpacked packages, a folder each")
    parser.add_argument("--package", action="append", default=[], metavar="NAME", help="only these of them")
    parser.add_argument("--speed-package", default="timm", metavar="NAME", help="the one that times are compared on")
    parser.add_argument("--largest", type=int, default=2_000_000, metavar="LINES", help="leave out larger packages")
    parser.add_argument("--lib", type=Path, metavar="DIR", help="CPython's Lib with Lib/test; default: this Python's")
    parser.add_argument("--torchfix", type=Path, metavar="PYTHON", help="a Python that has torchfix")
    parser.add_argument("--cases", type=Path, metavar="DIR", help="a folder of cases with its score.py")
    parser.add_argument("--wild", type=Path, metavar="DIR", help="a folder of wild cases with its score_wild.py")
    parser.add_argument("--trees", type=Path, metavar="DIR", help="the trees that the wild cases were cut into")
    parser.add_argument("--repeat", type=int, default=10, metavar="N", help="runs per start-up time; other times: 2")
    parser.add_argument("--programs", type=int, default=0, metavar="N", help="random programs of each kind")
    parser.add_argument("--seed", type=int, default=0, help="which random programs")
    parser.add_argument("--timeout", type=int, default=1800, metavar="SECONDS", help="what counts as a hang")
    parser.add_argument("--print", action="store_true", help="print the sections and write nothing")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "quality.md", metavar="FILE")
    given = parser.parse_args(arguments)
    bench = Bench(given)
    for name in ORDER:
        if given.only and name not in given.only:
            continue
        section = importlib.import_module(f"benchmarks.quality.sections.{name.replace('-', '_')}")
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            body = section.measure(bench)
        except RunError as error:
            bench.troubles.append(f"{name}: not written: {error}")
            continue
        if body is None:
            print(f"{name}: not measured: {section.NEEDS}", file=sys.stderr)
            continue
        text = document.section(name, section.TITLE, section.INTRODUCTION, body, bench.stamp())
        if given.print:
            print(text)
        else:
            document.write(given.output, name, text, ORDER)
    for each in dict.fromkeys(bench.troubles):
        print(each, file=sys.stderr)
    return 1 if bench.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
