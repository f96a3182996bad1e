"""From the runs on all engines to one answer with its reasons."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from statelint.verify.engines import engines_of, is_installed
from statelint.verify.process import run, verdict_of
from statelint.verify.records import CHECKS, Checked, Limits, Report, Request, Row, Run, Target

SCHEMA = 1
NOT_SEEN = (
    "other inputs, shapes and branches than this point and one near it",
    "higher derivatives; results of several elements were projected onto one random direction",
    "state outside Python (files, clock, environment, devices) and state that no attribute shows",
)


def verify(targets: Sequence[Target], limits: Limits, seed: int = 0) -> Report:
    """Run each target on each engine that there is, and compare the last with the first if there are two."""
    requests = [Request(t, engine, seed, limits) for t in targets for engine in engines_of(t.framework)]
    with ThreadPoolExecutor(min(len(requests), os.cpu_count() or 1)) as pool:
        runs = list(pool.map(run, requests))
    checked = []
    for target in targets:
        own = tuple(r for q, r in zip(requests, runs, strict=True) if q.target is target)
        checked.append(_combined(target, own))
    agreement = _agreement(checked[0], checked[-1]) if len(checked) > 1 else ()
    return Report(SCHEMA, checked[-1].verdict, tuple(checked), agreement, NOT_SEEN)


def _combined(target: Target, runs: tuple[Run, ...]) -> Checked:
    """The framework's own word counts; the tape's where the framework has none."""
    rows: list[Row] = []
    because: list[str] = []
    for check in CHECKS:
        found = {r.engine: row for r in runs for row in r.rows if row.check == check}
        chosen = _chosen(found, target.framework)
        if chosen is None:
            continue
        engine, row = chosen
        rows.append(row)
        if row.verdict != "proved":
            because.append(f"{check}{f' ({engine})' if len(runs) > 1 else ''}: {row.text}")
    decisive = runs[-1]
    trouble = ""
    if decisive.trouble and not (len(runs) > 1 and not runs[0].trouble and not decisive.rows):
        trouble = decisive.trouble
    elif decisive.trouble:
        trouble = f"{decisive.engine}: {decisive.trouble}"
    if target.framework == "tensorflow":
        trouble = "TensorFlow code is not run by verify"
    if trouble:
        because.insert(0, trouble)
    return Checked(target.shown, target.framework, verdict_of(tuple(rows), trouble), tuple(because), runs)


def _chosen(found: dict[str, Row], framework: str) -> tuple[str, Row] | None:
    tape, own = found.get("tape"), found.get(framework)
    if own is None or (own.verdict == "inconclusive" and tape is not None and tape.verdict != "inconclusive"):
        return None if tape is None else ("tape", tape)
    if tape is not None and tape.verdict == "refuted" and own.verdict == "proved":
        text = f"{framework} says proved, the tape says refuted: {tape.text}"
        return "both", Row(own.check, "inconclusive", text, tape.details)
    return framework, own


def _agreement(first: Checked, second: Checked) -> tuple[str, ...]:
    """Do the two functions return the same, engine by engine? One line each."""
    out = []
    for a in first.runs:
        b = next((r for r in second.runs if r.engine == a.engine), None)
        if b is None or not a.results or not b.results:
            continue
        if a.inputs.partition(" = ")[2] != b.inputs.partition(" = ")[2]:
            out.append(f"{a.engine}: not compared: the inputs are different ones ({a.inputs}; {b.inputs})")
            continue
        gaps = []
        for x, y in zip(a.results, b.results, strict=False):
            if isinstance(x.value, list) and isinstance(y.value, list) and len(x.value) == len(y.value):
                u, v = np.array(x.value), np.array(y.value)
                if not np.allclose(u, v, 1e-6, 1e-9, equal_nan=True):
                    gaps.append(f"{x.path} by up to {np.nanmax(np.abs(u - v)):.4g}")
            elif x.value != y.value:
                gaps.append(f"{x.path}")
        if len(a.results) != len(b.results):
            gaps.append(f"{len(a.results)} results, then {len(b.results)}")
        out.append(
            f"{a.engine}: " + (f"values differ: {', '.join(gaps[:4])}" if gaps else "values of the first run agree")
        )
    return tuple(out)


def needs(framework: str) -> str:
    """What should be installed to see more; empty if nothing."""
    if framework in ("torch", "jax", "autograd") and not is_installed(framework):
        return framework
    return ""
