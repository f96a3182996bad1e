"""Regions: which part of a storage a view covers, as selectors along its leading axes.

A region is a tuple of selectors, one per axis that an indexing expression named; axes beyond are covered whole, and the
empty tuple is the whole storage. Bounds are linear forms ``symbol + offset``: a symbol stands for one unknown number
(0 for none), so that ``a[:n]`` and ``a[n:]``, or ``a[i]`` and ``a[i + 1]``, are told apart. The negated symbol is the
same number in an earlier turn of the loop that yields a different one in each.
"""

from __future__ import annotations

from typing import NamedTuple


class Linear(NamedTuple):
    """The number ``symbol + offset``; symbol 0 is zero."""

    symbol: int
    offset: int


class Index(NamedTuple):
    """One position of an axis."""

    at: Linear


class Slice(NamedTuple):
    """Positions ``lower <= i < upper``; None is the end of the axis. ``exact`` is false for the hull of what is
    selected (steps other than 1, unknown bounds, a view of a view): then the view's own positions are not counted from
    ``lower``.
    """

    lower: Linear | None
    upper: Linear | None
    exact: bool = True


Selector = Index | Slice | None
"""None: an unknown part of the axis."""

Region = tuple[Selector, ...]

ALL: Region = ()


def compose(outer: Region, inner: Region) -> Region:
    """The region of ``view[inner]`` where ``view`` covers ``outer``: exact for a whole view, else ``outer`` itself,
    which covers it.
    """
    if not outer:
        return inner
    free = next((i for i, selector in enumerate(outer) if not isinstance(selector, Index)), len(outer))
    if free == len(outer):
        return outer + inner
    return _hull(outer)


def rearranged(region: Region) -> Region:
    """The region of a view that reorders or reshapes what ``region`` covers: its own axes tell nothing of the
    storage's.
    """
    return (*region, None) if all(isinstance(selector, Index) for selector in region) else _hull(region)


def _hull(region: Region) -> Region:
    return tuple(s._replace(exact=False) if isinstance(s, Slice) and s.exact else s for s in region)


def overlap(a: Region, b: Region) -> bool:
    """Whether two views of one storage may share an element: false only if some axis proves them apart."""
    for left, right in zip(a, b, strict=False):
        if left is not None and right is not None and _apart(left, right):
            return False
    return True


def _apart(left: Index | Slice, right: Index | Slice) -> bool:
    if isinstance(left, Index):
        if isinstance(right, Index):
            return _different(left.at, right.at)
        return _outside(left.at, right)
    if isinstance(right, Index):
        return _outside(right.at, left)
    return _not_after(left.upper, right.lower) or _not_after(right.upper, left.lower)


def _different(a: Linear, b: Linear) -> bool:
    # Numbers of different signs count from different ends: -1 may be the same position as 3.
    if a.symbol != b.symbol:
        return a.symbol == -b.symbol and a.offset == b.offset
    if a.symbol == 0 and (a.offset < 0) != (b.offset < 0):
        return False
    return a.offset != b.offset


def _outside(at: Linear, part: Slice) -> bool:
    if part.lower is not None and _comparable(at, part.lower) and at.offset < part.lower.offset:
        return True
    return part.upper is not None and _comparable(at, part.upper) and at.offset >= part.upper.offset


def _not_after(upper: Linear | None, lower: Linear | None) -> bool:
    return upper is not None and lower is not None and _comparable(upper, lower) and upper.offset <= lower.offset


def _comparable(a: Linear, b: Linear) -> bool:
    if a.symbol != b.symbol:
        return False
    return a.symbol != 0 or (a.offset < 0) == (b.offset < 0)
