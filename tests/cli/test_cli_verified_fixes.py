"""``check --fix --verify``: what is fixed is run before it is written, and taken back where running it refutes it."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("numba")

from statelint.cli.main import main
from statelint.findings import Applicability, Edit, Fix
from statelint.fixes import _registry

HEAD = "import torch\nfrom torch import nn\nfrom shared import half\n\n\n"
GATE = """# statelint: example=(3,)
class Gate(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), 0.3))

    # statelint: example=(torch.linspace(0.1, 0.9, 3),)
    def forward(self, x):
        gate = torch.sigmoid(self.weight * x)
        gate *= half()
        return gate.sum()
"""
MEAN = "\n\ndef mean(values, seen=[]):\n    seen.append(values)\n    return sum(seen)\n"
RIGHT = "        gate = gate * half()\n"
WRITE = "        gate *= half()\n"


@pytest.fixture
def fix(tmp_path, monkeypatch, capfd):
    """Fixes a file of a package beside another module; the exit code, the new text and what was said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared.py").write_text("def half():\n    return 0.5\n")

    def call(text, *options):
        (tmp_path / "a.py").write_text(HEAD + text)
        code = main(["check", "--isolated", "--no-cache", "--fix", "--verify", *options, "a.py"])
        return code, (tmp_path / "a.py").read_text().removeprefix(HEAD), capfd.readouterr().err

    return call


def test_a_right_fix_is_proved_and_written(fix):
    code, text, said = fix(GATE + MEAN)
    assert code == 0
    assert text.startswith(GATE.replace(WRITE, RIGHT))
    assert "a.py::Gate.forward: fixed, proved (before: refuted)" in said
    assert "a.py::mean: fixed, not run: no input for `values`" in said


def test_a_refuted_fix_is_taken_back_alone(fix, monkeypatch):
    def wrong(draft, source):
        line = draft.span[0]
        return Fix(Applicability.SAFE, "wrong", (Edit(line, 9, line, 23, "gate = gate + gate.detach() * half()"),))

    monkeypatch.setitem(_registry.kinds(), "SL201", wrong)
    code, text, said = fix(GATE + MEAN)
    assert code == 1  # the finding is still there
    assert text.startswith(GATE)
    assert "seen=None" in text  # the other function's fix stays
    assert "a.py::Gate.forward: the fix is taken back, because running it refutes it: gradient" in said


def test_diff_shows_what_is_left_and_writes_nothing(fix):
    code, text, said = fix(GATE, "--diff")
    assert code == 1
    assert text == GATE
    assert "proved" in said


def test_it_belongs_to_fixing_of_files(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--isolated", "--verify", "."]) == 2
    assert "--verify belongs to --fix" in capfd.readouterr().err
