"""Finds the kinds of fix by their place, and asks the right one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from statelint.findings import Draft, Fix
from statelint.source import SourceFile

_PACKAGE = "statelint.fixes"

Propose = Callable[[Draft, SourceFile], Fix | None]


@cache
def kinds() -> dict[str, Propose]:
    """Return for each rule that has a fix the function that proposes it."""
    found: dict[str, Propose] = {}
    package = importlib.import_module(_PACKAGE)
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{_PACKAGE}.{info.name}")
        for code in module.CODES:
            if code in found:
                raise ImportError(f"two kinds of fix for {code}: {found[code].__module__} and {module.__name__}")
            found[code] = module.fix
    return found


def propose(draft: Draft, source: SourceFile) -> Fix | None:
    """Return the fix of a draft; None if its rule has none, or none here."""
    kind = kinds().get(draft.code)
    return kind(draft, source) if kind else None
