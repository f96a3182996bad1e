"""What the sections share: the arguments, the packages, runs of the command and what they cost."""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from statelint.config import DEFAULT_EXCLUDE

ROOT = Path(__file__).resolve().parents[2]
LIBRARY_EXCLUDE = ("site-packages", "__pycache__")
LINT = ("check", "--isolated", "--no-cache", "--no-respect-gitignore", "--quiet", "--color", "never")


@dataclass(frozen=True)
class Run:
    """A finished process: times in seconds (``cpu`` of all its processes), ``peak`` in MB of its largest process."""

    code: int
    out: bytes
    error: str
    wall: float
    cpu: float
    peak: float
    hung: bool

    @property
    def internal_errors(self) -> int:
        return self.error.count("internal error")

    @property
    def crashed(self) -> bool:
        return self.hung or self.code not in (0, 1) or self.internal_errors > 0

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of a run with ``--output-format json``."""
        try:
            found = json.loads(self.out)
        except ValueError:
            raise RunError(f"{self.trouble}, and no report") from None
        assert isinstance(found, list)
        return found

    @property
    def trouble(self) -> str:
        """What went wrong, in a line; empty if nothing did."""
        if not self.crashed:
            return ""
        said = self.error.strip().splitlines()
        return f"{'killed' if self.hung else f'exit code {self.code}'}{': ' + said[-1] if said else ''}"


class RunError(Exception):
    """A run that has no figures: it crashed, or it was killed."""


@dataclass(frozen=True)
class Tree:
    """A folder of Python source."""

    name: str
    path: Path
    files: tuple[Path, ...]
    lines: int
    """Lines as an editor counts them, of all files."""


def run(
    command: Sequence[str | Path], cwd: Path, timeout: float = 600, environment: dict[str, str] | None = None
) -> Run:
    """Run a command to its end, and say what it cost."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=error,
            env=environment or surroundings(),
            start_new_session=True,
        )
        hung = threading.Event()

        def kill() -> None:
            hung.set()
            os.killpg(process.pid, signal.SIGKILL)

        watch = threading.Timer(timeout, kill)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return Run(
            process.returncode,
            out.read(),
            error.read().decode("utf-8", "replace"),
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / unit,
            hung.is_set(),
        )


def surroundings(**more: str) -> dict[str, str]:
    """The environment of a run: this checkout's statelint, and nothing of the user's that changes output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STATELINT_", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "NO_COLOR": "1", "COLUMNS": "100", **more}


@cache
def tree(name: str, path: Path, exclude: tuple[str, ...] = DEFAULT_EXCLUDE) -> Tree:
    """Return the Python files below a folder, as statelint finds them by default, links left out."""
    files: list[Path] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(each for each in folders if each not in exclude)
        found = (Path(folder, each) for each in sorted(names) if each.endswith((".py", ".pyi")))
        files += [each for each in found if not each.is_symlink()]
    return Tree(name, path, tuple(files), sum(each.read_bytes().count(b"\n") for each in files))


class Bench:
    """One invocation of the command."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.repeat: int = given.repeat
        self.timeout: int = given.timeout
        self.troubles: list[str] = []
        self._runs: dict[tuple[str, ...], Run] = {}

    @cached_property
    def trees(self) -> list[Tree]:
        """The given packages, in the order of their names."""
        if self.given.packages is None:
            return []
        folders = sorted(each for each in self.given.packages.resolve().iterdir() if each.is_dir())
        wanted = [each for each in folders if not self.given.package or each.name in self.given.package]
        every = (tree(each.name, each) for each in wanted)
        return [each for each in every if each.files and each.lines <= self.given.largest]

    @property
    def compared(self) -> Tree | None:
        """The package that times are compared on."""
        if self.given.packages is None:
            return None
        path = self.given.packages.resolve() / self.given.speed_package
        return tree(path.name, path) if path.is_dir() else None

    @property
    def library(self) -> Tree:
        """CPython's standard library, without what is installed in it."""
        path = self.given.lib or Path(sysconfig.get_path("stdlib"))
        return tree("CPython's Lib", path.resolve(), LIBRARY_EXCLUDE)

    @cached_property
    def command(self) -> tuple[str, ...]:
        """The installed command of this Python, else the module of this checkout."""
        installed = shutil.which("statelint", path=os.path.dirname(sys.executable))
        return (installed,) if installed else (sys.executable, "-m", "statelint")

    def lint(self, one: Tree, *options: str, again: bool = False) -> Run:
        """Lint a tree; the same run is made once unless it is asked for again."""
        key = (one.name, str(one.path), *options)
        if again or key not in self._runs:
            command = (*self.command, *LINT, *options, ".")
            self._runs[key] = run(command, one.path, self.timeout)
        done = self._runs[key]
        if done.trouble:
            self.troubles.append(f"{one.name}: {done.trouble}")
        return done

    def stamp(self) -> str:
        """When, with what and on what the figures were measured."""
        versions = [f"statelint {importlib_version('statelint-ad')}", f"Python {platform.python_version()}"]
        versions += [
            f"{name} {version}" for name in ("torch", "jax", "astroid") if (version := importlib_version(name))
        ]
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        machine = f"{processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {platform.system()}"
        return f"Measured on {datetime.date.today()}: {', '.join(versions)}; {machine}."


def importlib_version(name: str) -> str:
    if name == "statelint-ad":
        from statelint import __version__

        return __version__
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()
