"""A process that runs programs on one facade: ``FRAMEWORK FOLDER...``, a line of JSON for each program."""

import importlib.util
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.quality.bench import ROOT
from statelint.tape import errors
from statelint.tape.facade import installed

sys.path.insert(0, str(ROOT / "tests"))
from fixtures import oracles

SECONDS = 60
ROLES = ("bad", "good", "fixed")
REFUSED = ("modified by an inplace operation", "backward through the graph a second time")
ON_TOP = ("flax", "equinox", "optax", "haiku", "chex", "torchvision", "lightning")
_IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)


def main(framework: str, folders: list[str]) -> None:
    before = set(sys.modules)
    paths = [Path(each).resolve() for each in folders]
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        for folder in paths:
            for role in ROLES:
                if (folder / f"{role}.py").is_file():
                    on_top = sorted(_imports(folder, role) & set(ON_TOP))
                    trouble = "" if on_top else _trouble(framework, folder, role, before)
                    row = {"folder": folder.name, "role": role, "on_top": on_top, "trouble": trouble}
                    print(json.dumps(row), file=sys.__stdout__, flush=True)


def _imports(folder: Path, role: str) -> set[str]:
    """What a program imports, through the modules beside it."""
    seen, found, todo = set(), set(), [role]
    while todo:
        name = todo.pop()
        path = folder / f"{name}.py"
        if name in seen or not path.is_file():
            continue
        seen.add(name)
        names = set(_IMPORT.findall(path.read_text("utf-8", "replace")))
        found |= names
        todo += names
    return found


def _trouble(framework: str, folder: Path, role: str, before: set[str]) -> str:
    """Why a program does not run on the facade; empty if it does. What the tape refuses of a bad program, it ran."""
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(SECONDS)
    environment = dict(os.environ)
    sys.path.insert(0, str(folder))
    try:
        with installed(framework) as module, _quiet():
            if framework == "torch":
                module.set_default_dtype(module.float64)
                module.manual_seed(0)
            _drive(folder, role)
        return ""
    except oracles.Inconclusive:
        return ""
    except (errors.TapeError, RuntimeError) as error:
        known = isinstance(error, errors.TapeError) or any(words in str(error) for words in REFUSED)
        return "" if role == "bad" and known and not isinstance(error, NotImplementedError) else _said(error)
    except BaseException as error:
        return _said(error)
    finally:
        signal.alarm(0)
        sys.path.remove(str(folder))
        os.environ.clear()
        os.environ.update(environment)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if Path(file).parent == folder:
                del sys.modules[name]


def _drive(folder: Path, role: str) -> None:
    """Run a program as its proof does; a proof that asks the framework's own checker just calls the function."""
    program = _load(folder, role)
    if not (folder / "oracle.py").is_file():
        _drive_case(program)
        return
    oracle = _load(folder, "oracle")
    if getattr(oracle, "READS_SOURCE", False):
        return
    claims = (getattr(oracle, f"proof_{role}", None) or oracle.proof)(program)
    for claim in claims if isinstance(claims, list) else [claims]:
        kind = next(iter(claim))
        if kind in ("keys", "leak"):
            claim[kind]()
        else:
            oracles.judge(claim)


def _drive_case(program: Any) -> None:
    """Run a case: its ``run``, and the functions that this returns."""
    out = program.run()
    if not isinstance(out, dict):
        return
    f = out.get("f") or out.get("fn")
    if f is not None and "grad" not in out:
        oracles._autodiff(f, oracles._copy(out["x"]))
    elif f is not None:
        f(out["x"])
    for name in ("call", "step", "alive"):
        if callable(out.get(name)):
            out[name]()
            out[name]()


def _load(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _said(error: BaseException) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:160]


def _late(*_: Any) -> None:
    raise TimeoutError(f"not done after {SECONDS} s")


@contextmanager
def _quiet() -> Iterator[None]:
    before = sys.stdout
    with open(os.devnull, "w") as sys.stdout:
        try:
            yield
        finally:
            sys.stdout = before


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
