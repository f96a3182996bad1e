"""The command: random programs of a kind, linted and run; the figures, and the programs on which the two disagree.

``python -m benchmarks.differential torch-straight --programs 2000 --seed 7 --into /tmp/disagreements --shrink``
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.differential.kinds import KINDS, Result, kind, programs
from benchmarks.differential.scoring import score
from benchmarks.differential.shrinking import shrink

BATCH = 100
Checked = list[tuple[str, Result]]


def checked(name: str, count: int, seed: int, first: int = 0) -> Checked:
    """Some programs of a seed with their results."""
    warnings.simplefilter("ignore")
    made = programs(name, count, seed, first)
    return list(zip(made, kind(name).check(made), strict=True))


def measure(name: str, count: int, seed: int, jobs: int = 1) -> Checked:
    """All programs of a seed, in batches."""
    batches = [(min(BATCH, count - first), first) for first in range(0, count, BATCH)]
    if jobs == 1:
        return [each for size, first in batches for each in checked(name, size, seed, first)]
    with ProcessPoolExecutor(jobs) as pool:
        futures = [pool.submit(checked, name, size, seed, first) for size, first in batches]
        return [each for future in futures for each in future.result()]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.differential", description=__doc__)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("--programs", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where to write the programs that disagree")
    parser.add_argument("--shrink", action="store_true", help="make them as small as they get")
    given = parser.parse_args(arguments)
    start = time.perf_counter()
    results = measure(given.kind, given.programs, given.seed, given.jobs)
    total = score(result for _, result in results)
    print(
        f"{given.kind}, seed {given.seed}, {given.programs} programs in {time.perf_counter() - start:.0f} s: {total.line()}"
    )
    for reason, times in total.reasons.most_common(5):
        print(f"  discarded {times} times: {reason}", file=sys.stderr)
    if given.into:
        given.into.mkdir(parents=True, exist_ok=True)
        for number, (text, result) in enumerate(results):
            if not result.agrees and not result.discarded:
                smaller = shrink(kind(given.kind), text) if given.shrink else text
                said = kind(given.kind).check([smaller])[0]
                note = f"# missing {said.missing}, stray {said.stray}\n"
                (given.into / f"{number:05}.py").write_text(smaller + note, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
