"""What verify must know of each framework: its arrays, its generators, its backward. The tape runs behind facades."""

from __future__ import annotations

import importlib
import importlib.util

from statelint.verify.engines.base import Engine, NoGradientError, RefusedError

INSTALLED_AS = {"torch": "torch", "jax": "jax", "autograd": "autograd", "tensorflow": "tensorflow"}


def is_installed(framework: str) -> bool:
    """Can the framework be imported here?"""
    return importlib.util.find_spec(framework) is not None


def engines_of(framework: str) -> tuple[str, ...]:
    """The engines that can run code of a framework here: ``tape``, then the framework's own."""
    own = ("framework",) if framework in ("torch", "jax", "autograd") and is_installed(framework) else ()
    return ("tape", *own)


def open_engine(framework: str, engine: str) -> Engine:
    """Start an engine in this process: from now on, ``import torch`` means the facade if it is the tape."""
    kind = framework if framework in ("torch", "jax") else "autograd" if engine == "framework" else "numpy"
    module = importlib.import_module(f"statelint.verify.engines.{kind}_engine")
    made: Engine = module.open_engine(engine)
    return made


__all__ = ["Engine", "NoGradientError", "RefusedError", "engines_of", "is_installed", "open_engine"]
