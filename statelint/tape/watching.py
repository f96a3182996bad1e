"""Snapshots of what a function can reach, so that changes made by a run can be named."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

DEPTH = 6


def snapshot(f: Any, args: Any) -> dict[str, Any]:
    """Paths and values of the arguments, of the object ``f`` is bound to, its own attributes, closure and defaults.

    Arrays are copied; numbers, strings and None are kept; other objects are entered through their ``__dict__``.
    """
    out: dict[str, Any] = {}
    seen: set[int] = set()
    for k, arg in enumerate(args):
        _enter(str(k), arg, out, seen, DEPTH)
    owner = getattr(f, "__self__", None)
    if owner is not None:
        _enter("self", owner, out, seen, DEPTH)
    if isinstance(f, types.MethodType):
        f = f.__func__
    if isinstance(f, types.FunctionType):
        for name, value in f.__dict__.items():
            _enter(f"attribute {name}", value, out, seen, DEPTH)
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            _enter(f"closure variable {name}", _content(cell), out, seen, DEPTH)
        for k, value in enumerate(f.__defaults__ or ()):
            _enter(f"default {k}", value, out, seen, DEPTH)
        for name in f.__code__.co_names:
            if name in f.__globals__ and isinstance(f.__globals__[name], (int, float, np.ndarray, list, dict)):
                _enter(f"global {name}", f.__globals__[name], out, seen, DEPTH)
    elif hasattr(f, "__dict__"):
        _enter("self", f, out, seen, DEPTH)
    return out


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _enter(path: str, value: Any, out: dict[str, Any], seen: set[int], depth: int) -> None:
    if isinstance(value, np.ndarray):
        out[path] = value.copy()
    elif value is None or isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        out[path] = value
    elif depth == 0 or id(value) in seen or isinstance(value, (type, types.ModuleType, types.BuiltinFunctionType)):
        return
    elif isinstance(value, dict):
        seen.add(id(value))
        out[f"{path} (keys)"] = tuple(map(repr, value))
        for key, part in value.items():
            _enter(f"{path}[{key!r}]", part, out, seen, depth - 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        seen.add(id(value))
        out[f"{path} (length)"] = len(value)
        for k, part in enumerate(value):
            _enter(f"{path}[{k}]", part, out, seen, depth - 1)
    elif isinstance(value, np.random.Generator):
        out[path] = repr(value.bit_generator.state)
    elif isinstance(value, types.FunctionType):
        return
    elif hasattr(value, "__dict__"):
        seen.add(id(value))
        for name, part in vars(value).items():
            _enter(f"{path}.{name}", part, out, seen, depth - 1)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Paths whose values differ, or that are new or gone."""
    paths = [p for p in before if p not in after or not _same(before[p], after[p])]
    return paths + [p for p in after if p not in before]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc")
    return bool(a == b) or (a != a and b != b)
