"""Programs given as text: analysed from files in memory, and run with NumPy to see which names share memory."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np

from statelint.config import Configurations
from statelint.effects.inspect import Inspection, aliases, inspect_function
from statelint.effects.worker import analyzer_of
from statelint.engine.project import Project
from statelint.source import SourceFile

Pairs = set[tuple[str, str]]


def inspected(source: str, qualname: str = "f") -> Inspection:
    """The inspection of one function of a module ``m``."""
    path = os.path.abspath("m.py")
    settings = Configurations({}, None, True).of(os.path.dirname(path))
    project = Project([SourceFile("m.py", path, data=source.encode())], settings)
    found = inspect_function(analyzer_of(project, settings), next(iter(project.modules)), qualname)
    assert found is not None
    return found


def static_pairs(source: str) -> Pairs:
    """The pairs of names that may share memory when ``f`` ends, by analysis."""
    return set(aliases(inspected(source)))


def shared_pairs(source: str, *arguments: Any) -> Pairs:
    """The pairs of arrays that do share memory when ``f`` ends, by execution; it must end with ``return locals()``."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "m.py", "exec"), namespace)
    return sharing(namespace["f"](*arguments))


def sharing(held: dict[str, Any]) -> Pairs:
    """The pairs of arrays in a namespace that share memory."""
    arrays = {name: value for name, value in held.items() if isinstance(value, np.ndarray)}
    pairs = itertools.combinations(sorted(arrays), 2)
    return {(a, b) for a, b in pairs if np.shares_memory(arrays[a], arrays[b])}
