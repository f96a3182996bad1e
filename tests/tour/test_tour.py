"""The tour: each of its programs is linted, its proofs are run, and its page is what the command writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fixtures.gaps import gap
from fixtures.programs import ROOT, Program, expectations
from fixtures.test_findings import findings

pytest.importorskip("torch")
pytest.importorskip("jax")

from fixtures.proving import verdicts  # noqa: E402

PROGRAMS = [
    Program(path.parent, path.stem)
    for path in sorted((ROOT / "tour").glob("*/*.py"))
    if re.match(r"(bad|fixed|good)(_|$)", path.stem)
]


@pytest.mark.parametrize("program", [pytest.param(p, id=p.id, marks=gap(p.id)) for p in PROGRAMS])
def test_what_statelint_says(program: Program) -> None:
    problems = expectations(program).mismatch(findings(program.files()))
    assert not problems, f"{program.id}\n{problems}"


@pytest.mark.parametrize("program", [pytest.param(p, id=p.id) for p in PROGRAMS])
def test_what_runs_prove(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for oracle, shows, note in verdicts(program):
        assert shows == (program.role == "bad"), f"{program.id}: {oracle}: {note}"
