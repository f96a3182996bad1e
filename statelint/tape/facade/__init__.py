"""Facades: programs written for torch or jax.numpy, run on the tape unchanged, within a documented subset."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


@contextmanager
def installed(name: str) -> Iterator[ModuleType]:
    """Inside, ``import torch`` (or ``jax``) gives the facade; outside, everything is as it was.

    Raises:
        ValueError: if there is no facade of that name.
    """
    if name not in ("torch", "jax"):
        raise ValueError(f"there are facades of torch and jax, not of {name!r}")
    package = importlib.import_module(f"{__name__}.{name}")
    modules = {name: package}
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.rpartition(".")[2].startswith("_"):
            modules[name + found.name.removeprefix(package.__name__)] = importlib.import_module(found.name)
    hidden = {k: v for k, v in sys.modules.items() if k == name or k.startswith(f"{name}.")}
    for k in hidden:
        del sys.modules[k]
    sys.modules.update(modules)
    try:
        yield package
    finally:
        for k in [k for k in sys.modules if k == name or k.startswith(f"{name}.")]:
            del sys.modules[k]
        sys.modules.update(hidden)


def load(path: str | Path, framework: str) -> ModuleType:
    """Import a file whose ``import torch`` or ``import jax`` means the facade."""
    file = Path(path)
    spec = importlib.util.spec_from_file_location(f"facade_{file.parent.name}_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {file}")
    module = importlib.util.module_from_spec(spec)
    with installed(framework):
        spec.loader.exec_module(module)
    return module
