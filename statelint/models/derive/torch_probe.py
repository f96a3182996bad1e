"""Experiments with one call of a torch function: hooks on what is saved, and overwriting things before backward."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, Literal, NamedTuple

import torch

from statelint.models.derive.observation import Alias, Observation, Saved, Target
from statelint.models.derive.operands import Call, Leaf, Path, call_leaves, leaves, with_leaves

_MOST_SETS = 6


def is_tensor(value: Any) -> bool:
    """Tell whether a value is a dense tensor."""
    return isinstance(value, torch.Tensor)


class _Run(NamedTuple):
    """One execution: operands by path (copies, the ``wanted`` ones grown from leaves), result, saved tensors."""

    starts: dict[Path, torch.Tensor]
    inputs: dict[Path, torch.Tensor]
    result: Any
    saved: list[torch.Tensor]
    before: dict[Path, torch.Tensor]
    versions: dict[Path, int]


def observe(call: Call, *, overwrite: bool = True) -> Observation:
    """Run the experiments on one call; an exception of the call itself is the caller's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        operands = call_leaves(call, is_tensor)
        plain = _run(call, operands, frozenset())
        if plain.result is NotImplemented:
            raise TypeError("not implemented for these operands")
        drew = _draws(call, operands)
        mutated, hidden = _mutated(plain)
        able = _differentiable(call, operands)
        saved = [item for wanted in _sets(able) for item in _saved(call, operands, wanted, overwrite)]
        places: list[tuple[int | str, Any]] = [*enumerate(call.args), *call.kwargs.items()]
        flags: dict[Path, bool] = {(place,): value for place, value in places if isinstance(value, bool)}
        return Observation(
            alias=alias_of(plain.result, plain.inputs),
            mutated=mutated,
            hidden=hidden,
            draws=drew,
            differentiable=able,
            saved=tuple(saved),
            flags=flags,
            positional=len(call.args),
            keywords=tuple(call.kwargs),
        )


def _run(call: Call, operands: list[Leaf], wanted: frozenset[Path], *, hooks: bool = False) -> _Run:
    starts, inputs = {}, {}
    for path, tensor in operands:
        copy = tensor.detach().clone()
        if path in wanted:
            starts[path] = copy.requires_grad_()
            copy = starts[path].clone()
        inputs[path] = copy
    before = {path: tensor.detach().clone() for path, tensor in inputs.items()}
    versions = {path: tensor._version for path, tensor in inputs.items()}
    packed: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        packed.append(tensor)
        return tensor

    args, kwargs = with_leaves(call, inputs)
    torch.default_generator.manual_seed(0)
    # Hooks switch the version check off, so the runs that overwrite go without them.
    watch = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor) if hooks else nullcontext()
    with watch:
        result = call.function(*args, **kwargs)
    return _Run(starts, inputs, result, packed, before, versions)


def _storage(tensor: torch.Tensor) -> int | None:
    try:
        storage = tensor.untyped_storage()
    except (RuntimeError, NotImplementedError):
        return None
    return int(storage._cdata) if storage.nbytes() else None


def alias_of(result: Any, inputs: dict[Path, torch.Tensor]) -> Alias:
    """Tell of each part of a result whether it is new, an operand or a view of one."""
    if result is None:
        return Alias("none")
    if is_tensor(result):
        for path, tensor in inputs.items():
            if result is tensor:
                return Alias("same", path)
        own = _storage(result)
        for path, tensor in inputs.items():
            if own is not None and own == _storage(tensor):
                return Alias("view", path)
        return Alias("fresh", type="tensor" if result.numel() else "empty")
    if isinstance(result, (tuple, list)):
        items = tuple(alias_of(item, inputs) for item in result)
        return Alias("tuple" if isinstance(result, tuple) else "list", items=items)
    if isinstance(result, dict):
        return Alias("dict", items=tuple(alias_of(item, inputs) for item in result.values()))
    return Alias("other", type=type(result).__name__)


def _equal(left: torch.Tensor, right: torch.Tensor) -> bool:
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    return bool(torch.allclose(left, right, equal_nan=True)) if left.dtype != torch.bool else torch.equal(left, right)


def _mutated(run: _Run) -> tuple[frozenset[Path], frozenset[Path]]:
    bumped = {path for path, tensor in run.inputs.items() if tensor._version != run.versions[path]}
    changed = {path for path, tensor in run.inputs.items() if not _equal(tensor.detach(), run.before[path])}
    return frozenset(bumped | changed), frozenset(changed - bumped)


def _draws(call: Call, operands: list[Leaf]) -> bool:
    args, kwargs = with_leaves(call, {path: tensor.detach().clone() for path, tensor in operands})
    torch.default_generator.manual_seed(0)
    state = torch.get_rng_state()
    call.function(*args, **kwargs)
    return not torch.equal(state, torch.get_rng_state())


def _outputs(result: Any) -> list[Leaf]:
    return [leaf for leaf in leaves(result, is_tensor) if leaf.array.requires_grad]


def _differentiable(call: Call, operands: list[Leaf]) -> frozenset[Path]:
    able = set()
    for path, tensor in operands:
        if not (tensor.is_floating_point() or tensor.is_complex()):
            continue
        try:
            run = _run(call, operands, frozenset({path}))
            if _outputs(run.result):
                able.add(path)
        except (RuntimeError, NotImplementedError, ValueError, TypeError):
            continue
    return frozenset(able)


def _sets(able: frozenset[Path]) -> Iterable[frozenset[Path]]:
    single = [frozenset({path}) for path in sorted(able, key=str)][:_MOST_SETS]
    return [*single, able] if len(able) > 1 else single


def _gradients(run: _Run) -> list[torch.Tensor | None]:
    outputs = [leaf.array for leaf in _outputs(run.result)]
    generator = torch.Generator().manual_seed(1)
    seeds = [torch.rand(output.shape, generator=generator, dtype=torch.float64).to(output.dtype) for output in outputs]
    return list(torch.autograd.grad(outputs, list(run.starts.values()), seeds, allow_unused=True))


def _saved(call: Call, operands: list[Leaf], wanted: frozenset[Path], overwrite: bool) -> Iterable[Saved]:
    run = _run(call, operands, wanted, hooks=True)
    held = {_storage(tensor) for tensor in run.saved} - {None}
    mutated, _ = _mutated(run)
    try:
        reference = _gradients(run) if overwrite else []
    except (RuntimeError, NotImplementedError):
        overwrite = False
    shared = {_storage(tensor) for path, tensor in run.inputs.items() if path not in mutated}
    for target, tensor in _targets(run.inputs, run.result, mutated):
        own = _storage(tensor)
        if own is None or (target[0] == "result" and own in shared):
            continue
        hooked = own in held
        effect = _overwritten(call, operands, wanted, target, reference) if overwrite else None
        if hooked or effect in ("raises", "changes"):
            yield Saved(target, wanted, hooked, effect)


def _targets(
    inputs: dict[Path, torch.Tensor], result: Any, mutated: frozenset[Path]
) -> list[tuple[Target, torch.Tensor]]:
    found: list[tuple[Target, torch.Tensor]] = []
    found.extend((("operand", path), tensor) for path, tensor in inputs.items() if path not in mutated)
    found.extend((("result", leaf.path), leaf.array) for leaf in leaves(result, is_tensor))
    inplace = {_storage(tensor) for _, tensor in found}
    found.extend(
        (("operand", path), inputs[path]) for path in sorted(mutated, key=str) if _storage(inputs[path]) not in inplace
    )
    return found


def _overwritten(
    call: Call, operands: list[Leaf], wanted: frozenset[Path], target: Target, reference: list[torch.Tensor | None]
) -> Literal["raises", "changes", "nothing"] | None:
    run = _run(call, operands, wanted)
    mutated, _ = _mutated(run)
    tensor = dict(_targets(run.inputs, run.result, mutated))[target]
    try:
        _spoil(tensor)
    except (RuntimeError, NotImplementedError):
        return None
    try:
        gradients = _gradients(run)
    except (RuntimeError, IndexError, ValueError) as error:
        if "is a view and" in str(error):  # the write broke the view that is the result, not a saved value
            return "nothing"
        return "raises" if "modified by an inplace operation" in str(error) else "changes"
    for expected, found in zip(reference, gradients, strict=True):
        if (expected is None) != (found is None):
            return "changes"
        if expected is not None and found is not None and not _equal(expected.detach(), found.detach()):
            return "changes"
    return "nothing"


def _spoil(tensor: torch.Tensor) -> None:
    """Overwrite in place; indices and masks keep to values that were there, so that no kernel reads out of bounds."""
    alias = tensor.detach()
    with torch.no_grad():
        if alias.dtype == torch.bool:
            alias.logical_not_()
        elif alias.is_floating_point() or alias.is_complex():
            alias.mul_(1.7).add_(0.31)
        else:
            alias.copy_(alias.flip(tuple(range(alias.dim()))).clone())
