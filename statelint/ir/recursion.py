"""Recursion over source that nests more deeply than the interpreter's usual limit allows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT = 60_000


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Raise the recursion limit for a while. Calls from Python to Python take no machine stack, and the parser has
    refused long before what this limit does not hold."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
