"""What a run can have changed: all that the user's modules, the object, the closure and the generators hold."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import random
import types
from typing import Any

import numpy as np

from statelint.verify.engines import Engine
from statelint.verify.inputs import short
from statelint.verify.program import Program, World

_DEPTH = 10
_MOST = 20_000
_TABLES = ("_parameters", "_buffers", "_modules")
_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)
_LAZY: tuple[type, ...] = (enumerate, zip, map, filter)
_ITERATORS: tuple[type, ...] = (itertools.count, itertools.cycle, type(iter([])), type(iter(())), *_LAZY)


@dataclasses.dataclass(frozen=True)
class Fact:
    """A place's content, comparable by ``key``; ``declared`` marks the buffers of modules."""

    key: Any
    text: str
    declared: bool = False
    holds_run: str = ""
    explicit: bool = False
    """A generator object: whoever was handed it may draw from it."""


@dataclasses.dataclass(frozen=True)
class Change:
    """A place that differs between two snapshots."""

    path: str
    text: str
    declared: bool
    holds_run: str
    explicit: bool
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class Snapshot:
    """Facts by path. ``truncated`` says that not everything was entered."""

    def __init__(self, engine: Engine, project: set[str]) -> None:
        self.facts: dict[str, Fact] = {}
        self.truncated = False
        self._engine, self._project = engine, project
        self._seen: dict[int, Any] = {}

    def enter(self, path: str, value: Any, depth: int = _DEPTH, declared: bool = False) -> None:
        """Note a value and what it holds."""
        engine = self._engine
        if len(self.facts) >= _MOST:
            self.truncated = True
            return
        if engine.is_array(value):
            self._enter_array(path, value, declared)
        elif isinstance(value, _PLAIN):
            self.facts[path] = Fact(repr(value), _clip(repr(value)), declared)
        elif id(value) in self._seen or isinstance(value, (types.ModuleType, types.BuiltinFunctionType)):
            return
        elif depth == 0:
            self.truncated = True
        else:
            self._seen[id(value)] = value
            self._enter_object(path, value, depth - 1)

    def _enter_array(self, path: str, value: Any, declared: bool) -> None:
        engine = self._engine
        plain = engine.plain(value)
        holds = engine.holds_run(value)
        key = (plain.shape, str(plain.dtype), plain.tobytes() if plain.dtype != object else repr(plain), bool(holds))
        shown = np.array2string(plain, precision=4, threshold=4, edgeitems=1).replace("\n", "")
        self.facts[path] = Fact(key, _clip(shown), declared, holds)
        grad = value.grad if hasattr(value, "requires_grad") and value.is_leaf and id(value) not in self._seen else None
        if grad is not None:
            self._seen[id(value)] = value
            self._enter_array(f"{path}.grad", grad, False)

    def _enter_object(self, path: str, value: Any, depth: int) -> None:
        state = self._engine.generator_state(value)
        if state is not None:
            self.facts[path] = Fact(state, "generator", explicit=True)
        elif isinstance(value, types.GeneratorType):
            frame = value.gi_frame
            self.facts[path] = Fact(frame and frame.f_lasti, "at its end" if frame is None else "a generator, advanced")
            if frame is not None:
                for name, part in frame.f_locals.items():
                    self.enter(f"{path} ({name})", part, depth)
        elif isinstance(value, _ITERATORS):
            self.facts[path] = Fact(_progress(value), "an iterator")
        elif isinstance(value, dict):
            self.facts[path + " (keys)"] = Fact(tuple(map(_name, value)), f"{len(value)} keys")
            for key, part in list(value.items()):
                self.enter(f"{path}[{_name(key)}]", part, depth)
        elif isinstance(value, (list, tuple, collections.deque)):
            self.facts[path + " (length)"] = Fact(len(value), str(len(value)))
            for k, part in enumerate(list(value)):
                self.enter(f"{path}[{k}]", part, depth)
        elif isinstance(value, (set, frozenset)):
            self.facts[path] = Fact(sorted(map(repr, value)), f"{len(value)} elements")
        elif isinstance(value, types.FunctionType):
            self._enter_function(path, value, depth)
        elif isinstance(value, types.MethodType):
            self.enter(f"{path}.__self__", value.__self__, depth)
        elif isinstance(value, type):
            if value.__module__ in self._project:
                for name, part in list(vars(value).items()):
                    if not name.startswith("__") and not isinstance(part, (staticmethod, classmethod, property)):
                        self.enter(f"{path}.{name}", part, depth)
        else:
            self._enter_members(path, value, depth)

    def _enter_function(self, path: str, f: types.FunctionType, depth: int) -> None:
        if f.__module__ not in self._project:
            return
        for name, part in f.__dict__.items():
            if name != "__wrapped__":
                self.enter(f"{path}.{name}", part, depth)
        for k, part in enumerate(f.__defaults__ or ()):
            self.enter(f"{path} (default {k})", part, depth)
        for name, part in (f.__kwdefaults__ or {}).items():
            self.enter(f"{path} (default {name})", part, depth)
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            try:
                self.enter(f"{path} (closure {name})", cell.cell_contents, depth)
            except ValueError:
                continue

    def _enter_members(self, path: str, value: Any, depth: int) -> None:
        if isinstance(value, random.Random) or type(value).__module__ in ("functools", "threading", "logging"):
            return
        members = dict(getattr(value, "__dict__", None) or {})
        for base in type(value).__mro__:
            slots = base.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                    members.setdefault(name, getattr(value, name))
        if self._engine.is_module(value):
            for table in _TABLES:
                for name, part in list(members.pop(table, {}).items()):
                    self.enter(f"{path}.{name}", part, depth, declared=table == "_buffers")
            members = {k: v for k, v in members.items() if k in vars(value)}
        for name, part in members.items():
            self.enter(f"{path}.{name}", part, depth)


def snapshot(program: Program, world: World) -> Snapshot:
    """What the function can reach that is not an argument."""
    modules = program.modules()
    out = Snapshot(program.engine, {world.module.__name__, *modules})
    if world.owner is not None:
        out.enter("self", world.owner)
    out.enter(program.target.name, world.function)
    modules.setdefault(world.module.__name__, world.module)
    for name, module in modules.items():
        prefix = "global " if module is world.module else f"global {name}."
        for key, value in list(vars(module).items()):
            if not (key.startswith("__") and key.endswith("__")):
                out.enter(prefix + key, value)
    for name, state in program.engine.generators().items():
        out.facts[name] = Fact(state, "drawn from")
    return out


def snapshot_inputs(program: Program, given: tuple[tuple[Any, ...], dict[str, Any]], names: list[str]) -> Snapshot:
    """The arguments."""
    out = Snapshot(program.engine, set())
    for name, value in [*zip(names, given[0], strict=False), *given[1].items()]:
        out.enter(f"argument {name}", value)
    return out


def changes(before: Snapshot, after: Snapshot) -> list[Change]:
    """Places that differ, new and gone ones under a longer or shorter container left out."""
    out: list[Change] = []
    resized = [p.rpartition(" (")[0] for p in after.facts if p.endswith((" (length)", " (keys)"))
               and p in before.facts and before.facts[p].key != after.facts[p].key]  # fmt: skip
    for path, fact in after.facts.items():
        old = before.facts.get(path)
        if old is not None and old.key == fact.key:
            continue
        if old is None and not fact.holds_run and any(path.startswith(r) for r in resized):
            continue
        if old is None and path.endswith((" (length)", " (keys)")):
            continue
        text = f"is new: {fact.text}" if old is None else f"{old.text} -> {fact.text}"
        if fact.text in ("drawn from", "generator"):
            text = "drawn from"
        held = fact.holds_run if old is None or not old.holds_run or old.key != fact.key else ""
        out.append(Change(path, text, fact.declared, held, fact.explicit, fact.key))
    for path in before.facts:
        if path in after.facts or path.endswith((" (length)", " (keys)")):
            continue
        parent = path.rpartition("[")[0] or path
        if not any(path.startswith(r) for r in resized) and not any(c.path.startswith(parent) for c in out):
            out.append(Change(path, "is gone", False, "", False, None))
    return out


def _name(key: Any) -> str:
    return _clip(repr(key)) if isinstance(key, (*_PLAIN, tuple)) else f"<{type(key).__name__}>"


def _progress(value: Any) -> str:
    try:
        return repr(value.__reduce__()[1:])
    except Exception:
        return repr(value)


def _clip(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


__all__ = ["Change", "Fact", "Snapshot", "changes", "short", "snapshot", "snapshot_inputs"]
