"""A tape one holds in one's hand: record now, ask for gradients later; and the strategy in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.apply import fresh
from statelint.tape.arrays import Array, refreshed
from statelint.tape.modes import array
from statelint.tape.record import STRATEGIES, Node, Strategy, level, state
from statelint.tape.storage import Site, line_of
from statelint.tape.sweep import reverse


@dataclass(frozen=True)
class Proof:
    """Writes that an analysis has shown to be harmless, as (file name ending, line) pairs.

    The tape still refuses a gradient if such a write overlaps elements that a rule needs: a wrong proof is refuted, not
    believed.
    """

    writes: frozenset[tuple[str, int]]

    def __call__(self, site: Site) -> bool:
        """Does the proof name the write at ``site``?"""
        path, line = line_of(site)
        return any(line == at and path.endswith(name) for name, at in self.writes)


def proof(writes: Iterable[tuple[str, int]]) -> Proof:
    """A :class:`Proof` of the given (file name ending, line) pairs."""
    return Proof(frozenset(writes))


@contextmanager
def using(strategy: Strategy, harmless: Proof | None = None) -> Iterator[None]:
    """Choose what writes to saved values do, for everything differentiated inside.

    ``prohibit`` refuses the write; ``version`` refuses the gradient; ``copy-on-write`` keeps the old elements when a
    value that is still needed is written to; ``functional`` keeps them at every write; ``proved`` is ``version``, save
    that the writes that ``harmless`` names may touch the same storage as a saved value, though not its elements.

    Raises:
        ValueError: if there is no such strategy.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy must be one of {', '.join(STRATEGIES)}, not {strategy!r}")
    before = (state.strategy, state.harmless)
    state.strategy, state.harmless = strategy, harmless
    try:
        yield
    finally:
        state.strategy, state.harmless = before


def variable(value: Any) -> Array:
    """A leaf: an array, in its own storage, with respect to which gradients can be asked for.

    Raises:
        TypeError: if the value is not floating or complex.
    """
    out = array(value)
    if out.dtype.kind not in "fc":
        raise TypeError(f"a derivative needs a floating or complex value, not {out.dtype}")
    out.node = Node(None, None, (), None, out.shape, out.dtype, None)
    return out


def gradient(y: Any, xs: Any, cotangent: Any = None, *, create_graph: bool = False) -> Any:
    """Gradients of ``y`` with respect to the arrays ``xs``, which may be results of other operations.

    Args:
        y: an array; a scalar unless ``cotangent`` is given.
        xs: an array or a container of arrays, as they are now (a write makes a new value of an array).
        cotangent: of ``y``'s shape.
        create_graph: record the sweep, so that the gradients can be differentiated again.

    Returns:
        A container like ``xs`` of arrays; zeros where ``y`` does not depend on one.

    Raises:
        ValueError: if ``y`` is no scalar and there is no cotangent, or one of ``xs`` carries no derivative.
    """
    targets = [refreshed(x).node for x in trees.leaves(xs)]
    nodes = [n for n in targets if n is not None]
    if len(nodes) != len(targets):
        raise ValueError("gradient with respect to an array that carries no derivative: make it with tape.variable")
    if cotangent is None:
        if np.shape(y) != ():
            raise ValueError(f"y has shape {np.shape(y)}; give its cotangent")
        cotangent = np.ones((), y.dtype)[()]
    node = refreshed(y).node if type(y) is Array else None
    if not create_graph and type(cotangent) is Array:
        cotangent = cotangent.data
    found = reverse([] if node is None else [(node, cotangent)], nodes, recorded=create_graph)
    out = []
    for n, g in zip(nodes, found, strict=True):
        g = np.zeros(n.shape, n.dtype) if g is None else g
        out.append(g if type(g) is Array else fresh(np.array(g)))
    return trees.rebuild(xs, out)


class Tape:
    """A record with its own strategy, entered with ``with``.

    >>> with Tape(strategy="copy-on-write") as t:
    ...     x = t.watch([1.0, 2.0])
    ...     y = np.sum(x * x)
    >>> t.gradient(y, x)
    tape.array([2., 4.])
    """

    def __init__(self, strategy: Strategy = "version", harmless: Proof | None = None) -> None:
        self._strategy = strategy
        self._harmless = harmless
        self._level: AbstractContextManager[int] | None = None

    def __enter__(self) -> Tape:
        self._level = level(self._strategy, self._harmless)
        self._level.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._level is not None
        self._level.__exit__(kind, error, trace)

    def watch(self, value: Any) -> Array:
        """A leaf of this tape; see :func:`variable`."""
        return variable(value)

    def gradient(self, y: Any, xs: Any, cotangent: Any = None, *, create_graph: bool = False) -> Any:
        """See :func:`gradient`."""
        return gradient(y, xs, cotangent, create_graph=create_graph)
