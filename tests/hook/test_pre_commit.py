"""The hooks as they are shipped, run by the real pre-commit in a repository made for it.

pre-commit installs statelint from a copy of this checkout, with pip, into an environment of its own: once, in one test.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pre_commit")
if shutil.which("git") is None:
    pytest.skip("git is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
SHIPPED = ("statelint", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
UNREACHABLE = ("Could not find a version", "No matching distribution", "ConnectionError", "Temporary failure")
IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")
CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: statelint
        stages: [pre-commit]
      - id: statelint-fix
        stages: [manual]
"""
KEY_TWICE = """\
import jax


def sample(key):
    return jax.random.normal(key) + jax.random.normal(key)


gradient = jax.grad(sample)
"""
UNUSED = "x = 1  # statelint: ignore[SL201]\n"


class Repository:
    """A git repository, and pre-commit with a home of its own."""

    def __init__(self, folder, home):
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        bin_folder = os.path.dirname(sys.executable)
        self.environment = {
            **{name: value for name, value in kept.items() if name not in ("PYTHONPATH", "SKIP")},
            "PRE_COMMIT_HOME": str(home),
            "PATH": bin_folder + os.pathsep + os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        folder.mkdir()
        assert self.git("init", "-q")[0] == 0

    def run(self, *command):
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, timeout=540)
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")

    def git(self, *arguments):
        return self.run("git", *IDENTITY, *arguments)

    def commit(self, message):
        assert self.git("add", "-A")[0] == 0
        return self.git("commit", "-q", "-m", message)

    def write(self, name, text):
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(text.encode())


@pytest.fixture
def shipped(tmp_path):
    """A repository of statelint as it would be published."""
    repository = Repository(tmp_path / "statelint", tmp_path / "home")
    for name in SHIPPED:
        source, target = ROOT / name, repository.folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    code, out = repository.commit("all")
    assert code == 0, out
    return repository


def test_commits_are_checked_and_fixed(shipped, tmp_path):
    revision = shipped.git("rev-parse", "HEAD")[1].strip()
    user = Repository(tmp_path / "user", tmp_path / "home")
    user.write(".pre-commit-config.yaml", CONFIG.format(repository=shipped.folder, revision=revision))
    user.write("statelint.toml", 'extend-exclude = ["generated"]\n')
    code, out = user.run(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    if code and any(each in out for each in UNREACHABLE):
        pytest.skip("pip reaches no package index")
    assert code == 0, out

    user.write("notes.txt", KEY_TWICE)
    code, out = user.commit("no Python")
    assert code == 0, out
    assert "Skipped" in out

    user.write("generated/sample.py", KEY_TWICE)
    code, out = user.commit("an excluded file")
    assert code == 0, out
    assert "Passed" in out

    user.write("sample.py", KEY_TWICE)
    code, out = user.commit("a finding")
    assert code == 1, out
    assert "SL602" in out
    assert "sample.py:5" in out

    user.write("sample.py", KEY_TWICE.replace(" + jax.random.normal(key)", ""))
    user.write("book.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n')
    code, out = user.commit("repaired")
    assert code == 0, out

    user.write("unused.py", UNUSED)
    user.git("add", "-A")
    fix = (sys.executable, "-m", "pre_commit", "run", "--hook-stage", "manual", "statelint-fix")
    code, out = user.run(*fix)
    assert code == 1, out
    assert "files were modified by this hook" in out
    assert (user.folder / "unused.py").read_bytes() == b"x = 1\n"
    user.git("add", "-A")
    code, out = user.run(*fix)
    assert code == 0, out
    code, out = user.commit("fixed")
    assert code == 0, out


def test_the_hooks_are_declared_as_documented():
    yaml = pytest.importorskip("yaml")
    hooks = {each["id"]: each for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert list(hooks) == ["statelint", "statelint-fix"]
    for hook in hooks.values():
        assert hook["types_or"] == ["python", "pyi", "jupyter"]
        assert hook["require_serial"] is True
        assert "--force-exclude" in hook["entry"]


def test_the_readme_shows_the_real_output():
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        import show
    finally:
        sys.path.pop(0)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert readme == show.with_example(readme, show.shown()), "run ./dev readme"
