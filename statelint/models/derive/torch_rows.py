"""Rows for torch's functions and tensor methods, from experiments."""

from __future__ import annotations

import contextlib
import re
import sys
import time
import warnings
from collections.abc import Collection, Iterable
from typing import Any

import torch

from statelint.models.derive import fold, render, signatures, torch_cases, torch_probe, torch_signatures
from statelint.models.derive.observation import Observation
from statelint.models.derive.operands import Call, leaves
from statelint.models.derive.torch_cases import Case

_INTERNAL = re.compile(r"torch\.(ops|_|Tensor\._[a-z])|jiterator|\._(?!_)")
_FLEXIBLE = {"torch.rand", "torch.randn", "torch.empty", "torch.zeros", "torch.ones"}
"""Factories whose sizes come one by one as often as in a tuple."""


def version() -> str:
    """Return torch's version without the build's suffix."""
    return ".".join(torch.__version__.split("+")[0].split(".")[:2])


def derive(
    count: int, skip: Collection[str], only: Collection[str] = ()
) -> tuple[dict[str, render.Fields], dict[str, str]]:
    """Return the grouped rows, and for each name that no call worked on the last error."""
    rows: dict[str, render.Fields] = {}
    failed: dict[str, str] = {}
    found = torch_cases.cases(count, only)
    started = time.monotonic()
    for name, case in found.items():
        if name in skip or _INTERNAL.search(name) or (only and name not in only):
            continue
        row = _row(case, failed)
        if row is not None:
            rows[name] = row
    print(f"{len(rows)} names in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return render.group(rows, {name: case.family for name, case in found.items()}), failed


def _row(case: Case, failed: dict[str, str]) -> render.Fields | None:
    seen: list[Observation] = []
    working: list[Call] = []
    error = ""
    for call in torch_cases.variants(case):
        try:
            seen.append(torch_probe.observe(call))
            working.append(call)
        except Exception as problem:  # whatever torch raises on a sample that this form does not take
            error = f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"
    params = torch_signatures.params(case.name, case.function, [(item.positional, item.keywords) for item in seen])
    if not seen or params is None:
        failed[case.name] = error or "no signature"
        return None
    row = fold.fold(seen, params)
    row.params = signatures.text(params)
    if case.name in _FLEXIBLE:
        row.params = re.sub(r"^\w+, \*,", "*size,", row.params)
    if any(param.name == "out" for param in params) and any(_writes_out(call) for call in working[:3]):
        row.mutates = ", ".join(filter(None, [row.mutates, "out"]))
    if row.grad == "no" and any(param.name == "requires_grad" for param in params):
        row.grad = "keyword"
    fields: render.Fields = dict(row.fields())
    if _lost(case.name, row):
        fields["must_use"] = True
    return fields


def _lost(name: str, row: fold.Row) -> bool:
    """Tell whether dropping the result is surely a mistake for the in-place form of the same name."""
    twin = f"{name.rpartition('.')[2]}_"
    pure = row.mutates in ("", "out") and not row.draws and "inplace" not in row.params
    return pure and not twin.startswith("_") and hasattr(torch.Tensor, twin)


def _writes_out(call: Call) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result: Any = call.function(*call.args, **call.kwargs)
    parts = [leaf.array for leaf in leaves(result, torch_probe.is_tensor)]
    out = [torch.zeros_like(part) for part in parts]
    if not out:
        return False
    with contextlib.suppress(Exception), warnings.catch_warnings():  # many forms have no out=
        warnings.simplefilter("ignore")
        call.function(*call.args, **{**call.kwargs, "out": out[0] if len(out) == 1 else tuple(out)})
        return any(tensor._version > 0 for tensor in out)
    return False


def files(rows: dict[str, render.Fields]) -> Iterable[tuple[str, dict[str, render.Fields]]]:
    """Yield the rows by the file that they belong to."""
    places = {"torch.nn.functional.": "functional", "torch.linalg.": "linalg", "torch.special.": "special"}
    places |= {"torch.fft.": "fft", "torch.Tensor.": "tensor", "torch.signal.": "signal", "torch.masked.": "masked"}
    grouped: dict[str, dict[str, render.Fields]] = {}
    for name, row in rows.items():
        place = next((file for prefix, file in places.items() if name.startswith(prefix)), "functions")
        grouped.setdefault(place, {})[name] = row
    for place, held in grouped.items():
        yield place, dict(sorted(held.items()))
