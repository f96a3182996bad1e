"""HIPS autograd's numpy: what its vector-Jacobian products read when they run, found by overwriting it before."""

from __future__ import annotations

import importlib.metadata
import sys
import warnings
from collections.abc import Callable, Collection
from typing import Any, Literal

import msgspec
import numpy as np

from statelint.models.derive import fold, numpy_cases, numpy_library, render, signatures
from statelint.models.derive.observation import Observation, Saved, Target
from statelint.models.derive.operands import Call, Path, call_leaves, leaves, with_leaves


def version() -> str:
    """Return autograd's version."""
    return ".".join(importlib.metadata.version("autograd").split(".")[:2])


def derive(skip: Collection[str], only: Collection[str]) -> dict[str, dict[str, dict[str, render.Fields]]]:
    """Return rows by file and table, those for ``only`` if it is not empty."""
    import autograd.numpy as anp

    rows: dict[str, render.Fields] = {}
    family: dict[str, str] = {}
    for numpy_name, plain, expressions in numpy_cases.functions():
        name = f"autograd.{numpy_name}"
        if name in skip or (only and name not in only):
            continue
        function: Any = anp
        for part in numpy_name.split(".")[1:]:
            function = getattr(function, part, None)
        row = _row(numpy_name, plain, function, expressions) if function is not None else None
        if row is None:
            print(f"no row for {name}", file=sys.stderr)
        else:
            rows[name], family[name] = row, getattr(plain, "__name__", name)
    return {"numpy": {"functions": dict(sorted(render.group(rows, family).items()))}}


def _row(
    name: str, plain: Callable[..., Any], function: Callable[..., Any], expressions: list[str]
) -> render.Fields | None:
    for expression in expressions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                args = numpy_cases.arguments(expression)
                seen = [_observe(plain, Call(function, variant, {})) for variant in numpy_library.variants(args)]
            except Exception:  # not the arguments that this function takes
                continue
        params = numpy_library.params(name, plain, seen)
        row = fold.fold(seen, params, counted=False)
        row.params, row.grad = signatures.text(params), ""
        numpy_library.reduce_some(row, params)
        return dict(row.fields())
    return None


def _observe(plain: Callable[..., Any], call: Call) -> Observation:
    found = numpy_library.observe(call._replace(function=plain))
    saved: list[Saved] = []
    able: set[Path] = set()
    for path, array in call_leaves(call, numpy_library.is_array):
        if array.dtype.kind != "f":
            continue
        reference = _gradient(call, path, None)
        if reference is None:
            continue
        able.add(path)
        targets: list[Target] = [("operand", other) for other, _ in call_leaves(call, numpy_library.is_array)]
        targets += [("result", leaf.path) for leaf in leaves(call.function(*call.args), numpy_library.is_array)]
        for target in targets:
            gradient = _gradient(call, path, target)
            effect: Literal["nothing", "changes"] = "changes"
            if gradient is not None and np.allclose(gradient, reference, equal_nan=True):
                effect = "nothing"
            if effect == "changes":
                saved.append(Saved(target, frozenset({path}), True, effect))
    return msgspec.structs.replace(found, differentiable=frozenset(able), saved=tuple(saved))


def _gradient(call: Call, wanted: Path, target: Target | None) -> Any:
    """Return the gradient for one operand, with ``target`` overwritten after the forward pass."""
    from autograd import make_vjp
    from autograd.extend import vspace

    copies = {path: array.copy() for path, array in call_leaves(call, numpy_library.is_array)}

    def forward(value: Any) -> Any:
        args, kwargs = with_leaves(call, {**copies, wanted: value})
        return call.function(*args, **kwargs)

    try:
        vjp, result = make_vjp(forward)(copies[wanted])
    except Exception:  # no derivative is defined
        return None
    seed = vspace(result).ones()
    if target is not None:
        kind, path = target
        arrays = (
            copies if kind == "operand" else {leaf.path: leaf.array for leaf in leaves(result, numpy_library.is_array)}
        )
        _spoil(arrays[path])
    try:
        return np.asarray(vjp(seed))
    except Exception:  # overwriting made the rule fail, or it is not implemented
        return None


def _spoil(array: Any) -> None:
    if array.dtype.kind == "b":
        np.logical_not(array, out=array)
    elif array.dtype.kind == "f":
        array *= 1.7
        array += 0.31
    else:
        array[...] = array[::-1].copy()
