"""What is said of a file does not depend on which other files were named, with ``--whole-project``; places in cells."""

import json

import pytest

from statelint.cli.main import main

BUFFER = """\
import numpy as np


class Replay:
    def __init__(self):
        self.rows = []

    def push(self, state):
        self.rows.append(state)
"""
LOOP = """\
import numpy as np

from buffer import Replay


def run(steps):
    replay = Replay()
    state = np.zeros(3)
    for _ in range(steps):
        replay.push(state)
        state += 1.0
    return replay
"""
CELLS = [
    "import jax\n",
    "def sample(key):\n    return jax.random.normal(key) + jax.random.normal(key)\n\ngradient = jax.grad(sample)\n",
]


@pytest.fixture
def found(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.statelint]\n")
    (tmp_path / "buffer.py").write_text(BUFFER)
    (tmp_path / "loop.py").write_text(LOOP)

    def call(*arguments):
        main(["check", "--output-format", "json", *arguments])
        return json.loads(capfd.readouterr().out)

    return call


def test_each_file_alone_has_the_findings_of_the_whole(found):
    whole = found(".")
    assert {each["path"] for each in whole} == {"buffer.py", "loop.py"}
    alone = [each for name in ("buffer.py", "loop.py") for each in found("--whole-project", name)]
    assert alone == whole
    assert found("buffer.py") == []


def test_files_that_are_only_known_are_not_fixed(found, tmp_path):
    found("--whole-project", "--fix", "buffer.py")
    assert (tmp_path / "loop.py").read_text() == LOOP


def test_places_in_a_notebook(found, tmp_path):
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["text"]}]
    cells += [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": text.splitlines(True)}
        for text in CELLS
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))
    (finding,) = found("a.ipynb")
    assert (finding["code"], finding["cell"], finding["cell_line"]) == ("SL602", 3, 2)
    assert [(each["cell"], each["cell_line"]) for each in found("loop.py", "buffer.py")] == [(None, None)] * 2
