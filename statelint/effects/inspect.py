"""One function looked at closely: run once more, generically, with all tables of the run kept."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import Value
from statelint.storage import overlap

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer
    from statelint.ir.nodes import FunctionIR

MODULE_BODY = "<module>"
_RECURSION = 30_000


class Inspection(msgspec.Struct, frozen=True):
    """``exits`` are the states at the returns and the fall-through end, ``state`` their join (None: no exit)."""

    frame: Frame
    result: Value
    exits: tuple[State, ...]

    @property
    def state(self) -> State | None:
        """What holds at the exit, whichever it is."""
        return self.frame.exit_state


def inspect_function(analyzer: Analyzer, module: str, qualname: str) -> Inspection | None:
    """Analyse one function for any arguments, or a module's body; None if there is no such function.

    A nested function is run with what its enclosing function leaves in the variables that it captures.
    """
    if sys.getrecursionlimit() < _RECURSION:
        sys.setrecursionlimit(_RECURSION)
    fn = function_ir(analyzer, module, qualname)
    if fn is None:
        return None
    analyzer.module_env(module)
    captured = _captured(analyzer, module, fn)
    analyzer.thorough = True
    try:
        frame, result = analyzer.run_function(module, fn, None, captured)
    finally:
        analyzer.thorough = False
    return Inspection(frame, result, tuple(state for _, state in frame.returns))


def function_ir(analyzer: Analyzer, module: str, qualname: str) -> FunctionIR | None:
    """The lowered function; that of the module's body by its name ``<module>``."""
    if qualname == MODULE_BODY:
        ir = analyzer.symbols.module(module)
        return ir.body if ir is not None else None
    return analyzer.symbols.function(module, qualname)


def _captured(analyzer: Analyzer, module: str, fn: FunctionIR) -> tuple[tuple[str, Value], ...]:
    from statelint.effects.fields import bare

    if not fn.free or not fn.parent:
        return ()
    outer = inspect_function(analyzer, module, fn.parent)
    place = outer.frame.closures.get(fn.qualname) if outer is not None else None
    if outer is None or outer.state is None or place is None:
        return ()
    held = ((name, outer.state.fields.get((place, name))) for name in fn.free)
    return tuple(("&" + name, bare(value)) for name, value in held if value is not None)


def named_values(inspection: Inspection, state: State) -> Iterator[tuple[str, Value]]:
    """The function's own names with what they hold in a state, captured ones included; no compiler names."""
    frame = inspection.frame
    for name, value in state.env.items():
        if not name.startswith("%") and name not in frame.fn.cells:
            yield name, value
    for name in frame.fn.cells:
        held = state.fields.get((frame.frame_sid, name))
        if held is not None and not name.startswith("%"):
            yield name, held


def aliases(inspection: Inspection) -> list[tuple[str, str]]:
    """The pairs of names whose views may overlap at some exit, each with the lesser name first, sorted."""
    pairs: set[tuple[str, str]] = set()
    for state in inspection.exits:
        held = sorted(named_values(inspection, state))
        for (a, left), (b, right) in itertools.combinations(held, 2):
            if (a, b) not in pairs and (may_overlap(left, right) or _element(inspection.frame, left, right)):
                pairs.add((a, b))
    return sorted(pairs)


def _element(frame: Frame, a: Value, b: Value) -> bool:
    """Whether one of two values may be an element of the other, an argument of a NumPy program that may be an array:
    the tensors of a list share nothing with it.
    """
    if frame.analyzer.dialects(frame.module) != {"numpy"}:
        return False

    def owners(value: Value) -> set[int]:
        found = set()
        for sid, _ in value.views:
            while frame.storages[sid].kind == "field" and str(frame.storages[sid].key).startswith("["):
                sid = frame.storages[sid].base
                found.add(sid)
        return found

    mine, theirs = {sid for sid, _ in a.views}, {sid for sid, _ in b.views}
    return bool(owners(a) & (theirs | owners(b)) or owners(b) & mine)


def may_overlap(a: Value, b: Value) -> bool:
    """Whether two values may view a common element of a storage."""
    return any(left == right and overlap(this, that) for left, this in a.views for right, that in b.views)
