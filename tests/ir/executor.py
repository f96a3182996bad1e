"""Runs the IR on real Python values: the oracle of the lowering."""

from __future__ import annotations

import builtins
import re
from typing import Any

from statelint.ir.nodes import FunctionIR, ModuleIR

from .activation import Activation
from .values import (
    AsyncGenerator,
    Cell,
    Run,
    as_coroutine,
    binder,
    drive,
)


class Program:
    """A module being run."""

    def __init__(self, module: ModuleIR, namespace: dict[str, Any]) -> None:
        self.module = module
        self.namespace = namespace
        self.classes: dict[str, type] = {}
        namespace.setdefault("__builtins__", builtins)

    def run(self) -> dict[str, Any]:
        """Run the module's body to its end."""
        frame = Activation(self, self.module.body, {}, self.namespace)
        drive(frame.block(self.module.body.body))
        return self.namespace

    def global_value(self, name: str) -> Any:
        if name in self.namespace:
            return self.namespace[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise NameError(f"name {name!r} is not defined")

    def function(self, record: FunctionIR, closure: dict[str, Cell], defaults: dict[str, Any]) -> Any:
        """A Python function that runs a `FunctionIR`."""
        bind = binder(record, defaults)

        def start(args: Any, kwargs: Any) -> Activation:
            arguments = bind(*args, **kwargs)
            frame = Activation(self, record, closure, {})
            frame.first = args[0] if args else None
            for name, value in arguments.items():
                frame.store(name, "cell" if name in record.cells else "local", value)
            return frame

        def result(frame: Activation) -> Run:
            signal = yield from frame.block(record.body)
            return signal[1] if signal is not None else None

        made: Any
        if record.is_async and record.is_generator:

            def made(*args: Any, **kwargs: Any) -> Any:
                return AsyncGenerator(result(start(args, kwargs)))
        elif record.is_async:

            def made(*args: Any, **kwargs: Any) -> Any:
                return as_coroutine(result(start(args, kwargs)))
        elif record.is_generator:

            def made(*args: Any, **kwargs: Any) -> Any:
                return result(start(args, kwargs))
        else:

            def made(*args: Any, **kwargs: Any) -> Any:
                return drive(result(start(args, kwargs)))

        made.__name__ = record.name
        made.__qualname__ = re.sub(r"#\d+", "", record.qualname)
        made.__doc__ = record.docstring or None
        made.__module__ = self.namespace.get("__name__", "main")
        return made


def run_module(module: ModuleIR, namespace: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run a lowered module; the answer is its namespace."""
    return Program(module, {"__name__": "main"} if namespace is None else namespace).run()
