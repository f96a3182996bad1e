"""The share of programs for torch and jax.numpy that run unchanged on the tape's facades."""

import json
import sys
from collections import Counter
from pathlib import Path

from benchmarks.quality.bench import ROOT, Bench, run, surroundings
from benchmarks.quality.document import table

TITLE = "Programs on the facades of the tape"
NEEDS = ""
INTRODUCTION = """
Each `bad.py`, `good.py` and `fixed.py` of the fixtures (and of `--cases`), with the modules beside it, is run as its
proof drives it, but `import torch` and `import jax` give the facade. A program *runs* if nothing is raised but what the
tape is there to refuse in a bad one. Where a proof asks JAX's own key or leak checker, the function is called. Programs
that import libraries on top (flax, optax, equinox ...) need the framework's own internals and are not counted.
"""
FRAMEWORKS = {"torch": "torch", "jax": "jax_numpy"}
"""Facade -> the folder of its cases."""
MOST = 8


def measure(bench: Bench) -> str | None:
    rows, missing = [], Counter()
    for framework, cases in FRAMEWORKS.items():
        sets = {"fixtures": sorted((ROOT / "fixtures").glob(f"*/{framework}_*"))}
        if bench.given.cases is not None:
            root = bench.given.cases.resolve() / cases
            sets["cases"] = sorted(each for each in root.iterdir() if each.is_dir())
        for name, folders in sets.items():
            found = _run(bench, framework, folders)
            counted = [each for each in found if not each["on_top"]]
            runs = sum(not each["trouble"] for each in counted)
            share = f"{100 * runs / len(counted):.0f} %" if counted else "-"
            rows.append((framework, name, len(counted), runs, share, len(found) - len(counted)))
            missing.update(f"{framework}: {each['trouble']}" for each in counted if each["trouble"])
    lines = [f"- {count} x {text.replace('|', ' ')}" for text, count in missing.most_common(MOST)]
    header = ("facade", "programs of", "counted", "run", "share", "on other libraries")
    return table(header, rows) + "\n\nWhat stops the others most:\n\n" + "\n".join(lines or ["- nothing"])


def _run(bench: Bench, framework: str, folders: list[Path]) -> list[dict]:
    command = (sys.executable, "-m", "benchmarks.quality.sections._facade_programs", framework, *map(str, folders))
    done = run(command, ROOT, bench.timeout, surroundings(PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1"))
    if done.code:
        bench.troubles.append(f"facades: {framework}: ended with {done.code}: {done.error.strip()[-200:]}")
    return [json.loads(line) for line in done.out.decode().splitlines()]
