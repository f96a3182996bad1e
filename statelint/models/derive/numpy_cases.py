"""Calls for NumPy's public functions and array methods."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from statelint.models.derive import numpy_arguments

_NOT_RUN = frozenset(
    (
        *("test", "info", "show_config", "show_runtime", "get_include", "save", "savez", "savez_compressed", "savetxt"),
        *("load", "loadtxt", "genfromtxt", "fromfile", "seterr", "seterrcall", "setbufsize", "set_printoptions"),
        "printoptions",
    )
)
"""What touches files, the process or the terminal; these have rows by hand."""
_SKIPPED_TYPES = (type, type(np))


def arrays() -> dict[str, np.ndarray[Any, Any]]:
    """Return operands: square and oblong matrices, vectors, integers, booleans."""
    random = np.random.default_rng(3)
    square = random.random((3, 3)) + np.eye(3) * 2
    return {
        "m": square, "n": random.random((3, 3)) + 0.2, "v": random.random(3) + 0.2, "w": random.random(3) + 0.2,
        "i": np.array([0, 2, 1]), "j": np.array([1, 2, 0]), "b": np.array([True, False, True]),
        "k": random.random((2, 3, 4)), "s": square @ square.T, "c": random.random((3, 3)) + 1j,
    }  # fmt: skip


def _table(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.strip().splitlines())
    return {name: expressions.strip() for name, _, expressions in lines}


_ARGUMENTS, _METHODS, _RECEIVERS = (
    _table(text) for text in (numpy_arguments.FUNCTIONS, numpy_arguments.METHODS, numpy_arguments.RECEIVERS)
)
_GUESSES = ("v", "m", "v, w", "m, n", "i", "3", "c", "")


def functions() -> Iterator[tuple[str, Any, list[str]]]:
    """Yield dotted name, function and expressions of arguments to try, for NumPy's public functions."""
    for prefix, module in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name in dir(module):
            value = getattr(module, name, None)
            if name.startswith("_") or name in _NOT_RUN or not callable(value) or isinstance(value, _SKIPPED_TYPES):
                continue
            yield f"numpy.{prefix}{name}", value, expressions(f"{prefix}{name}")


def expressions(name: str) -> list[str]:
    """Return argument expressions to try for a function, given by its name inside NumPy."""
    known = _ARGUMENTS.get(name)
    return [known] if known else list(_GUESSES)


def methods() -> Iterator[tuple[str, Callable[..., Any], list[str]]]:
    """Yield dotted name, function of ``self`` and expressions of arguments, for array methods and properties."""
    names = [name for name in dir(np.ndarray) if not name.startswith("_") or name in _METHODS]
    for name in names:
        receiver = _RECEIVERS.get(name, "v")
        attribute = inspect.getattr_static(np.ndarray, name)
        if callable(attribute):
            arguments = _METHODS.get(name, "")
            yield f"numpy.ndarray.{name}", attribute, [f"{receiver}, {arguments}".rstrip(", "), receiver]
        else:
            yield f"numpy.ndarray.{name}", _getter(name), [receiver]


def _getter(name: str) -> Callable[..., Any]:
    def get(owner: Any, /) -> Any:
        return getattr(owner, name)

    get.__doc__ = ""
    return get


def arguments(expression: str) -> tuple[Any, ...]:
    """Return the arguments that an expression stands for, made anew."""
    names = {**arrays(), "np": np, "io": io}
    return tuple(eval(f"({expression},)", names)) if expression else ()
