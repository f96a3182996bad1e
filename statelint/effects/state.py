"""The abstract state at a point of one function: names, fields, versions and what was consumed.

A storage's *fields* are the attributes of an object, the elements of a container (``"[*]"`` for all of them, or a
constant key) and the variables of a frame. *Extra* facts are what in-place writes added to a storage since the values
that view it were made. ``saved`` says which saves stand on a storage, ``clobbered`` which saves have been overwritten
on some path. On every path: ``freed`` are the saves that a backward pass has let go, ``stepped`` those that an
optimizer's step has overwritten. ``grads`` are, for the parameters of each module that some optimizer owns, the
backward passes whose gradients may be in them, and below zero those that surely are and that a step has used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from statelint.effects.value import Value, join

Field = tuple[int, object]
Extra = tuple[int, int, int]
"""``(hist, grad, deps)`` added by writes."""


class Heap:
    """Fields by storage. The table of one storage is shared between copies until one of them writes to it."""

    __slots__ = ("_owned", "_tables")

    def __init__(self) -> None:
        self._tables: dict[int, dict[object, Value]] = {}
        self._owned: set[int] = set()

    def copy(self) -> Heap:
        """A heap with the same contents; neither owns a table any more."""
        new = Heap.__new__(Heap)
        new._tables = self._tables.copy()
        new._owned = set()
        self._owned = set()
        return new

    def get(self, field: Field) -> Value | None:
        """The value of a field that was written."""
        table = self._tables.get(field[0])
        return None if table is None else table.get(field[1])

    def __getitem__(self, field: Field) -> Value:
        return self._tables[field[0]][field[1]]

    def __contains__(self, field: Field) -> bool:
        table = self._tables.get(field[0])
        return table is not None and field[1] in table

    def __setitem__(self, field: Field, value: Value) -> None:
        sid, key = field
        table = self._tables.get(sid)
        if table is None:
            self._tables[sid] = {key: value}
            self._owned.add(sid)
        elif sid in self._owned:
            table[key] = value
        else:
            self._tables[sid] = {**table, key: value}
            self._owned.add(sid)

    def of(self, sid: int) -> dict[object, Value]:
        """The written fields of a storage; not to be changed."""
        return self._tables.get(sid) or _NO_FIELDS

    def drop(self, sid: int) -> None:
        """Forget a storage: its site allocates it anew."""
        self._tables.pop(sid, None)
        self._owned.discard(sid)

    def tables(self) -> Iterable[tuple[int, dict[object, Value]]]:
        """All storages with written fields."""
        return self._tables.items()

    def items(self) -> Iterable[tuple[Field, Value]]:
        """All written fields."""
        for sid, table in self._tables.items():
            for key, value in table.items():
                yield (sid, key), value

    def replace(self, tables: dict[int, dict[object, Value]]) -> None:
        """Take other contents."""
        self._tables = tables
        self._owned = set(tables)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Heap) and self._tables == other._tables

    __hash__ = None  # type: ignore[assignment]


_NO_FIELDS: dict[object, Value] = {}


class State:
    """One abstract state. Copies are shallow: all it holds is immutable."""

    __slots__ = (
        "clobbered",
        "conds",
        "consumed",
        "env",
        "extra",
        "fields",
        "freed",
        "grads",
        "no_grad",
        "saved",
        "stepped",
    )

    def __init__(self) -> None:
        self.env: dict[str, Value] = {}
        self.fields = Heap()
        self.extra: dict[int, Extra] = {}
        self.saved: dict[int, int] = {}
        self.clobbered = 0
        self.freed = 0
        self.stepped = 0
        self.grads: dict[int, frozenset[int]] = {}
        self.consumed: dict[int, frozenset[int]] = {}
        self.conds: dict[str, bool] = {}
        self.no_grad = False

    def copy(self) -> State:
        """An independent copy."""
        new = State.__new__(State)
        new.env = self.env.copy()
        new.fields = self.fields.copy()
        new.extra = self.extra.copy()
        new.saved = self.saved.copy()
        new.clobbered = self.clobbered
        new.freed = self.freed
        new.stepped = self.stepped
        new.grads = self.grads
        new.consumed = self.consumed.copy()
        new.conds = self.conds.copy()
        new.no_grad = self.no_grad
        return new

    def become(self, other: State) -> None:
        """Take over another state, which is not used afterwards."""
        for name in State.__slots__:
            setattr(self, name, getattr(other, name))

    def same(self, other: State) -> bool:
        """Whether nothing differs that a further turn of a loop could see."""
        return (
            self.env == other.env
            and self.fields == other.fields
            and self.extra == other.extra
            and self.saved == other.saved
            and self.clobbered == other.clobbered
            and self.freed == other.freed
            and self.stepped == other.stepped
            and self.grads == other.grads
            and self.consumed == other.consumed
        )


def join_states(a: State | None, b: State | None, initial: Callable[[Field], Value | None]) -> State | None:
    """The join of two paths. ``initial`` gives the value that a field had before anybody wrote it."""
    if a is None:
        return b
    if b is None or a is b:
        return a
    new = State.__new__(State)
    new.env = _join_env(a.env, b.env)
    new.fields = _join_fields(a.fields, b.fields, initial)
    new.extra = a.extra if a.extra == b.extra else _join_extra(a.extra, b.extra)
    new.saved = a.saved if a.saved == b.saved else _join_bits(a.saved, b.saved)
    new.clobbered = a.clobbered | b.clobbered
    new.grads = a.grads if a.grads == b.grads else _join_sets(a.grads, b.grads)
    new.freed, new.stepped = a.freed, a.stepped
    if a.freed != b.freed or a.stepped != b.stepped:
        live_a, live_b = _live(a), _live(b)
        new.freed = _on_both(a.freed, live_a, b.freed, live_b)
        new.stepped = _on_both(a.stepped, live_a, b.stepped, live_b)
    new.consumed = dict(a.consumed)
    for sid, events in b.consumed.items():
        mine = new.consumed.get(sid)
        new.consumed[sid] = events if mine is None else mine | events
    new.conds = {k: v for k, v in a.conds.items() if b.conds.get(k) is v}
    new.no_grad = a.no_grad and b.no_grad
    return new


def _join_sets(a: dict[int, frozenset[int]], b: dict[int, frozenset[int]]) -> dict[int, frozenset[int]]:
    new = {}
    for key in a.keys() | b.keys():
        mine, theirs = a.get(key, frozenset()), b.get(key, frozenset())
        spent = {source for source in mine & theirs if source < 0}
        new[key] = frozenset({source for source in mine | theirs if source >= 0} | spent)
    return new


def _live(state: State) -> int:
    """All saves that were made on a path."""
    bits = 0
    for saves in state.saved.values():
        bits |= saves
    return bits


def _on_both(a: int, made_a: int, b: int, made_b: int) -> int:
    """What happened to a save on every path that made it."""
    return (a & b) | (a & ~made_b) | (b & ~made_a)


def _join_env(a: dict[str, Value], b: dict[str, Value]) -> dict[str, Value]:
    new = dict(b)
    for name, value in a.items():
        other = new.get(name)
        if other is not value:
            new[name] = value if other is None else join(value, other)
    return new


def _join_fields(a: Heap, b: Heap, initial: Callable[[Field], Value | None]) -> Heap:
    new = Heap()
    tables = new._tables
    others = b._tables
    for sid, mine in a._tables.items():
        other = others.get(sid)
        if other is mine:
            tables[sid] = mine
        else:
            tables[sid] = _join_table(sid, mine, other or _NO_FIELDS, initial)
            new._owned.add(sid)
    for sid, theirs in others.items():
        if sid not in tables:
            tables[sid] = _join_table(sid, _NO_FIELDS, theirs, initial)
            new._owned.add(sid)
    a._owned = set()
    b._owned = set()
    return new


def _join_table(
    sid: int, a: dict[object, Value], b: dict[object, Value], initial: Callable[[Field], Value | None]
) -> dict[object, Value]:
    new: dict[object, Value] = {}
    for key, value in a.items():
        other = b.get(key)
        if other is value:
            new[key] = value
            continue
        if other is None:
            other = initial((sid, key))
        new[key] = value if other is None else join(value, other)
    for key, value in b.items():
        if key not in a:
            other = initial((sid, key))
            new[key] = value if other is None else join(value, other)
    return new


def _join_bits(a: dict[int, int], b: dict[int, int]) -> dict[int, int]:
    new = dict(a)
    for key, bits in b.items():
        new[key] = new.get(key, 0) | bits
    return new


def _join_extra(a: dict[int, Extra], b: dict[int, Extra]) -> dict[int, Extra]:
    new = dict(a)
    for key, (hist, grad, deps) in b.items():
        mine = new.get(key)
        new[key] = (hist, grad, deps) if mine is None else (mine[0] | hist, mine[1] | grad, mine[2] | deps)
    return new
