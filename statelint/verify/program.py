"""The user's function in a fresh world: modules loaded anew, the object constructed, inputs made, all from one seed."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import linecache
import os
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.verify import inputs, places
from statelint.verify.engines import Engine
from statelint.verify.inputs import Arguments, FromAnnotations, InputsError
from statelint.verify.records import Target

_OTHERS = ("site-packages", "dist-packages")


@dataclasses.dataclass
class World:
    """One function, ready to be called, with the inputs that it will get."""

    module: types.ModuleType
    function: Callable[..., Any]
    owner: Any
    inputs: Arguments
    variables: Any = None
    signed: Callable[..., Any] | None = None
    """For a module that is called with its variables: these, and the method whose parameters the user wrote."""

    def completed(self, made: Arguments) -> Arguments:
        """The arguments, after the variables where there are some."""
        return made if self.signed is None else ((self.variables, *made[0]), made[1])

    def call(self, given: Arguments) -> Any:
        """Call it."""
        return self.function(*given[0], **given[1])


class Program:
    """Makes worlds of one target on one engine."""

    def __init__(self, target: Target, engine: Engine, seed: int) -> None:
        self.target, self.engine, self.seed = target, engine, seed
        self.shape: tuple[int, ...] = inputs.SHAPES[0]
        self.positive = False
        self.guesses = 0
        self._code: types.CodeType | None = None
        self._before = set(sys.modules)
        if target.root not in sys.path:
            sys.path.insert(0, target.root)
        sys.dont_write_bytecode = True

    def fresh(self) -> World:
        """A world in which nothing has run but the import and the constructor."""
        self.engine.seed(self.seed)
        module = self._load()
        owner, function = self._resolve(module)
        world = World(module, function, owner, ((), {}))
        name = self.target.name.rpartition(".")[2] if function is not owner else "__call__"
        functional = self.engine.functional(owner, name) if owner is not None else None
        world.inputs = self.new_inputs(world)
        if functional is not None:
            world.variables, world.function = functional[0](*world.inputs[0], **world.inputs[1]), functional[1]
            world.signed = function
            world.inputs = self.new_inputs(world)
        self._move_constant_parameters(world)
        self.engine.seed(self.seed + 2)
        return world

    def _move_constant_parameters(self, world: World) -> None:
        """Parameters that start as all zeros or all ones would hide what depends on them."""
        rng = np.random.default_rng(self.seed)
        for parameter in parameters_of(self.engine, world).values():
            plain = self.engine.plain(parameter)
            if plain.size and np.all(plain == plain.reshape(-1)[0]):
                self.engine.assign(parameter, plain + (0.1 * rng.standard_normal(plain.shape)).astype(plain.dtype))

    def new_inputs(self, world: World) -> Arguments:
        """Inputs equal to the former ones, with nothing shared. The global generators are left as they were found."""
        if self.target.example:
            self.engine.seed(self.seed + 1)
            made = inputs.from_example(self.target.example, vars(world.module), self.engine)
            return world.completed(inputs.fitted(world.signed or world.function, made, self.target.name))
        source = FromAnnotations(self.engine, self.seed, self.shape, self.positive)
        shown = self.target.name
        made = source.arguments(world.signed or world.function, shown)
        self.guesses = source.guesses
        return world.completed(made)

    def modules(self) -> dict[str, types.ModuleType]:
        """The user's own modules that are loaded, by the names they have there."""
        found = {k: m for k, m in sys.modules.items() if k not in self._before and self._own(m)}
        return {k: m for k, m in found.items() if m is not None}

    def _own(self, module: Any) -> bool:
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or any(part in file for part in _OTHERS):
            return False
        return os.path.abspath(file).startswith(os.path.join(self.target.root, ""))

    def _load(self) -> types.ModuleType:
        for name in self.modules():
            del sys.modules[name]
        linecache.clearcache()
        name = self.target.module
        if "." in name or os.path.basename(self.target.path) == "__init__.py":
            return importlib.import_module(name)
        if not name.isidentifier() or name in sys.stdlib_module_names or name in self._before:
            name = "verified_" + "".join(c if c.isalnum() else "_" for c in name)
        module = types.ModuleType(name)
        module.__file__ = self.target.path
        module.__spec__ = importlib.util.spec_from_file_location(name, self.target.path)
        sys.modules[name] = module
        if self._code is None:
            with open(self.target.path, "rb") as file:
                self._code = compile(file.read(), self.target.path, "exec", dont_inherit=True)
        exec(self._code, module.__dict__)
        return module

    def _resolve(self, module: types.ModuleType) -> tuple[Any, Callable[..., Any]]:
        """The object that the function is bound to (None for a function) and what to call."""
        owner, found = None, module
        parts = self.target.name.split(".")
        for k, part in enumerate(parts):
            if k and isinstance(found, type):
                static = inspect.getattr_static(found, part, None)
                if isinstance(static, (staticmethod, classmethod)):
                    found = getattr(found, part)
                    continue
                owner = found = self._construct(found)
            try:
                found = getattr(found, part)
            except AttributeError:
                raise InputsError(f"`{self.target.name}`: there is no `{part}` when the module has run") from None
        if isinstance(found, type):
            owner = found = self._construct(found)
        if not callable(found):
            raise InputsError(f"`{self.target.name}` can't be called: it is a {type(found).__name__}")
        return owner, found

    def _construct(self, made: type) -> Any:
        if self.target.init:
            args, kwargs = inputs.from_example(self.target.init, vars(sys.modules[made.__module__]), self.engine)
            if len(args) == 1 and not kwargs and isinstance(args[0], made):
                return args[0]
            inputs.fitted(made, (args, kwargs), made.__name__)
        else:
            source = FromAnnotations(self.engine, self.seed, (4,), self.positive)
            args, kwargs = source.arguments(made, f"{made.__name__}()")
        self.engine.seed(self.seed)
        return made(*args, **kwargs)


class Slots:
    """The places of a world whose derivatives are compared: floating inputs, the fields of a record that the function
    is bound to, parameters of modules that it reaches."""

    def __init__(self, program: Program, world: World) -> None:
        self._program, engine = program, program.engine
        found = list(self._input_leaves(world))
        self.inputs = {path: leaf for path, leaf in found if engine.is_differentiable(leaf)}
        if not self.inputs and engine.differentiates_numbers:
            self.inputs = {path: leaf for path, leaf in found if type(leaf) is float}
        self.parameters = list(parameters_of(engine, world))

    @property
    def labels(self) -> list[str]:
        """What to call each place."""
        return [_label(path) for path in self.inputs] + self.parameters

    def points(self, world: World) -> list[np.ndarray[Any, Any]]:
        """The values there, in a fresh world."""
        engine = self._program.engine
        plain = [engine.plain(v) if engine.is_array(v) else np.array(v) for v in self.inputs.values()]
        return plain + [engine.plain(p) for p in parameters_of(engine, world).values()]

    def given(self, world: World, base: Arguments, values: list[Any]) -> Arguments:
        """Inputs with other values in these places."""
        if not values:
            return base
        new = dict(zip(self.inputs, values, strict=True))
        engine = self._program.engine
        args = tuple(
            places.replaced(engine, a, new, str(k)) if any(_root(p) == str(k) for p in new) else a
            for k, a in enumerate(base[0])
        )
        kwargs = {k: places.replaced(engine, a, new, k) for k, a in base[1].items()}
        return args, kwargs

    def assign(self, world: World, values: list[np.ndarray[Any, Any]]) -> None:
        """Give the parameters other values."""
        engine = self._program.engine
        for parameter, value in zip(parameters_of(engine, world).values(), values, strict=True):
            engine.assign(parameter, value)

    def _input_leaves(self, world: World) -> Any:
        engine = self._program.engine
        for k, value in enumerate(world.inputs[0]):
            yield from places.leaves(engine, value, str(k))
        for name, value in world.inputs[1].items():
            yield from places.leaves(engine, value, name)


def _root(path: str) -> str:
    for k, c in enumerate(path):
        if c in "[.":
            return path[:k]
    return path


def _label(path: str) -> str:
    return f"argument {path}" if path[:1].isdigit() else path


def parameters_of(engine: Engine, world: World) -> dict[str, Any]:
    """Parameters of the modules that the owner and the inputs are or hold, each once."""
    out: dict[str, Any] = {}
    seen: set[int] = set()

    def enter(path: str, value: Any, depth: int) -> None:
        if id(value) in seen or depth == 0:
            return
        if engine.is_module(value):
            for name, parameter in engine.parameters(value).items():
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    out[f"{path}.{name}"] = parameter
        elif isinstance(value, dict):
            for key, part in value.items():
                enter(f"{path}[{key!r}]", part, depth - 1)
        elif isinstance(value, (list, tuple)):
            for k, part in enumerate(value):
                enter(f"{path}[{k}]", part, depth - 1)
        elif hasattr(value, "__dict__") and not isinstance(value, (type, types.ModuleType, types.FunctionType)):
            seen.add(id(value))
            if not engine.is_array(value):
                for name, part in vars(value).items():
                    enter(f"{path}.{name}", part, depth - 1)

    if world.owner is not None:
        enter("self", world.owner, 4)
    for k, value in enumerate(world.inputs[0]):
        enter(f"argument {k}", value, 4)
    for name, value in world.inputs[1].items():
        enter(name, value, 4)
    return out
