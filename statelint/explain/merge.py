"""Members gathered one event at a time: those of one name become one, with all their places."""

from __future__ import annotations

from statelint.explain.records import CLASSES, Class, Member
from statelint.explain.session import Place


class Gathered:
    """Members by name, in the order in which they were met."""

    def __init__(self) -> None:
        self._found: dict[str, Member] = {}

    def add(self, name: str, class_: Class, type: str, why: str, place: Place, via: tuple[str, ...]) -> None:
        """One event at a place, in the function reached by ``via``."""
        known = self._found.get(name)
        if known is None:
            self._found[name] = Member(name=name, class_=class_, type=type, why=why, places=(place,), via=via[-1:])
            return
        self._found[name] = Member(
            name=name,
            class_=max(known.class_, class_, key=CLASSES.index),
            type=known.type if known.type not in ("not known", "none") else type,
            why=known.why if why in known.why.split("; ") else f"{known.why}; {why}",
            places=known.places if place in known.places else (*known.places, place),
            via=tuple(dict.fromkeys((*known.via, *via[-1:]))),
        )

    def members(self) -> list[Member]:
        """All members: by class, then by name."""
        return sorted(self._found.values(), key=lambda each: (CLASSES.index(each.class_), each.name))
