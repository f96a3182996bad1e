"""All of torch: functions, tensor methods and layers."""

from __future__ import annotations

import sys
from collections.abc import Collection

from statelint.models.derive import render, torch_modules, torch_rows

version = torch_rows.version
SAMPLES = 8
"""Calls taken from each entry of the operator database."""


def derive(skip: Collection[str], only: Collection[str]) -> dict[str, dict[str, dict[str, render.Fields]]]:
    """Return rows by file and table, those for ``only`` if it is not empty."""
    functions, failed = torch_rows.derive(SAMPLES, skip, only)
    files = {place: {"functions": held} for place, held in torch_rows.files(functions)}
    if not only or any(name.startswith("torch.nn.") and name.count(".") == 2 for name in only):
        layers = {name: row for name, row in torch_modules.derive(only).items() if name not in skip}
        files["layers"] = {"classes": dict(sorted(layers.items()))}
    for name, error in failed.items():
        print(f"no row for {name}: {error}", file=sys.stderr)
    return files
