from __future__ import annotations

import json
from typing import Any

import pytest

from explain.sample import MODEL
from statelint.cli.main import main


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a verb in a folder that holds the sample as model.py; its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (tmp_path / "model.py").write_text(MODEL)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def boundary(run):
    """The boundary of a function of the sample, as its JSON."""

    def call(name: str, path: str = "model.py") -> dict[str, Any]:
        code, out, err = run("explain", f"{path}::{name}", "--output-format", "json")
        assert (code, err) == (0, "")
        found: dict[str, Any] = json.loads(out)
        return found

    return call
