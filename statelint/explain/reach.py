"""What a function's calls do: the facts of all that it reaches, and by which call."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from statelint.effects.facts import Calls, FunctionFacts, Key, StateRef
from statelint.effects.program import Program
from statelint.explain.session import Session

_MOST = 400


class Reached(msgspec.Struct, frozen=True):
    """A function that runs when another does: ``via`` are the called functions in between, itself last."""

    info: FunctionFacts
    via: tuple[str, ...]


def reached(session: Session, start: Key) -> list[Reached]:
    """The function and what it calls, nearest first. The modules that it reaches are analysed."""
    while True:
        program = session.program
        found = list(_walk(program, start))
        modules = {key[0] for each in found for key in _owners(each.info)} | {each.info.module for each in found}
        if not session.know(sorted(modules)):
            return found


def _walk(program: Program, start: Key) -> Iterator[Reached]:
    queue: deque[tuple[Key, tuple[str, ...]]] = deque([(start, ())])
    seen = {start}
    while queue and len(seen) < _MOST:
        key, via = queue.popleft()
        info = program.functions.get(key)
        if info is None:
            continue
        yield Reached(info, via)
        for fact in info.facts:
            if isinstance(fact, Calls) and fact.callee not in seen:
                seen.add(fact.callee)
                queue.append((fact.callee, (*via, fact.callee[1])))


def _owners(info: FunctionFacts) -> Iterator[Key]:
    for fact in info.facts:
        state = getattr(fact, "state", None)
        if isinstance(state, StateRef):
            yield state.owner


def same_receiver(program: Program, info: FunctionFacts, state: StateRef) -> bool:
    """Whether an attribute that a callee touches is one of the receiver of ``info``."""
    return bool(info.owner) and (info.module, info.owner) in set(program.family(state.owner))


def state_text(program: Program, info: FunctionFacts, state: StateRef) -> str:
    """What to call state that a callee touches: as the callee does if it has the same receiver, else by its class."""
    if state.root == "attribute" and not same_receiver(program, info, state):
        rest = state.text.partition(".")[2] or state.name
        return f"{state.owner[1]}.{rest}"
    text = state.text or state.name
    if state.root == "global":
        module = state.owner[0]
        own = text.removeprefix(f"{module}.")
        return own if module == info.module else f"{module}.{own}"
    return text


def own_local(start: Key, state: StateRef) -> bool:
    """Whether a callee's captured variable is a local of the function that is explained."""
    return state.root == "free" and state.owner == start
