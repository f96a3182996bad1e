"""Finds and loads the rules of a user's own: files that the configuration names, and entry points of packages.

Loading a rule runs its file: a configuration that names one is trusted as a plugin is. Linted code is never run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from statelint import catalogue

if TYPE_CHECKING:
    from statelint.checks.registry import Check
    from statelint.evidence.registry import Observer

GROUP = "statelint.rules"
"""The entry-point group of installed packages."""
INSTALLED = "entry-point:"
_CODE = re.compile(r"[A-Z]{2,10}[0-9]{1,5}")


class OwnRuleError(Exception):
    """A rule's file that can't be used; names the file and what is wrong."""


@lru_cache(1)
def installed() -> tuple[str, ...]:
    """The rules that installed packages bring, as values for ``rules``."""
    if not any(map(_mentions, sys.path)):
        return ()  # almost always, and importlib.metadata takes longer to import than a small file to lint
    from importlib.metadata import entry_points

    return tuple(sorted(f"{INSTALLED}{each.name}" for each in entry_points(group=GROUP)))


def _mentions(folder: str) -> bool:
    """Whether a distribution in a folder of the import path may have rules for us."""
    try:
        names = [name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for name in names:
        try:
            with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                if GROUP.encode() in file.read():
                    return True
        except OSError:
            continue
    return False


def register(sources: Iterable[str]) -> None:
    """Make the rules known by their codes and names."""
    for source in sources:
        module = load(source)
        catalogue.add(module.RULE, inspect.cleandoc(module.__doc__ or ""), module.__file__ or source)


@lru_cache(None)
def load(source: str) -> ModuleType:
    """Import a rule's file, or the module behind an entry point.

    Raises:
        OwnRuleError: It can't be imported, or is not a rule.
    """
    try:
        module = _import(source)
    except Exception as error:  # whatever the file raises
        raise OwnRuleError(f"{source}: cannot be loaded: {type(error).__name__}: {error}") from error
    rule = getattr(module, "RULE", None)
    if not isinstance(rule, catalogue.Rule):
        raise OwnRuleError(f"{source}: defines no RULE = Rule(code=..., name=..., family=..., summary=...)")
    if not _CODE.fullmatch(rule.code) or rule.code.startswith("SL"):
        raise OwnRuleError(f"{source}: bad code `{rule.code}`: capital letters other than SL, then digits, as ACME001")
    if not callable(getattr(module, "check", None)):
        raise OwnRuleError(f"{source}: defines no check(program)")
    if hasattr(module, "observe") and not hasattr(module, "KIND"):
        raise OwnRuleError(f"{source}: defines observe(body), but no KIND to ask for its evidence by")
    return module


def _import(source: str) -> ModuleType:
    if source.startswith(INSTALLED):
        from importlib.metadata import entry_points

        name = source.removeprefix(INSTALLED)
        (entry,) = entry_points(group=GROUP, name=name)
        found = entry.load()
        if not isinstance(found, ModuleType):
            raise TypeError(f"the entry point {name} is {entry.value}, not a module")
        return found
    path = Path(source)
    name = f"statelint_own_{path.stem}_{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checks(sources: Iterable[str]) -> tuple[Check, ...]:
    """The checks of the given rules."""
    from statelint.checks.registry import Check

    return tuple(Check(module.RULE.code, module.check) for module in map(load, sources))


def observers(sources: Iterable[str]) -> tuple[Observer, ...]:
    """What the given rules look for in functions."""
    from statelint.evidence.registry import Observer

    found = []
    for module in map(load, sources):
        if hasattr(module, "observe"):
            names = getattr(module, "NAMES", None)
            found.append(Observer(module.KIND, None if names is None else frozenset(names), module.observe))
    return tuple(found)
