"""All of NumPy: what shares memory with what, and what is overwritten."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from statelint.models.derive import fold, numpy_cases, render, signatures
from statelint.models.derive.observation import Alias, Observation
from statelint.models.derive.operands import Call, Path, call_leaves, with_leaves
from statelint.models.record import Param


def version() -> str:
    """Return NumPy's version."""
    return ".".join(np.__version__.split(".")[:2])


def is_array(value: Any) -> bool:
    """Tell whether a value is an array."""
    return isinstance(value, np.ndarray)


def derive(skip: Collection[str], only: Collection[str]) -> dict[str, dict[str, dict[str, render.Fields]]]:
    """Return rows by file and table, those for ``only`` if it is not empty."""
    rows: dict[str, render.Fields] = {}
    objects: dict[str, Any] = {}
    for name, function, expressions in [*numpy_cases.functions(), *numpy_cases.methods()]:
        if name in skip or (only and name not in only):
            continue
        row = _row(name, function, expressions)
        if row is None:
            print(f"no row for {name}", file=sys.stderr)
            continue
        rows[name], objects[name] = row, function
    family = {name: _family(name, value) for name, value in objects.items()}
    files: dict[str, dict[str, render.Fields]] = {}
    for name, row in render.group(rows, family).items():
        place = name.split(".")[1] if name.count(".") == 2 else "functions"
        files.setdefault(place, {})[name] = row
    return {place: {"functions": dict(sorted(held.items()))} for place, held in files.items()}


def _family(name: str, value: Any) -> str:
    return f"{'method' if '.ndarray.' in name else ''}{getattr(value, '__name__', name)}"


def _row(name: str, function: Callable[..., Any], expressions: list[str]) -> render.Fields | None:
    seen = []
    for expression in expressions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                args = numpy_cases.arguments(expression)
                seen = [observe(Call(function, variant, {})) for variant in variants(args)]
            except Exception:  # not the arguments that this function takes
                continue
        break
    if not seen:
        return None
    parameters = params(name, function, seen)
    row = fold.fold(seen, parameters)
    row.params = signatures.text(parameters)
    row.grad = ""
    reduce_some(row, parameters)
    row.saves = ""
    if any(param.name == "out" for param in parameters):
        row.mutates = ", ".join(filter(None, [row.mutates, "out"]))
    return dict(row.fields())


def reduce_some(row: fold.Row, parameters: Sequence[Param]) -> None:
    """A reduction over everything gives a number, one over an axis an array."""
    if row.type == "scalar" and any(param.name == "axis" and param.default == "None" for param in parameters):
        row.type, row.result = "", "fresh:ndarray given axis; fresh:scalar"


def variants(args: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return the arguments, and once more with arrays whose memory runs the other way."""

    def turned(value: Any) -> Any:
        return np.asfortranarray(value) if is_array(value) and value.ndim > 1 else value

    other = tuple(turned(value) for value in args)
    return [args, other] if any(left is not right for left, right in zip(args, other, strict=True)) else [args]


def params(name: str, function: Callable[..., Any], seen: list[Observation]) -> tuple[Param, ...]:
    """Return the parameters of a function or of a method, whose first is ``self``."""
    method = ".ndarray." in name
    if isinstance(function, np.ufunc):
        inputs = ("x",) if function.nin == 1 else tuple(f"x{index + 1}" for index in range(function.nin))
        outs = (Param("out", "normal", "None"), Param("where", "keyword", "True"), Param("kwargs", "kwarg"))
        return (*(Param(item, "normal") for item in inputs), *outs)
    if type(function).__name__ == "function" and function.__name__ == "get":
        return (Param("self", "normal"),)
    found = signatures.from_python(function)
    overloads = [found] if found else signatures.from_docstring(function)
    merged = signatures.merge(overloads, [(item.positional - method, item.keywords) for item in seen]) or ()
    if method and (not merged or merged[0].name != "self"):
        merged = (Param("self", "normal"), *merged)
    if not merged or all(param.kind == "kwarg" for param in merged):
        merged = (Param("args", "vararg"), *merged)
    return merged


def observe(call: Call) -> Observation:
    """Run a call and look what it shares, overwrites and draws."""
    operands = call_leaves(call, is_array)
    inputs: dict[Path, Any] = {path: array.copy(order="K") for path, array in operands}
    before = {path: array.copy() for path, array in inputs.items()}
    args, kwargs = with_leaves(call, inputs)
    np.random.seed(0)
    state = np.random.get_state(legacy=False)["state"]["pos"]
    result = call.function(*args, **kwargs)
    drew = np.random.get_state(legacy=False)["state"]["pos"] != state
    mutated = frozenset(path for path, array in inputs.items() if not np.array_equal(array, before[path]))
    return Observation(
        alias=_alias(result, inputs),
        mutated=mutated,
        hidden=frozenset(),
        draws=drew,
        differentiable=frozenset(),
        saved=(),
        flags={},
        positional=len(call.args),
        keywords=tuple(call.kwargs),
    )


def _alias(result: Any, inputs: dict[Path, Any]) -> Alias:
    if result is None:
        return Alias("none")
    if is_array(result):
        for path, array in inputs.items():
            if result is array:
                return Alias("same", path)
        for path, array in inputs.items():
            if np.shares_memory(result, array):
                return Alias("view", path)
        return Alias("fresh", type="ndarray")
    if isinstance(result, (tuple, list)):
        items = tuple(_alias(item, inputs) for item in result)
        return Alias("tuple" if isinstance(result, tuple) else "list", items=items)
    name = type(result).__name__
    return Alias("other", type="generic" if isinstance(result, np.generic) else name)
