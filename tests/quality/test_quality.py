"""The command that measures: that it writes what it measured, where it belongs, and nothing that it did not measure."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEY_TWICE = (
    "import jax\n\n\ndef f(key):\n    return jax.random.normal(key) + jax.random.normal(key)\n\n\ng = jax.grad(f)\n"
)


@pytest.fixture
def page(tmp_path):
    package = tmp_path / "packages" / "small" / "small"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(KEY_TWICE)
    page = tmp_path / "quality.md"
    page.write_text("# Quality\n\nAbove.\n")
    return page


def measure(page, *arguments):
    command = [sys.executable, "-m", "benchmarks.quality", "--output", str(page), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stderr


def test_sections_are_written_in_order_and_again(page):
    packages = ("--packages", str(page.parent / "packages"))
    code, errors = measure(page, *packages, "--only", "findings")
    assert code == 0, errors
    code, errors = measure(page, *packages, "--only", "determinism", "--only", "memory")
    assert code == 0, errors
    text = page.read_text()
    assert text.startswith("# Quality\n\nAbove.\n")
    assert text.index("determinism: begin") < text.index("memory: begin") < text.index("findings: begin")
    assert "| small | 8 | 1 | 1 | 125.00 |" in text
    assert "| small | 1 | 6 | 0 |" in text
    code, errors = measure(page, *packages, "--only", "findings")
    assert code == 0, errors
    assert page.read_text().count("## Findings") == 1


def test_what_was_not_given_is_not_measured(page):
    code, errors = measure(page, "--only", "scores", "--only", "torchfix", "--only", "speed")
    assert code == 0
    assert errors.count("not measured") == 3
    assert "##" not in page.read_text().removeprefix("# ")


def test_a_run_without_a_report_gives_no_figure(page):
    broken = page.parent / "packages" / "small" / "small" / "__init__.py"
    broken.write_text(KEY_TWICE * 2000)
    code, errors = measure(page, "--packages", str(page.parent / "packages"), "--only", "findings", "--timeout", "0")
    assert code == 1
    assert "not written" in errors
    assert "##" not in page.read_text().removeprefix("# ")


def test_programs_on_a_facade(tmp_path):
    runs, stops, on_top = (tmp_path / name for name in ("runs", "stops", "on_top"))
    for folder in (runs, stops, on_top):
        folder.mkdir()
    (runs / "bad.py").write_text(
        "import torch\ndef run():\n    x = torch.ones(2, requires_grad=True)\n    y = x.exp()\n    y.mul_(2)\n"
        "    y.sum().backward()\n"
    )
    (stops / "good.py").write_text("import torch\ndef run():\n    torch.stft\n")
    (on_top / "good.py").write_text("import helper\n")
    (on_top / "helper.py").write_text("import torchvision\n")
    command = [sys.executable, "-m", "benchmarks.quality.sections._facade_programs", "torch", runs, stops, on_top]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["folder"], bool(each["trouble"]), each["on_top"]) for each in rows] == [
        ("runs", False, []),
        ("stops", True, []),
        ("on_top", False, ["torchvision"]),
    ]
