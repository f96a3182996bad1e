"""The scalar record: entries of two parents and two partials in one growing block, and its compiled reverse sweep.

An entry is 24 bytes: two 32-bit parent indices and two float64 partials. It has no operation code: the adjoint of
entry k adds ``adjoint * partial`` to both parents, whatever was computed. Index 0 stands for "no parent"; leaves come
next, entries follow in the order of recording.
"""

from __future__ import annotations

import ctypes
import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

ENTRY = np.dtype([("p0", np.uint32), ("p1", np.uint32), ("d0", np.float64), ("d1", np.float64)])
BASE, POSITION, CAPACITY, RAW, FLAG, START = range(6)
"""Places in a block's header: shifted base address, next index, first index without room, address, error, first."""

_POOLED_BYTES = 1 << 30
_pool: list[tuple[int, int]] = []
_adjoints: list[np.ndarray[Any, Any]] = []


@functools.cache
def _libc() -> Any:
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.realloc.restype, libc.realloc.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t]
    libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
    return libc


class Block:
    """A growing block of entries behind a header that compiled code reads and writes.

    Args:
        leaves: number of differentiable scalars; they have the indices 1 to ``leaves``.
        room: entries to make room for at first.
    """

    def __init__(self, leaves: int, room: int = 1 << 12) -> None:
        self.leaves = leaves
        start = leaves + 1
        if _pool:
            raw, count = _pool.pop()
        else:
            raw, count = _libc().malloc(room * ENTRY.itemsize), room
        if not raw:
            raise MemoryError("no memory for the scalar record")
        self.header = np.array([raw - start * ENTRY.itemsize, start, start + count, raw, 0, start], dtype=np.int64)
        self.address = int(self.header.ctypes.data)
        weakref.finalize(self, _release, self.header).atexit = False

    def __len__(self) -> int:
        return int(self.header[POSITION] - self.header[START])

    @property
    def entries(self) -> np.ndarray[Any, Any]:
        """The entries as a structured array that shares the block's memory."""
        if not len(self):
            return np.zeros(0, ENTRY)
        memory: Any = (ctypes.c_char * (len(self) * ENTRY.itemsize)).from_address(int(self.header[RAW]))
        found: np.ndarray[Any, Any] = np.frombuffer(memory, ENTRY)
        return found

    def require_whole(self) -> None:
        """Did every entry find room?

        Raises:
            MemoryError: if not; the record is then useless.
        """
        if self.header[FLAG] == 1:
            raise MemoryError("the scalar record holds at most 2**31 entries: record it in checkpointed pieces")
        if self.header[FLAG]:
            raise MemoryError("no memory for the scalar record: record it in checkpointed pieces")

    def grow(self) -> None:
        """Double the room (compiled code does this by itself)."""
        count = 2 * int(self.header[CAPACITY] - self.header[START])
        raw = _libc().realloc(int(self.header[RAW]), count * ENTRY.itemsize)
        if not raw:
            raise MemoryError("no memory for the scalar record")
        start = int(self.header[START])
        self.header[[BASE, CAPACITY, RAW]] = raw - start * ENTRY.itemsize, start + count, raw

    def reverse(self, seeds: list[tuple[int, float]]) -> np.ndarray[Any, Any]:
        """Adjoints of the leaves, float64, for (index, cotangent) seeds."""
        size = int(self.header[POSITION])
        adjoint = _adjoints.pop() if _adjoints else np.zeros(0)
        if adjoint.size < size:
            adjoint = np.zeros(max(size, 2 * adjoint.size if size < 1 << 24 else size))
        for index, g in seeds:
            adjoint[index] += g
        if len(self):
            sweep()(self.entries, adjoint, int(self.header[START]))
        out = adjoint[1 : self.leaves + 1].copy()
        adjoint[: self.leaves + 1] = 0.0
        if adjoint.nbytes <= _POOLED_BYTES and not _adjoints:
            _adjoints.append(adjoint)
        return out


def _release(header: np.ndarray[Any, Any]) -> None:
    """Keep one block of moderate size for the next record, give back others."""
    raw, count = int(header[RAW]), int(header[CAPACITY] - header[START])
    if not _pool and count * ENTRY.itemsize <= _POOLED_BYTES:
        _pool.append((raw, count))
    else:
        _libc().free(raw)


def _reverse_entries(entries: Any, adjoint: Any, start: int) -> None:
    """Youngest entry first; each adjoint is cleared when it has been read, so that the buffer can be used again.

    What flows to the next two entries stays in registers: a chain of operations would otherwise wait for memory.
    """
    one, two = np.uint64(1), np.uint64(2)
    i = np.uint64(entries.shape[0])
    k = i + np.uint64(start)
    to_next = to_second = 0.0
    while i > np.uint64(0):
        i -= one
        k -= one
        entry = entries[i]
        p0, p1 = np.uint64(entry.p0), np.uint64(entry.p1)
        a = to_next + adjoint[k]
        adjoint[k] = 0.0
        to_next = to_second
        to_second = 0.0
        if a != 0.0:
            term = a * entry.d0
            if k - p0 == one:
                to_next += term
            elif k - p0 == two:
                to_second += term
            else:
                adjoint[p0] += term
            term = a * entry.d1
            if k - p1 == one:
                to_next += term
            elif k - p1 == two:
                to_second += term
            elif p1 != 0:
                adjoint[p1] += term
    adjoint[k - one] += to_next
    adjoint[k - two] += to_second


@functools.cache
def sweep() -> Callable[[Any, Any, int], None]:
    """The reverse sweep, compiled (once, then kept on disk)."""
    import numba

    compiled: Callable[[Any, Any, int], None] = numba.njit(cache=True, fastmath={"contract"})(_reverse_entries)
    return compiled
