"""The abstract state at a point of one function: names, fields, versions and what was consumed.

A storage's *fields* are the attributes of an object, the elements of a container (``"[*]"`` for all of them, or a constant
key) and the variables of a frame. *Extra* facts are what in-place writes added to a storage since the values that view it
were made. ``saved`` says which saves stand on a storage, ``clobbered`` which saves have been overwritten.
"""

from __future__ import annotations

from collections.abc import Callable

from statelint.effects.value import Value, join

Field = tuple[int, object]
Extra = tuple[int, int, int]
"""``(hist, grad, deps)`` added by writes."""


class State:
    """One abstract state. Copies are shallow: all it holds is immutable."""

    __slots__ = ("clobbered", "conds", "consumed", "env", "extra", "fields", "no_grad", "saved")

    def __init__(self) -> None:
        self.env: dict[str, Value] = {}
        self.fields: dict[Field, Value] = {}
        self.extra: dict[int, Extra] = {}
        self.saved: dict[int, int] = {}
        self.clobbered = 0
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
        new.consumed = self.consumed.copy()
        new.conds = self.conds.copy()
        new.no_grad = self.no_grad
        return new

    def same(self, other: State) -> bool:
        """Whether nothing differs that a further turn of a loop could see."""
        return (
            self.env == other.env
            and self.fields == other.fields
            and self.extra == other.extra
            and self.saved == other.saved
            and self.clobbered == other.clobbered
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
    new.consumed = dict(a.consumed)
    for sid, events in b.consumed.items():
        mine = new.consumed.get(sid)
        new.consumed[sid] = events if mine is None else mine | events
    new.conds = {k: v for k, v in a.conds.items() if b.conds.get(k) is v}
    new.no_grad = a.no_grad and b.no_grad
    return new


def _join_env(a: dict[str, Value], b: dict[str, Value]) -> dict[str, Value]:
    new = dict(b)
    for name, value in a.items():
        other = new.get(name)
        if other is not value:
            new[name] = value if other is None else join(value, other)
    return new


def _join_fields(
    a: dict[Field, Value], b: dict[Field, Value], initial: Callable[[Field], Value | None]
) -> dict[Field, Value]:
    new = dict(b)
    for field, value in a.items():
        other = new.get(field)
        if other is not value:
            if other is None:
                other = initial(field)
            new[field] = value if other is None else join(value, other)
    if len(new) > len(a):
        for field, value in b.items():
            if field not in a:
                other = initial(field)
                if other is not None:
                    new[field] = join(value, other)
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
