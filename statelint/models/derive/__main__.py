"""``python -m statelint.models.derive torch|numpy|jax|autograd|tensorflow [--check SAMPLE] [--into FOLDER]``."""

from __future__ import annotations

import argparse
import importlib
import random
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from statelint.models import rows
from statelint.models.derive import render
from statelint.models.loader import shipped_models

Tables = Mapping[str, Mapping[str, Mapping[str, render.Fields]]]
"""Rows by file and by table."""


class Shipped(NamedTuple):
    """What there is of a library: derived rows as lines by name, their other names, and names with a row by hand."""

    derived: dict[str, str]
    others: dict[str, list[str]]
    by_hand: set[str]


def shipped(library: str, folder: Path) -> Shipped:
    """Return what there is of a library."""
    derived: dict[str, str] = {}
    aliases: dict[str, list[str]] = {}
    by_hand: set[str] = set()
    for path in sorted((folder / library).rglob("*.toml")):
        file = rows.read_file(path)
        others: dict[str, list[str]] = {}
        for other, name in file.names.items():
            others.setdefault(name, []).append(other)
        lines = dict(_split(line) for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('"'))
        for name in (*file.functions, *file.classes):
            if "derived" in path.parts:
                derived[name] = lines.get(name, "")
                aliases[name] = others.get(name, [])
            else:
                by_hand.update((name, *others.get(name, ())))
        by_hand.update(file.unmodelled)
    return Shipped(derived, aliases, by_hand)


def _split(line: str) -> tuple[str, str]:
    return line[1:].partition('"')[0], line


def compare(found: Tables, known: Mapping[str, str], names: Collection[str]) -> list[str]:
    """Return a line of difference for each name whose row is not the one that is shipped."""
    lines = {
        name: render.line(name, row)
        for tables in found.values()
        for table in tables.values()
        for name, row in table.items()
    }
    return [
        f"- {known[name]}\n+ {lines.get(name, 'nothing')}"
        for name in names
        if name in known and lines.get(name) != known[name]
    ]


def check(
    derive: Callable[[Collection[str], Collection[str]], Tables], known: Shipped, names: Collection[str]
) -> list[str]:
    """Derive some rows again, with all their other names, and return how they differ from what is shipped."""
    wanted = {other for name in names for other in (name, *known.others[name])}
    return compare(derive(known.by_hand, wanted), known.derived, names)


def main(arguments: list[str] | None = None) -> int:
    """Derive the models of one library, or compare a sample of them with what is shipped."""
    parser = argparse.ArgumentParser(prog="python -m statelint.models.derive", description=__doc__)
    parser.add_argument("library", choices=["torch", "numpy", "jax", "autograd", "tensorflow"])
    parser.add_argument("--check", type=int, metavar="SAMPLE", help="derive so many rows again and compare")
    parser.add_argument("--seed", type=int, default=0, help="which sample")
    parser.add_argument("--into", type=Path, default=shipped_models(), metavar="FOLDER")
    options = parser.parse_args(arguments)
    module = importlib.import_module(f"statelint.models.derive.{options.library}_library")
    known = shipped(options.library, options.into)
    if options.check is not None:
        names = random.Random(options.seed).sample(sorted(known.derived), min(options.check, len(known.derived)))
        differences = check(module.derive, known, names)
        print("\n".join([*differences, f"{len(names)} rows derived again, {len(differences)} differ"]))
        return 1 if differences else 0
    for file, tables in module.derive(known.by_hand, set()).items():
        path = options.into / options.library / "derived" / f"{file}.toml"
        render.write(path, options.library, module.version(), tables)
        print(f"{path}: {sum(len(table) for table in tables.values())} rows", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
