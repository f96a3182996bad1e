"""The tour: each of its programs is linted, its proofs are run, and its page is what the command writes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from fixtures.gaps import gap
from fixtures.programs import ROOT, Program, expectations
from fixtures.test_findings import findings

pytest.importorskip("torch")
pytest.importorskip("jax")

sys.path.insert(0, str(ROOT.parent))

from fixtures.proving import verdicts

from documentation import tour

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


def test_the_page_is_up_to_date() -> None:
    assert tour.PAGE.read_text("utf-8") == tour.page(), f"docs/tour.md is out of date: {tour.COMMAND}"


def test_all_programs_are_shown() -> None:
    shown = {program.path for each in tour.stops().values() for program in each}
    assert shown == {program.path for program in PROGRAMS}
