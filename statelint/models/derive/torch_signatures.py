"""Parameter names of torch's functions, methods and properties."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch

from statelint.models.derive import signatures
from statelint.models.derive.signatures import Signature
from statelint.models.record import Param

_ROOT = Path(torch.__file__).parent


_SIZES = frozenset(
    ("view", "reshape", "expand", "permute", "repeat", "tile", "flip", "new_zeros", "new_ones", "new_empty", "resize_")
)
_SIZE_NAMES = frozenset(("size", "shape", "dims", "sizes", "repeats"))
"""Methods whose sizes come one by one as often as in a tuple."""


@functools.cache
def _overrides() -> dict[Any, Callable[..., Any]]:
    return dict(torch.overrides.get_testing_overrides())


def overloads(name: str, function: Any) -> list[Signature]:
    """Return the overloads of what ``name`` is, the best source first."""
    owner, _, last = name.rpartition(".")
    if owner == "torch.Tensor":
        found = signatures.stubs(_ROOT / "_C" / "__init__.pyi", "TensorBase").get(last, [])
        if isinstance(function, functools.partial):  # a property
            return [Signature((Param("self", "normal"),))]
    elif owner == "torch":
        found = signatures.stubs(_ROOT / "_C" / "_VariableFunctions.pyi").get(last, [])
    else:
        found = signatures.stubs(_ROOT / "_C" / "_nn.pyi").get(last, []) if owner == "torch.nn.functional" else []
    python = signatures.from_python(function)
    if found and python is None:
        return found
    if python is not None:
        return [python]
    documented = signatures.from_docstring(function)
    if documented:
        return documented
    try:
        override = _overrides().get(function)
    except TypeError:
        override = None
    known = signatures.from_python(override) if override is not None else None
    return [known] if known else []


def params(name: str, function: Any, calls: Iterable[tuple[int, Sequence[str]]]) -> tuple[Param, ...] | None:
    """Return one parameter list for a public name; a method's first parameter is ``self``."""
    found = signatures.merge(overloads(name, function), calls)
    if found is None:
        return None
    if name.startswith("torch.Tensor.") and (not found or found[0].name != "self"):
        head = (Param("self", "normal"),)
        return head + (found[1:] if found and found[0].name in ("input", "tensor", "A") else found)
    if name.startswith("torch.Tensor."):
        sizes = [param.name for param in found if param.name in _SIZE_NAMES]
        if name.rpartition(".")[2] in _SIZES and sizes:
            rest = (param for param in found[1:] if param.name not in _SIZE_NAMES)
            keywords = (msgspec.structs.replace(param, kind="keyword") for param in rest)
            return (found[0], Param(sizes[0], "vararg"), *keywords)
        return found
    return tuple(msgspec.structs.replace(param, name="input") if param.name == "self" else param for param in found)
