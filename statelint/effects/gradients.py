"""What is in the parameters' ``.grad``: which backward passes filled it since it was last cleared, and who steps with it.

Two losses that fill the parameters of one optimizer may be meant to add up. They are not if one of them reaches nothing that
the optimizer does not own, and the other goes through these parameters to those of another optimizer: a policy's loss through
the critic, a generator's through the discriminator.
"""

from __future__ import annotations

from collections.abc import Iterable

from statelint.effects.facts import ForeignGradient, Link, Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import members_of

FIRST_ZERO = -1


def filled(frame: Frame, state: State, hist: int, parts: dict[int, set[int]], at: Span) -> None:
    """A backward pass fills the gradients of the parameters it reaches. ``parts`` are the storages of each owned module."""
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
        _judge(frame, place, optimizer, state.grads.get(place, frozenset()), link, text, doubt)


def settle(frame: Frame, state: State | None) -> None:
    """At a function's end: what the next call finds in the gradients if it begins with their owner's own backward pass."""
    if state is None or frame.fn.kind == "module":
        return
    table = list(frame.fillings)
    for place, sources in state.grads.items():
        first = frame.first_grads.get(place, FIRST_ZERO)
        step = frame.steps_on.get(place)
        if first != FIRST_ZERO and step is not None and all(step[0] in frame.owners[p] for p in table[first][1]):
            _judge(frame, place, step[0], sources | {first}, *step[1:])


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
