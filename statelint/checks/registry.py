"""Finds the checks by their place and runs those that are selected."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from statelint.effects.program import Program
from statelint.findings import Draft

if TYPE_CHECKING:
    from statelint.config import Settings


class Check(NamedTuple):
    """A rule's code, its function, and the rules that say more of the same place than it does (``YIELDS_TO``)."""

    code: str
    run: Callable[[Program], Iterable[Draft]]
    yields_to: tuple[str, ...] = ()


@cache
def load_checks() -> tuple[Check, ...]:
    """All checks below this package, by code."""
    from statelint import checks

    found = []
    for info in pkgutil.walk_packages(checks.__path__, f"{checks.__name__}."):
        if not info.ispkg:
            module = importlib.import_module(info.name)
            if hasattr(module, "CODE"):
                found.append(Check(module.CODE, module.check, getattr(module, "YIELDS_TO", ())))
    return tuple(sorted(found, key=lambda check: check.code))


@cache
def yields_to() -> dict[str, tuple[str, ...]]:
    """For each rule that gives way, the rules before which it does."""
    return {check.code: check.yields_to for check in load_checks() if check.yields_to}


def run(program: Program, settings: Settings) -> list[Draft]:
    """Drafts of all rules: at most one per rule and place, the surest."""
    best: dict[tuple[str, str, tuple[int, int]], Draft] = {}
    from statelint import own_rules

    for check in (*load_checks(), *own_rules.checks(settings.rules)):
        for draft in check.run(program):
            key = (draft.code, draft.path, (draft.span[0], draft.span[1]))  # a statement and its target begin alike
            known = best.get(key)
            if known is None or _rank(draft) < _rank(known):
                best[key] = draft
    return list(best.values())


_ORDER = {"certain": 0, "likely": 1, "possible": 2}


def _rank(draft: Draft) -> tuple[int, int, str, str]:
    return _ORDER[draft.confidence], len(draft.steps), draft.message, repr(draft.steps)
