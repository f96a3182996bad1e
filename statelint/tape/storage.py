"""Storages, their versions, and the regions of them that views cover.

A storage is one owned, C-contiguous block of elements. Arrays are views of it. Each write raises its version, so that a
saved value, kept as (storage, version), can tell whether it still reads what it read when it was saved.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from statelint.tape.arrays import Array
    from statelint.tape.record import Node

Raw: TypeAlias = Any
"""A plain NumPy array or scalar, or a Python number."""

Site: TypeAlias = tuple[str, CodeType, int]
"""Operation name, code object and instruction offset; lines are looked up only when a message needs them."""


def line_of(site: Site) -> tuple[str, int]:
    """File and line of a site."""
    _, code, lasti = site
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return code.co_filename, line
    return code.co_filename, code.co_firstlineno


def describe(site: Site) -> str:
    """``'multiply' at file:line: source text``."""
    path, line = line_of(site)
    text = linecache.getline(path, line).strip()
    return f"'{site[0]}' at {path}:{line}" + (f": {text}" if text else "")


@dataclass(frozen=True, slots=True)
class Strided:
    """The elements ``offset + sum(i_k * strides[k])`` of a storage; strides count elements."""

    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def view(self, buffer: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The region of a C-contiguous ``buffer`` as a view of it."""
        flat = buffer.reshape(-1)
        size = buffer.itemsize
        return as_strided(flat[self.offset :], self.shape, tuple(s * size for s in self.strides))

    def positions(self, size: int) -> np.ndarray[Any, Any]:
        """Flat position of each element in a storage of ``size`` elements."""
        return self.view(np.arange(size))

    def repeats(self) -> bool:
        """May two indices name the same element?"""
        reach = 0
        for stride, length in sorted((abs(s), n) for s, n in zip(self.strides, self.shape, strict=True) if n > 1):
            if stride <= reach:
                return True
            reach += stride * (length - 1)
        return False

    def is_all(self, shape: tuple[int, ...]) -> bool:
        """Is it the whole of a C-contiguous storage of this shape, in its own order?"""
        if self.offset or self.shape != shape:
            return False
        expected = 1
        for stride, length in zip(reversed(self.strides), reversed(shape), strict=True):
            if length > 1 and stride != expected:
                return False
            expected *= length
        return True


@dataclass(frozen=True, slots=True)
class Positions:
    """Elements of a storage picked by flat position (what advanced indexing writes)."""

    index: np.ndarray[Any, Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what is picked."""
        return tuple(self.index.shape)

    def positions(self, size: int) -> np.ndarray[Any, Any]:
        """Flat position of each element."""
        return self.index

    def repeats(self) -> bool:
        """Does a position occur twice?"""
        return np.unique(self.index).size != self.index.size

    def is_all(self, shape: tuple[int, ...]) -> bool:
        """Never known to be the whole storage."""
        return False


Region: TypeAlias = Strided | Positions


def address(data: np.ndarray[Any, Any]) -> int:
    """Address of the first element."""
    return int(data.__array_interface__["data"][0])


def locate(data: np.ndarray[Any, Any], buffer: np.ndarray[Any, Any]) -> Strided:
    """Region of ``buffer`` that its view ``data`` covers. Both have the same dtype."""
    size = buffer.itemsize
    if data.size == 0:
        return Strided(0, data.shape, tuple(s // size for s in data.strides))
    return Strided((address(data) - address(buffer)) // size, data.shape, tuple(s // size for s in data.strides))


def take_region(buffer: np.ndarray[Any, Any], region: Region) -> np.ndarray[Any, Any]:
    """The region's elements: a view for a strided region, a copy for positions."""
    if isinstance(region, Strided):
        return region.view(buffer)
    picked: np.ndarray[Any, Any] = buffer.reshape(-1)[region.index]
    return picked


def put_region(buffer: np.ndarray[Any, Any], region: Region, value: Raw) -> None:
    """Write ``value``, broadcast, to the region of ``buffer``."""
    if isinstance(region, Strided):
        region.view(buffer)[...] = value
    else:
        buffer.reshape(-1)[region.index] = value


def add_region(buffer: np.ndarray[Any, Any], region: Region, value: Raw) -> None:
    """Add ``value`` to the region; an element that the region names several times receives each contribution."""
    if not region.repeats():
        if isinstance(region, Strided):
            view = region.view(buffer)
            view += value
        else:
            buffer.reshape(-1)[region.index] += value
    else:
        np.add.at(buffer.reshape(-1), region.positions(buffer.size), value)


def overlap(a: Region, b: Region, size: int) -> bool:
    """May two regions of one storage of ``size`` elements share an element? Exact up to a bound on work, then True."""
    if isinstance(a, Strided) and isinstance(b, Strided):
        room = np.empty(size, dtype=np.int8)
        work: Any = 100_000
        try:
            return bool(np.shares_memory(a.view(room), b.view(room), max_work=work))
        except np.exceptions.TooHardError:
            return True
    return bool(np.intersect1d(a.positions(size), b.positions(size)).size)


@dataclass(frozen=True, slots=True)
class Write:
    """One write: the version it made, where, what it covered, and whether a proof called it harmless."""

    version: int
    site: Site
    region: Region
    harmless: bool


class Past:
    """What a storage remembers once it has views or has been written: its derivative history and its writes."""

    __slots__ = ("node", "snapshots", "tangents", "writes")

    def __init__(self, node: Node | None, tangents: dict[int, Array] | None) -> None:
        self.node = node
        self.tangents = tangents
        self.writes: list[Write] = []
        self.snapshots: dict[int, np.ndarray[Any, Any]] = {}


class Storage:
    """One block of memory: ``buffer``, its ``version``, who saved it last (``saved``), and its ``past``."""

    __slots__ = ("buffer", "past", "saved", "version")

    def __init__(self, buffer: Raw) -> None:
        self.buffer = buffer
        self.version = 0
        self.saved: tuple[int, Site] | None = None
        self.past: Past | None = None

    def snapshot_of(self, version: int) -> np.ndarray[Any, Any] | None:
        """The elements as they were at ``version``, if a strategy kept them."""
        if self.past is None:
            return None
        kept = [v for v in self.past.snapshots if v >= version]
        return self.past.snapshots[min(kept)] if kept else None
