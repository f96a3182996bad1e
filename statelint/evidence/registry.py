"""Finds the kinds of evidence by their place and asks those that a function concerns."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

if TYPE_CHECKING:
    from statelint.effects.frame import Frame


class Observer(NamedTuple):
    """A module of this package."""

    kind: str
    names: frozenset[str] | None
    observe: Callable[[Body], Iterable[Evidence]]


@cache
def load_observers() -> tuple[Observer, ...]:
    """All modules of this package that observe something."""
    from statelint import evidence

    found = []
    for info in pkgutil.iter_modules(evidence.__path__, f"{evidence.__name__}."):
        module = importlib.import_module(info.name)
        if hasattr(module, "KIND"):
            found.append(Observer(module.KIND, module.NAMES, module.observe))
    return tuple(sorted(found, key=lambda observer: observer.kind))


def observe_all(frame: Frame) -> None:
    """Add to a function's facts the evidence that its body shows."""
    body = Body(frame)
    for observer in frame.analyzer.observers:
        if observer.names is None or not observer.names.isdisjoint(body.names):
            for fact in observer.observe(body):
                frame.add(fact)
