"""What is in the parameters' ``.grad``: which backward passes filled it since it was last cleared, and who steps with
it.

Two losses that fill the parameters of one optimizer may be meant to add up. They are not if one of them reaches nothing
that the optimizer does not own, and the other goes through these parameters to those of another optimizer: a policy's
loss through the critic, a generator's through the discriminator.
"""

from __future__ import annotations

from collections.abc import Iterable

from statelint.effects.facts import ForeignGradient, Link, Span, SpentGradient
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import members_of

FIRST_ZERO = -1


def filled(frame: Frame, state: State, hist: int, parts: dict[int, set[int]], at: Span) -> None:
    """A backward pass fills the gradients of the parameters it reaches. ``parts`` are the storages of each owned
    module.
    """
    leaves = {frame.saves[index].sid for index in members_of(hist & ~frame.kept) if frame.saves[index].leaf}
    reached = frozenset(place for place, within in parts.items() if any(_within(frame, s, within) for s in leaves))
    if not reached:
        return
    link = Link(frame.module, at, "this backward pass adds to the gradients")
    source = frame.fillings.setdefault((link, reached), len(frame.fillings))
    state.grads = dict(state.grads)
    for place in reached:
        state.grads[place] = state.grads.get(place, frozenset()) | {source}
        frame.first_grads.setdefault(place, source)


def _within(frame: Frame, sid: int, parts: set[int]) -> bool:
    while sid not in parts:
        record = frame.storages[sid]
        if record.kind != "field":
            return False
        sid = record.base
    return True


def zeroed(frame: Frame, state: State, places: Iterable[int]) -> None:
    """The gradients of some parameters are cleared."""
    frame.zeroes = True
    places = set(places)
    for place in places:
        frame.first_grads.setdefault(place, FIRST_ZERO)
    state.grads = {place: sources for place, sources in state.grads.items() if place not in places}


def used(frame: Frame, state: State, optimizer: int, places: Iterable[int], at: Span, text: str, doubt: int) -> None:
    """An optimizer steps."""
    link = Link(frame.module, at, f"`{text}` uses both")
    for place in places:
        frame.steps_on.setdefault(place, (optimizer, link, text, doubt))
        sources = state.grads.get(place, frozenset())
        held = frozenset(source for source in sources if source >= 0)
        _judge(frame, place, optimizer, held, link, text, doubt)
        spent = {-1 - source for source in sources if source < 0}
        if spent & held:
            _add_spent(frame, place, min(spent & held), link, text, doubt, calls=False)
        state.grads = {**state.grads, place: held | {-1 - source for source in held}}


def _add_spent(frame: Frame, place: int, source: int, used: Link, text: str, doubt: int, *, calls: bool) -> None:
    at = list(frame.fillings)[source][0].at
    frame.add(SpentGradient(at, frame.path(place) or frame.labels.get(place, ""), text, used, doubt, calls))


def settle(frame: Frame, state: State | None) -> None:
    """At a function's end: what the next call finds in the gradients if it begins with their owner's own backward
    pass."""
    if state is None or frame.fn.kind == "module":
        return
    table = list(frame.fillings)
    for place, found in state.grads.items():
        sources = frozenset(source for source in found if source >= 0)
        first = frame.first_grads.get(place, FIRST_ZERO)
        step = frame.steps_on.get(place)
        if first == FIRST_ZERO or step is None:
            continue
        if all(step[0] in frame.owners[p] for p in table[first][1]):
            _judge(frame, place, step[0], sources | {first}, *step[1:])
        if -1 - first in found and not frame.zeroes:
            _add_spent(frame, place, first, *step[1:], calls=True)


def _judge(
    frame: Frame, place: int, optimizer: int, sources: frozenset[int], used: Link, text: str, doubt: int
) -> None:
    if frame.freezes or len(sources) < 2 or set(frame.owners.get(place, ())) != {optimizer}:
        return
    table = list(frame.fillings)
    own = [s for s in sources if all(optimizer in frame.owners[p] for p in table[s][1])]
    if not own:
        return
    for source in sorted(sources - set(own)):
        link, reached = table[source]
        foreign = [p for p in sorted(reached) if optimizer not in frame.owners[p]]
        if foreign:
            names = [frame.path(p) or frame.labels.get(p, "") for p in (place, foreign[0])]
            frame.add(ForeignGradient(link.at, names[0], names[1], text, table[own[0]][0], used, doubt))
