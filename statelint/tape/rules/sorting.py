"""Sorting: a permutation that is constant where the elements differ."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import plain
from statelint.tape.rules.indexing import TAKE_ALONG


def sort(x: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """As :func:`numpy.sort`; equal elements keep their order, and so do their cotangents."""
    if axis is None:
        x, axis = np.ravel(x), -1
    index = np.argsort(plain(x), axis=axis, kind="stable")
    return apply(TAKE_ALONG, (x,), {"index": index, "axis": axis})


def partition(x: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """As :func:`numpy.partition`."""
    if axis is None:
        x, axis = np.ravel(x), -1
    index = np.argpartition(plain(x), kth, axis=axis)
    return apply(TAKE_ALONG, (x,), {"index": index, "axis": axis})
