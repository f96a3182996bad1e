"""Leaves of containers and records by their paths, and how to put others in their places."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from statelint.verify.engines.base import Engine


def leaves(engine: Engine, value: Any, path: str = "", depth: int = 12) -> Iterator[tuple[str, Any]]:
    """Arrays and plain values with their paths, through containers, named tuples and dataclasses."""
    if engine.is_array(value) or depth == 0:
        yield path, value
        return
    parts = _parts(engine, value)
    if parts is None:
        yield path, value
        return
    for step, part in parts:
        yield from leaves(engine, part, path + step, depth - 1)


def replaced(engine: Engine, value: Any, new: Mapping[str, Any], path: str = "", depth: int = 12) -> Any:
    """The same with other leaves at some paths; containers on the way are new ones, others are shared."""
    if path in new:
        return new[path]
    if engine.is_array(value) or depth == 0 or not any(each.startswith(path) for each in new):
        return value
    parts = _parts(engine, value)
    if parts is None:
        return value
    made = [replaced(engine, part, new, path + step, depth - 1) for step, part in parts]
    if isinstance(value, dict):
        out = copy.copy(value)
        for key, part in zip(list(value), made, strict=True):
            out[key] = part
        return out
    if isinstance(value, tuple):
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    if isinstance(value, list):
        return made
    out = object.__new__(type(value))
    for name, part in vars(value).items():
        object.__setattr__(out, name, part)
    for (step, _), part in zip(parts, made, strict=True):
        object.__setattr__(out, step[1:], part)
    return out


def _parts(engine: Engine, value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(f".{name}", part) for name, part in zip(value._fields, value, strict=True)]
    if isinstance(value, (list, tuple)):
        return [(f"[{k}]", part) for k, part in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and not engine.is_module(value):
        names = (
            [f.name for f in dataclasses.fields(value) if f.name in vars(value)] if hasattr(value, "__dict__") else []
        )
        return [(f".{name}", getattr(value, name)) for name in names]
    return None
