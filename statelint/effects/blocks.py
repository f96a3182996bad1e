"""Control flow over abstract states: blocks, branches, loops, handlers, exits.

Paths through a branch whose test occurs again in the function are kept apart to the end of the block, a bounded number
of times; all others are joined after the branch. Loops run until nothing changes, at most a few turns; before each
further turn what the last one allocated or saved becomes *old*, so that a statement meets its own earlier turn, and not
as itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from statelint.effects import fields, recency
from statelint.effects.frame import Frame
from statelint.effects.instructions import HANDLERS, enter, leave
from statelint.effects.state import State, join_states
from statelint.effects.value import (
    ABSENT,
    CLASS,
    FUNCTION,
    KEY,
    LIST,
    MODULE,
    NONE,
    NOTHING,
    OBJECT,
    UNKNOWN,
    Value,
)
from statelint.ir.nodes import (
    Block,
    Break,
    Call,
    CallMethod,
    Continue,
    For,
    If,
    Instr,
    Raise,
    Return,
    Try,
    While,
    With,
)

MAX_TURNS = 3
MAX_SPLITS = 3


class OverBudgetError(Exception):
    """The function needs more steps than allowed."""


def run_block(frame: Frame, state: State, block: Block, start: int = 0) -> State | None:
    """Run the rest of a block; None if no path reaches its end."""
    frame.steps += len(block) - start
    if frame.steps > frame.analyzer.budget:
        raise OverBudgetError
    for index in range(start, len(block)):
        instr = block[index]
        handler = HANDLERS.get(type(instr))
        if handler is not None:
            handler(frame, state, instr)
            continue
        if type(instr) is If and instr.key in frame.fn.repeated and instr.key and frame.splits < MAX_SPLITS:
            sides = _sides(frame, state, instr)
            if len(sides) == 2 and index + 1 < len(block):
                frame.splits += 1
                ends = [run_block(frame, side, block, index + 1) for side in sides]
                frame.splits -= 1
                return join(frame, ends[0], ends[1])
            after = join(frame, sides[0], sides[1]) if len(sides) == 2 else (sides[0] if sides else None)
        else:
            after = CONTROL[type(instr)](frame, state, instr)
        if after is None:
            return None
        state = after
    return state


def join(frame: Frame, a: State | None, b: State | None) -> State | None:
    """The join of two paths of this function."""
    if a is not None and b is not None and frame.consumptions:
        frame.analyzer.keys.keep_apart(frame, a, b)
    return join_states(a, b, lambda field: fields.initial_of_field(frame, field))


def _sides(frame: Frame, state: State, instr: If) -> list[State]:
    """The states at the ends of the branches that can be taken."""
    test = frame.regs[instr.test]
    known = truth(test)
    if known is None:
        known = frame.assumed.get(instr.at)
    if known is None and instr.key:
        known = state.conds.get(instr.key)
    ends: list[State] = []
    frame.guards.append((instr.key, test))
    frame.branches.append(instr.at)
    if known is not False:
        side = state.copy() if known is None else state
        if instr.key:
            side.conds[instr.key] = True
            refine(frame, side, instr.key, True)
        end = run_block(frame, side, instr.then)
        if end is not None:
            ends.append(end)
    if known is not True:
        if instr.key:
            state.conds[instr.key] = False
            refine(frame, state, instr.key, False)
        end = run_block(frame, state, instr.orelse)
        if end is not None:
            ends.append(end)
    frame.guards.pop()
    frame.branches.pop()
    return ends


def truth(value: Value) -> bool | None:
    """Whether a value is true, where that is known."""
    if value.const is not ABSENT:
        if value.doubt:
            return None
        return bool(value.const)
    if value.kind and not value.kind & ~(FUNCTION | CLASS | MODULE):
        return True
    return None


def refine(frame: Frame, state: State, key: str, holds: bool) -> None:
    """Narrow a name by a test ``name is None`` or ``isinstance(name, ...)`` on one side of a branch."""
    if key.endswith(" is None"):
        name = key[:-8]
        value = state.env.get(name)
        if value is None:
            return
        if holds:
            if value.kind & (NONE | UNKNOWN):
                state.env[name] = NOTHING
        elif value.kind & NONE and value.kind != NONE:
            state.env[name] = Value(
                value.kind & ~NONE, value.views, value.const if value.const is not None else ABSENT, value.refs,
                value.items, value.deps, value.grad, value.hist, value.doubt, value.mark,
            )  # fmt: skip


def _if(frame: Frame, state: State, instr: If) -> State | None:
    ends = _sides(frame, state, instr)
    if not ends:
        return None
    return ends[0] if len(ends) == 1 else join(frame, ends[0], ends[1])


def _loop(
    frame: Frame, state: State, instr: For | While, turn: Callable[[State], tuple[State | None, State | None]],
    count: int = 0,
) -> State | None:  # fmt: skip
    """``turn`` runs one turn and gives the state that leaves the loop by its test and the one at the end of the body.
    ``count`` is the number of turns, where it is known."""
    frame.loops.append(instr.at)
    breaks: list[State] = []
    head: State | None = state
    exit_state: State | None = None
    last: State | None = None
    recency.forget(frame, state, frame.regs[instr.iterable] if isinstance(instr, For) else None)
    marks = recency.mark(frame, instr.at)
    for number in range(MAX_TURNS):
        assert head is not None
        frame.breaks.append(breaks)
        continues: list[State] = []
        frame.continues.append(continues)
        left, end = turn(head.copy())
        frame.breaks.pop()
        frame.continues.pop()
        if number or not count:
            exit_state = join(frame, exit_state, left)
        for extra in continues:
            end = join(frame, end, extra)
        if end is None:
            break
        recency.age(frame, end, marks)
        if count == 1:
            last = end
            break
        # The second turn begins where the first one ended: joined with the entry, "not run yet" and "consumed by the
        # first turn" would meet in one state. Only from the third turn on are the ends of turns joined.
        merged = end if number == 0 else join(frame, head, end)
        assert merged is not None
        if number and merged.same(head):
            break
        head = merged
        last = merged
    recency.close(frame, marks)
    if isinstance(instr, For):
        exit_state = join(frame, exit_state, last)
    frame.loops.pop()
    if exit_state is not None and instr.orelse:
        exit_state = run_block(frame, exit_state, instr.orelse)
    for stopped in breaks:
        exit_state = join(frame, exit_state, stopped)
    return exit_state


def _for(frame: Frame, state: State, instr: For) -> State | None:
    iterable = frame.regs[instr.iterable]
    unrolled = iterable.items
    if unrolled is not None and 0 < len(unrolled) <= 4 and not instr.is_async:
        return _unrolled(frame, state, instr, unrolled)

    def turn(current: State) -> tuple[State | None, State | None]:
        left = current.copy()
        frame.regs[instr.item] = fields.element(frame, current, iterable, instr.at)
        return left, run_block(frame, current, instr.body)

    known = iterable.const
    return _loop(frame, state, instr, turn, len(known) if isinstance(known, range) else 0)


def _unrolled(frame: Frame, state: State, instr: For, items: tuple[Value, ...]) -> State | None:
    breaks: list[State] = []
    current: State | None = state
    frame.loops.append(instr.at)
    marks = recency.mark(frame, instr.at)
    for number, item in enumerate(items):
        if current is None:
            break
        if number:
            recency.age(frame, current, marks)
            item = fields.refresh(frame, item, marks)
        frame.breaks.append(breaks)
        continues: list[State] = []
        frame.continues.append(continues)
        frame.regs[instr.item] = item
        current = run_block(frame, current, instr.body)
        frame.breaks.pop()
        frame.continues.pop()
        for extra in continues:
            current = join(frame, current, extra)
    recency.close(frame, marks)
    frame.loops.pop()
    if current is not None and instr.orelse:
        current = run_block(frame, current, instr.orelse)
    for stopped in breaks:
        current = join(frame, current, stopped)
    return current


def _while(frame: Frame, state: State, instr: While) -> State | None:
    def turn(current: State) -> tuple[State | None, State | None]:
        after = run_block(frame, current, instr.head)
        if after is None:
            return None, None
        known = truth(frame.regs[instr.test])
        left = None if known is True else after.copy()
        if known is False:
            return left, None
        return left, run_block(frame, after, instr.body)

    return _loop(frame, state, instr, turn)


def _try(frame: Frame, state: State, instr: Try) -> State | None:
    raised: list[State] = []
    entry = state.copy()
    returns_before = len(frame.returns)
    frame.raised.append(raised)
    end = run_block(frame, state, instr.body)
    frame.raised.pop()
    # An exception may come after any part of the body: the handlers see its start, its raises and its end.
    caught: State | None = entry
    for thrown in [*raised, *([end] if end is not None else []), *(s for _, s in frame.returns[returns_before:])]:
        caught = join(frame, caught, thrown)
    if end is not None and instr.orelse:
        end = run_block(frame, end, instr.orelse)
    for handler in instr.handlers:
        assert caught is not None
        side = run_block(frame, caught.copy(), handler.head)
        if side is not None:
            frame.regs[handler.exception] = Value(OBJECT)
            end = join(frame, end, run_block(frame, side, handler.body))
    if instr.final:
        frame.finals += 1
        for index in range(returns_before, len(frame.returns)):
            value, leaving = frame.returns[index]
            frame.returns[index] = (value, run_block(frame, leaving.copy(), instr.final) or leaving)
        if end is not None:
            end = run_block(frame, end, instr.final)
        elif returns_before == len(frame.returns):
            # An exception leaves on every path; what `finally` does still happens.
            run_block(frame, (caught or entry).copy(), instr.final)
        frame.finals -= 1
    return end


def _with(frame: Frame, state: State, instr: With) -> State | None:
    saved = enter(frame, state, instr)
    raised: list[State] = []
    end = run_block(frame, state, instr.body)
    for ended in [end, *raised]:
        if ended is not None:
            leave(frame, ended, instr, saved)
    return end


def _return(frame: Frame, state: State, instr: Return) -> State | None:
    frame.returns.append((frame.regs[instr.src], state))
    frame.return_spans.append(instr.at)
    return None


def _raise(frame: Frame, state: State, instr: Raise) -> State | None:
    if frame.raised:
        frame.raised[-1].append(state)
    return None


def _break(frame: Frame, state: State, instr: Break) -> State | None:
    if frame.breaks:
        frame.breaks[-1].append(state)
    return None


def _continue(frame: Frame, state: State, instr: Continue) -> State | None:
    if frame.continues:
        frame.continues[-1].append(state)
    return None


CONTROL: dict[type[Instr], Callable[[Frame, State, Any], State | None]] = {
    If: _if,
    For: _for,
    While: _while,
    Try: _try,
    With: _with,
    Return: _return,
    Raise: _raise,
    Break: _break,
    Continue: _continue,
}

__all__ = ["CONTROL", "KEY", "LIST", "Call", "CallMethod", "OverBudgetError", "join", "refine", "run_block", "truth"]
