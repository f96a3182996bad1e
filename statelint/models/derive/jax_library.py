"""jax.numpy, jax.nn, jax.lax and jax.scipy: functional throughout; derived are signatures and what results are."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Collection, Iterator
from typing import Any

import jax
import numpy as np

from statelint.models.derive import fold, numpy_cases, render, signatures
from statelint.models.derive.observation import Alias

_MODULES = (
    "jax.numpy", "jax.numpy.linalg", "jax.numpy.fft", "jax.nn", "jax.nn.initializers", "jax.lax", "jax.lax.linalg",
    "jax.scipy.special", "jax.scipy.linalg", "jax.scipy.stats.norm", "jax.scipy.signal", "jax.ops",
)  # fmt: skip
_NOT_RUN = frozenset(("save", "savez", "load", "fromfile", "set_printoptions", "printoptions", "get_printoptions"))


def version() -> str:
    """Return jax's version."""
    return ".".join(jax.__version__.split(".")[:2])


def derive(skip: Collection[str], only: Collection[str]) -> dict[str, dict[str, dict[str, render.Fields]]]:
    """Return rows by file and table, those for ``only`` if it is not empty."""
    files: dict[str, dict[str, render.Fields]] = {}
    family: dict[str, str] = {}
    for name, function in _functions():
        if name in skip or (only and name not in only):
            continue
        signature = signatures.from_python(function)
        row: render.Fields = {"params": signatures.text(signature.params) if signature else "*args, **kwargs"}
        result = _result(name, function)
        row.update({"type": result.removeprefix("fresh:")} if result.startswith("fresh:") else {"result": result})
        row.update({"saves": "", "from": "derived"})
        family[name] = f"{function.__module__}.{getattr(function, '__name__', name)}"
        files.setdefault(name.rpartition(".")[0].removeprefix("jax.").replace(".", "_"), {})[name] = row
    found = {place: dict(sorted(render.group(rows, family).items())) for place, rows in files.items()}
    return {place: {"functions": rows} for place, rows in found.items()}


def _functions() -> Iterator[tuple[str, Any]]:
    for module_name in _MODULES:
        module = importlib.import_module(module_name)
        for name in dir(module):
            value = getattr(module, name)
            if name.startswith("_") or name in _NOT_RUN or inspect.isclass(value) or inspect.ismodule(value):
                continue
            if callable(value) and not name.endswith("_p"):
                yield f"{module_name}.{name}", value


def _result(name: str, function: Any) -> str:
    """Run a function of jax.numpy on NumPy's samples; anything else returns an array."""
    expressions = (
        numpy_cases.expressions(name.removeprefix("jax.numpy.")) if name.startswith("jax.numpy.") else ["v", "m"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for expression in expressions:
            try:
                args = jax.tree.map(
                    lambda leaf: jax.numpy.asarray(leaf) if isinstance(leaf, np.ndarray) else leaf,
                    numpy_cases.arguments(expression),
                )
                return fold.alias_text(_alias(function(*args)))
            except Exception:  # not the arguments that this function takes
                continue
    return "fresh:unknown" if "initializers" in name else "fresh:jax"


def _alias(result: Any) -> Alias:
    if isinstance(result, jax.Array):
        return Alias("fresh", type="jax")
    if result is None:
        return Alias("none")
    if isinstance(result, (tuple, list)):
        return Alias("tuple" if isinstance(result, tuple) else "list", items=tuple(_alias(item) for item in result))
    return Alias("other", type=type(result).__name__)
