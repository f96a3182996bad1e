"""One process's share of the analysis."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakMethod

from statelint import own_rules
from statelint.effects.analyzer import FRAMEWORKS, Analyzer
from statelint.effects.facts import FunctionFacts, Key, ModuleFacts, Root
from statelint.models import load_models
from statelint.resolve.library import LibraryAncestors

if TYPE_CHECKING:
    from statelint.config import Settings
    from statelint.engine.project import Project
    from statelint.ir.nodes import ModuleIR

RECURSION = 30_000
"""Calls are followed by recursion; Python 3.11 and later keep Python frames off the C stack."""

_ANALYZERS: WeakKeyDictionary[Project, Analyzer] = WeakKeyDictionary()


def analyse(project: Project, modules: Sequence[str], settings: Settings) -> list[ModuleFacts]:
    """Facts of the given modules, and what their analysis found out about functions of others."""
    if sys.getrecursionlimit() < RECURSION:
        sys.setrecursionlimit(RECURSION)
    analyzer = analyzer_of(project, settings)
    result: dict[str, ModuleFacts] = {}
    for name in modules:
        file = project.modules.get(name)
        marked = bool(settings.differentiable) or (file is not None and bool(file.markers))
        if not marked and not matters(project, analyzer, name):
            continue
        facts = analyzer.analyse_module(name)
        if facts is not None:
            result[name] = facts
    for key, info in analyzer.take().items():
        owner = result.get(key[0])
        if owner is None:
            ir = analyzer.symbols.module(key[0])
            if ir is None:
                continue
            owner = result[key[0]] = ModuleFacts(key[0], ir.path, [], [], ())
        owner.functions.append(info)
    for name, facts in result.items():
        _mark(project, facts, analyzer, name)
        facts.functions.sort(key=lambda f: (f.at, f.qualname))
    return list(result.values())


def analyzer_of(project: Project, settings: Settings) -> Analyzer:
    """The analyzer of a project in this process."""
    analyzer = _ANALYZERS.get(project)
    if analyzer is None:
        models = load_models([Path(p) for p in settings.models])
        ancestors = LibraryAncestors(models, settings)
        lower = WeakMethod(project.module_ir)  # a reference to the key would keep the entry for ever
        search = WeakMethod(project.mentions)

        def load(name: str) -> ModuleIR | None:
            found = lower()
            return found(name) if found is not None else None

        def mentions(name: str, word: str) -> bool | None:
            found = search()
            return found(name, word) if found is not None else None

        analyzer = _ANALYZERS[project] = Analyzer(
            load, models, settings.budget, ancestors, own_rules.observers(settings.rules), mentions
        )
    return analyzer


def matters(project: Project, analyzer: Analyzer, name: str) -> bool:
    """Whether a module can have to do with differentiation: it, or a project's module it imports, imports a
    framework."""
    return _reaches(analyzer, name, set())


def _reaches(analyzer: Analyzer, name: str, seen: set[str]) -> bool:
    known = analyzer.reaches.get(name)
    if known is not None:
        return known
    ir = analyzer.symbols.module(name)
    if ir is None or name in seen:
        return False
    seen.add(name)
    names = [target for target, _ in ir.imports.values()] + [f"{t}.{a}" for t, a in ir.imports.values() if a]
    found = any(n.partition(".")[0] in FRAMEWORKS for n in names)
    if not found:
        for target in [*names, *ir.star_imports]:
            if _reaches(analyzer, target, seen):
                found = True
                break
    if found or len(seen) == 1:
        analyzer.reaches[name] = found
    return found


def _mark(project: Project, facts: ModuleFacts, analyzer: Analyzer, name: str) -> None:
    """Regions that the user marked by a comment on the ``def`` line."""
    file = project.modules.get(name)
    markers = file.markers if file is not None else frozenset()
    if not markers:
        return
    for info in facts.functions:
        if info.name_at[0] in markers or info.at[0] in markers:
            info.facts.append(Root(info.name_at, "marked", (info.module, info.qualname), "comment"))


__all__ = ["FunctionFacts", "Key", "analyse", "analyzer_of", "matters"]
