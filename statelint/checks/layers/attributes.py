"""The attributes of torch modules, gathered over each class's methods and relatives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from statelint.effects.facts import Evidence, FunctionFacts, Key
from statelint.effects.program import Program


class Attribute(NamedTuple):
    """An assignment of an attribute in a constructor, and what else is known of the name in the class and its
    family."""

    info: FunctionFacts
    fact: Evidence
    owner: Key
    known: frozenset[str]

    @property
    def name(self) -> str:
        """The attribute's name."""
        return self.fact.subject

    @property
    def what(self) -> str:
        """What the constructor puts there."""
        return self.fact.detail("what")

    def has(self, *kinds: str) -> bool:
        """Whether the name is registered, moved ... somewhere in the class."""
        return not self.known.isdisjoint(kinds)


def attributes(program: Program) -> Iterator[Attribute]:
    """All assignments that `statelint.evidence.layer_attribute` saw."""
    known: dict[tuple[Key, str], set[str]] = {}
    facts = list(program.evidence("layer_attribute"))
    for info, fact in facts:
        known.setdefault(((info.module, info.owner), fact.subject), set()).add(fact.detail("what"))
    families: dict[Key, tuple[Key, ...]] = {}
    for info, fact in facts:
        owner = (info.module, info.owner)
        family = families.get(owner)
        if family is None:
            family = families[owner] = tuple(program.family(owner))
        merged: set[str] = set()
        for each in family:
            merged |= known.get((each, fact.subject), set()) | known.get((each, "*"), set())
        yield Attribute(info, fact, owner, frozenset(merged))
