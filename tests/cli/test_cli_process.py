"""The command as a process: what it imports, how it ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from statelint import checks, effects

ROOT = Path(__file__).parents[2]
INSTALLED = shutil.which("statelint", path=os.path.dirname(sys.executable))
COMMAND = [INSTALLED] if INSTALLED else [sys.executable, "-m", "statelint.cli.main"]
HEAVY = [
    "astroid",
    "networkx",
    "rich",
    "numpy",
    "numba",
    "scipy",
    "torch",
    "jax",
    "pygls",
    "lsprotocol",
    "libcst",
    "pydantic",
    "asyncio",
    "logging",
]
ANALYSIS = hasattr(effects, "analyse") and hasattr(checks, "run")
needs_analysis = pytest.mark.skipif(not ANALYSIS, reason="the analysis is not there")


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def run(*arguments, cwd, **more):
    result = subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, env=environment(), timeout=60, **more)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def loaded_by(*arguments, cwd):
    """Return the modules that a run of the command has loaded at its end."""
    script = (
        "import sys\nfrom statelint.cli.main import main\ncode = main(sys.argv[1:])\n"
        "sys.stderr.write('\\n' + ' '.join(sys.modules))\n"
    )
    command = [sys.executable, "-c", script, *arguments]
    result = subprocess.run(command, cwd=cwd, capture_output=True, env=environment(), timeout=60, check=True)
    return set(result.stderr.decode().rpartition("\n")[2].split())


def test_the_version_loads_nothing(tmp_path):
    loaded = loaded_by("--version", cwd=tmp_path)
    assert not loaded & {*HEAVY, "argparse", "msgspec", "ast", "tomli", "typing", "re", "statelint.config"}


@needs_analysis
def test_a_run_loads_nothing_heavy(tmp_path):
    (tmp_path / "a.py").write_text("import torch\ndef f(x):\n    return torch.exp(x)\n")
    (tmp_path / "b.py").write_text("x = 1  # statelint: ignore[SL003]\n")
    loaded = loaded_by("check", "-j1", cwd=tmp_path)
    assert not sorted(loaded & {*HEAVY, "concurrent.futures", "multiprocessing"})


@needs_analysis
def test_end_to_end(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1  # statelint: ignore[nonsense]\r\n")
    (tmp_path / "bad.py").write_text("def f(:\n")
    code, out, _ = run("check", "--output-format", "concise", cwd=tmp_path)
    assert code == 1
    assert "a.py:1:28: SL004" in out
    assert "bad.py:1:7: SL002" in out
    (tmp_path / "bad.py").unlink()
    (tmp_path / "a.py").unlink()
    (tmp_path / "b.py").write_text("x = 1\n")
    assert run(cwd=tmp_path)[0] == 0
    assert run("b.py", cwd=tmp_path)[0] == 0


@needs_analysis
def test_nobody_reading_is_quiet(tmp_path):
    for number in range(300):
        (tmp_path / f"a{number}.py").write_text("def f(:\n" * 2)
    command = " ".join(COMMAND) + " check --output-format full | head -1"
    result = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, env=environment(), timeout=60)
    assert result.stderr == b""
    assert result.stdout.count(b"\n") == 1


def test_an_interrupt_ends_with_130(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(
        [*COMMAND, "check", "-"], cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        time.sleep(0.6)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == b""


def test_the_hooks_are_valid():
    import yaml

    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [each["id"] for each in hooks] == ["statelint", "statelint-fix"]
    for hook in hooks:
        assert "--force-exclude" in hook["entry"]
        assert hook["types_or"] == ["python", "pyi", "jupyter"]
        assert hook["require_serial"] is True
