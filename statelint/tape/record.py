"""The record: primitives with their derivative rules, and the nodes that one differentiated run leaves behind."""

from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from statelint.tape.storage import Raw, Site

if TYPE_CHECKING:
    from types import FrameType

Strategy: TypeAlias = Literal["prohibit", "version", "copy-on-write", "functional", "proved"]
STRATEGIES: tuple[Strategy, ...] = ("prohibit", "version", "copy-on-write", "functional", "proved")
Rule: TypeAlias = Callable[..., Any]
Pull: TypeAlias = tuple[int, Rule, tuple[int, ...], tuple[str, ...]]
"""Argument position, its rule, which saved values the rule takes by position, and what it takes by name."""

ANS = -1

PACKAGE = __file__.rpartition("/")[0] or __file__.rpartition("\\")[0]
next_seq = itertools.count(1).__next__


class State:
    """What the thread is doing now: nesting depth, strategy, whether operations are recorded.

    A record belongs to one thread; ``region`` numbers the outermost differentiated call, so that saves of a finished
    one no longer count as owed.
    """

    __slots__ = ("depth", "harmless", "recording", "region", "sealed", "strategy")

    def __init__(self) -> None:
        self.depth = 0
        self.strategy: Strategy = "version"
        self.recording = True
        self.region = 0
        self.harmless: Callable[[Site], bool] | None = None
        self.sealed = False


state = State()
_regions = itertools.count(1).__next__


@contextmanager
def level(strategy: Strategy | None = None, harmless: Callable[[Site], bool] | None = None) -> Iterator[int]:
    """One differentiated call: yields its depth (1 for the outermost). Restores everything, whatever happens."""
    if strategy is not None and strategy not in STRATEGIES:
        raise ValueError(f"strategy must be one of {', '.join(STRATEGIES)}, not {strategy!r}")
    before = (state.depth, state.strategy, state.recording, state.region, state.harmless)
    if state.depth == 0:
        state.region = _regions()
    state.depth += 1
    state.recording = True
    if strategy is not None:
        state.strategy = strategy
    if harmless is not None:
        state.harmless = harmless
    try:
        yield state.depth
    finally:
        state.depth, state.strategy, state.recording, state.region, state.harmless = before


@contextmanager
def sealed() -> Iterator[None]:
    """As :func:`no_grad`, but an operation on a value that carries a derivative is refused: it was captured."""
    before = (state.recording, state.sealed)
    state.recording, state.sealed = False, True
    try:
        yield
    finally:
        state.recording, state.sealed = before


@contextmanager
def no_grad() -> Iterator[None]:
    """Operations inside leave no record; writes still change memory and versions."""
    before = state.recording
    state.recording = False
    try:
        yield
    finally:
        state.recording = before


class Plan:
    """For one set of active arguments: what to save, and how each active argument's cotangent is pulled back."""

    __slots__ = ("pulls", "slots")

    def __init__(
        self, slots: tuple[int, ...], pulls: tuple[tuple[int, Rule, tuple[int, ...], tuple[str, ...]], ...]
    ) -> None:
        self.slots = slots
        self.pulls = pulls


class Primitive:
    """One row of the derivative table.

    ``params`` names the array arguments; everything else is static and passed by keyword. A rule is a function whose
    first parameter is the cotangent (vjp) or tangent (jvp); its further parameters name what it needs, and that is what
    the record saves: an array argument by its name, the result as ``ans``. ``like`` is the differentiated argument's
    shape and dtype, ``out`` the result's; neither is a save. Static arguments go by their keyword.
    ``elementwise`` rules serve both modes, because the derivative is a diagonal; broadcasting is undone for them.
    """

    __slots__ = ("_needs", "accumulate", "elementwise", "fn", "jvps", "many", "name", "params", "plans", "view", "vjps")

    def __init__(self, name: str, fn: Callable[..., Any], params: tuple[str, ...] | None) -> None:
        self.name = name
        self.fn = fn
        self.params = params
        self.vjps: tuple[Rule | None, ...] = ()
        self.jvps: tuple[Rule | str | None, ...] = ()
        self.elementwise = False
        self.view = False
        self.many = False
        self.plans: dict[int, Plan] = {}
        self._needs: dict[Rule, tuple[str, ...]] = {}
        self.accumulate: Callable[[Any, Any, dict[str, Any]], None] | None = None

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def needs(self, rule: Rule) -> tuple[str, ...]:
        """Names of a rule's parameters after the first."""
        found = self._needs.get(rule)
        if found is None:
            found = self._needs[rule] = tuple(inspect.signature(rule).parameters)[1:]
        return found

    def rule(self, position: int) -> Rule:
        """The vjp rule of one argument; variadic primitives have one rule for all."""
        index = 0 if self.params is None else position
        rule = self.vjps[index] if index < len(self.vjps) else None
        if rule is None:
            from statelint.tape.errors import NonDifferentiableError

            raise NonDifferentiableError(f"no reverse rule for argument {position} of '{self.name}'")
        return rule

    def plan(self, mask: int) -> Plan:
        """The plan for the arguments whose bits are set in ``mask``."""
        found = self.plans.get(mask)
        if found is None:
            found = self.plans[mask] = self._make_plan(mask)
        return found

    def _make_plan(self, mask: int) -> Plan:
        slots: list[int] = []
        pulls: list[Pull] = []
        params = self.params or ()
        for position in range(mask.bit_length()):
            if not mask >> position & 1:
                continue
            rule = self.rule(position)
            picks: list[int] = []
            extras: list[str] = []
            for name in self.needs(rule):
                slot = ANS if name == "ans" else params.index(name) if name in params else None
                if slot is None or extras:
                    extras.append(name)
                    if slot is not None and slot not in slots:
                        slots.append(slot)
                    continue
                if slot not in slots:
                    slots.append(slot)
                picks.append(slots.index(slot))
            pulls.append((position, rule, tuple(picks), tuple(extras)))
        return Plan(tuple(slots), tuple(pulls))


class Node:
    """One recorded operation. ``saved[k]`` holds what ``plan.slots[k]`` names, at storage version ``versions[k]``."""

    __slots__ = (
        "adjoint",
        "dtype",
        "mark",
        "owned",
        "parents",
        "plan",
        "prim",
        "saved",
        "seq",
        "shape",
        "site",
        "static",
        "versions",
    )  # fmt: skip

    owned: bool
    """Is the adjoint this node's own buffer? Meaningful while there is an adjoint."""

    def __init__(
        self,
        prim: Primitive | None,
        plan: Plan | None,
        parents: Sequence[Node | None],
        static: dict[str, Any] | None,
        shape: Any,
        dtype: Any,
        site: Site | None,
    ) -> None:
        self.prim = prim
        self.plan = plan
        self.parents = parents
        self.static = static
        self.shape = shape
        self.dtype = dtype
        self.site = site
        self.saved: Sequence[Any] = ()
        self.versions: Sequence[int] = ()
        self.seq = next_seq()
        self.adjoint: Raw = None
        self.mark = 0

    @property
    def ndim(self) -> int:
        """Number of axes of the result."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements of the result."""
        size = 1
        for n in self.shape:
            size *= n
        return size

    def __repr__(self) -> str:
        return f"<node {self.prim.name if self.prim else 'leaf'} {self.dtype}{list(self.shape or ())}>"


def here(name: str) -> Site:
    """The site of the nearest caller outside this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    assert frame is not None
    return (name, frame.f_code, frame.f_lasti)


table: dict[str, Primitive] = {}


def primitive(name: str, fn: Callable[..., Any], params: str | None) -> Primitive:
    """The primitive called ``name``; ``params`` lists its array arguments, ``None`` for any number of them."""
    if name in table:
        raise ValueError(f"primitive {name!r} is defined twice")
    table[name] = Primitive(name, fn, None if params is None else tuple(params.split()))
    return table[name]


LINEAR = "linear"
"""A jvp rule: the primitive is linear in this argument, so it is applied to the tangent in the argument's place."""


def define(prim: Primitive, vjps: Sequence[Rule | None], jvps: Sequence[Rule | str | None]) -> Primitive:
    """Enter both modes' rules of a primitive."""
    prim.vjps, prim.jvps = tuple(vjps), tuple(jvps)
    return prim


def elementwise(prim: Primitive, *rules: Rule | None) -> Primitive:
    """Enter rules that multiply by a diagonal: the same function serves cotangents and tangents."""
    prim.elementwise = True
    return define(prim, rules, rules)
