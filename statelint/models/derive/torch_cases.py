"""Which public torch names to experiment with, and on which calls."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import torch

from statelint.models.derive import torch_env, torch_extra, torch_signatures
from statelint.models.derive.operands import Call, call_leaves, with_leaves

_NAMESPACES = ("torch.", "torch.Tensor.", "torch.nn.functional.", "torch.special.", "torch.linalg.")
_DUNDERS = {
    **{word: word for word in ("add", "sub", "mul", "pow", "matmul", "neg", "abs", "eq", "ne", "lt", "le", "gt", "ge")},
    **{"div": "truediv", "true_divide": "truediv", "floor_divide": "floordiv", "remainder": "mod"},
    **{"bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "bitwise_not": "invert"},
    **{"bitwise_left_shift": "lshift", "bitwise_right_shift": "rshift"},
}
_INPLACE_DUNDERS = ("add", "sub", "mul", "truediv", "pow", "floordiv", "mod", "and", "or", "xor", "lshift", "rshift")


class Case(NamedTuple):
    """A public name, the calls to try it on, and the names of the same family (aliases, the method, in-place forms)."""

    name: str
    function: Callable[..., Any]
    calls: list[Call]
    family: str


def resolve(name: str) -> Any:
    """Return what a dotted name is; a property as a function of ``self``; None if there is no such thing."""
    value: Any = torch
    for part in name.split(".")[1:]:
        if value is torch.Tensor:
            value = next((vars(owner)[part] for owner in torch.Tensor.__mro__ if part in vars(owner)), None)
        else:
            value = getattr(value, part, None)
        if value is None:
            return None
    if isinstance(value, property) or type(value).__name__ == "getset_descriptor":
        return functools.partial(_get, name.rpartition(".")[2])
    return value if callable(value) else None


def _get(attribute: str, owner: Any) -> Any:
    return getattr(owner, attribute)


def cases(count: int, only: Collection[str] = ()) -> dict[str, Case]:
    """Return a case for every public name (in ``only``) that torch's operator database or our own samples reach."""
    infos = torch_env.operators()
    exact = {_public(info.name) for info in infos}
    found: dict[str, Case] = {}
    for info in infos:
        names = [name for name in _candidates(info) if not only or name in only]
        arguments = list(torch_env.samples(info, count)) if names else []
        for name in names:
            if name in exact and name != _public(info.name):
                continue
            function = resolve(name)
            if function is None or isinstance(function, type):
                continue
            case = found.setdefault(name, Case(name, function, [], info.name.rpartition(".")[2]))
            case.calls.extend(Call(function, args, kwargs) for args, kwargs in arguments)
    for name, calls in torch_extra.calls().items():
        function = resolve(name) if not only or name in only else None
        if function is None:
            continue
        case = found.setdefault(name, Case(name, function, [], name.rpartition(".")[2].rstrip("_")))
        case.calls[:0] = [Call(function, args, kwargs) for args, kwargs in calls]
    return found


def _public(name: str) -> str:
    return name if name.startswith("torch.") else f"torch.{name}"


def _candidates(info: Any) -> Iterator[str]:
    bases = [info.name.rpartition(".")[2], *(alias.name.rpartition(".")[2] for alias in info.aliases)]
    yield _public(info.name)
    for alias in info.aliases:
        yield _public(alias.name)
    for base in dict.fromkeys(bases):
        for namespace in _NAMESPACES:
            yield f"{namespace}{base}"
            if not base.endswith("_"):
                yield f"{namespace}{base}_"
        if word := _DUNDERS.get(base):
            yield f"torch.Tensor.__{word}__"
            if word in _INPLACE_DUNDERS:
                yield f"torch.Tensor.__i{word}__"


def variants(case: Case) -> Iterator[Call]:
    """Yield the case's calls, with operands that are not contiguous, with numbers for tensors, and ``inplace=True``."""
    names = {
        param.name for overload in torch_signatures.overloads(case.name, case.function) for param in overload.params
    }
    full = [call for call in case.calls if all(leaf.array.numel() for leaf in call_leaves(call, _is_tensor))]
    for index, call in enumerate(full or case.calls):
        yield call
        tensors = call_leaves(call, _is_tensor)
        if index < 3:
            turned = {path: _turned(tensor) for path, tensor in tensors}
            yield Call(call.function, *with_leaves(call, turned))
            for path, tensor in tensors[1:]:
                if len(path) == 1 and tensor.is_floating_point():
                    yield Call(call.function, *with_leaves(call, {path: 2.0}))
        if "inplace" in names and index < 6 and "inplace" not in call.kwargs:
            yield Call(call.function, call.args, {**call.kwargs, "inplace": True})


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _turned(tensor: torch.Tensor) -> torch.Tensor:
    """Return an equal tensor whose memory runs the other way."""
    if tensor.dim() < 2:
        return tensor
    return tensor.detach().transpose(0, -1).contiguous().transpose(0, -1)
