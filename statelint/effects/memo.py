"""Results computed on demand, with cycles cut so that a result never depends on who asked first.

A *node* is a function's summary, a module's body or a class's shape. While one is computed, asking for it again gives a
conservative fallback, and everything computed above it on the stack is provisional: it is kept only until the head of
the cycle is done (the bookkeeping is Tarjan's low-link). A finished head remembers the members of its cycle and is
computed anew when one of them asks, because that one's own result must not depend on whether the head came first.

Class shapes and module bodies are *anchors*: they are computed as if nothing but other anchors were under way. So a
class's shape is the same for each of its methods that asks, and is made once, although its making runs those methods.

A node that asks for nothing but itself is iterated from below instead, if it says where to begin, until a run gives
what it assumed; if that does not come soon, the fallback's result stands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import eq
from typing import Any

MAX_ROUNDS = 4


class Memo:
    """Nodes under computation, finished results, and provisional ones."""

    def __init__(self) -> None:
        self._results: dict[Hashable, tuple[Any, frozenset[Hashable]]] = {}
        self._provisional: dict[Hashable, tuple[Any, int]] = {}
        self._stack: list[Hashable] = []
        self._low: list[int] = []
        self._members: list[set[Hashable]] = []
        self._anchors: dict[Hashable, int] = {}
        """Positions of the anchors under way."""
        self._position: dict[Hashable, int] = {}
        """Positions of the other nodes under way since the last anchor."""
        self._assumed: dict[Hashable, Any] = {}

    def compute(
        self,
        node: Hashable,
        make: Callable[[], Any],
        fallback: Callable[[], Any],
        bottom: Callable[[], Any] | None = None,
        same: Callable[[Any, Any], bool] = eq,
        *,
        anchor: bool = False,
    ) -> Any:
        """The result of a node: known, made now, or the fallback if it is under way. ``bottom`` begins an iteration
        from below, which ends when two results are the ``same``.
        """
        found = self._results.get(node)
        if found is not None and (not found[1] or not self._under_way(found[1])):
            return found[0]
        position = (self._anchors if anchor else self._position).get(node)
        if position is not None:
            self._touch(position)
            return self._assumed[node] if node in self._assumed else fallback()
        held = self._provisional.get(node)
        if held is not None and self._visible(held[1]):
            self._touch(held[1])
            return held[0]
        result, members = self._make(node, make, anchor)
        if bottom is not None and members == {node} and node in self._results:
            result = self._iterate(node, make, bottom(), same, result)
            self._results[node] = (result, frozenset(members))
        return result

    def _under_way(self, nodes: frozenset[Hashable]) -> bool:
        return not (self._position.keys().isdisjoint(nodes) and self._anchors.keys().isdisjoint(nodes))

    def _visible(self, position: int) -> bool:
        if position >= len(self._stack):
            return False  # what it was provisional on is done
        node = self._stack[position]
        return node in self._anchors or self._position.get(node) == position

    def _iterate(
        self, node: Hashable, make: Callable[[], Any], start: Any, same: Callable[[Any, Any], bool], coarse: Any
    ) -> Any:
        del self._results[node]
        self._assumed[node] = start
        try:
            for _ in range(MAX_ROUNDS):
                result, _ = self._make(node, make, False)
                self._results.pop(node, None)
                if same(result, self._assumed[node]):
                    return result
                self._assumed[node] = result
            return coarse
        finally:
            del self._assumed[node]

    def _touch(self, position: int) -> None:
        if position < len(self._low):
            self._low[-1] = min(self._low[-1], position)
            self._members[position].update(self._stack[position:])

    def _make(self, node: Hashable, make: Callable[[], Any], anchor: bool) -> tuple[Any, set[Hashable]]:
        position = len(self._stack)
        self._stack.append(node)
        self._low.append(position)
        self._members.append(set())
        outer = self._position
        if anchor:
            self._anchors[node] = position
            self._position = {}
        else:
            outer[node] = position
        try:
            result = make()
        finally:
            self._stack.pop()
            low = self._low.pop()
            members = self._members.pop()
            met = bool(members)
            self._position = outer
            if anchor:
                members.intersection_update(self._anchors)
                del self._anchors[node]
            else:
                del outer[node]
        if low < position:
            self._provisional[node] = (result, low)
            self._low[-1] = min(self._low[-1], low)
            self._members[low].update(members)
            self._members[low].add(node)
            return result, set()
        if met:
            self._provisional = {n: held for n, held in self._provisional.items() if held[1] < position}
        if node not in self._results:
            self._results[node] = (result, frozenset(members))
        return result, members
