"""Rows for torch's layers: what calling one saves, changes and draws, from torch's own module database."""

from __future__ import annotations

import copy
import inspect
import itertools
import warnings
from collections.abc import Collection, Iterator
from typing import Any

import msgspec
import torch
from torch import nn

from statelint.models import grammar
from statelint.models.derive import fold, render, signatures, torch_env, torch_probe
from statelint.models.derive.observation import Observation
from statelint.models.derive.operands import Call, Path
from statelint.models.derive.signatures import Signature
from statelint.models.record import Param

_CONTAINERS = {"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "Container"}
_NOT_LAYERS = {
    "Module",
    "Parameter",
    "Buffer",
    "UninitializedParameter",
    "UninitializedBuffer",
    "LinearCrossEntropyOptions",
}
_MOST = 4
_WIDE = 6
"""More parameters of its own than this, and a layer is treated as one that holds others."""


def derive(only: Collection[str] = ()) -> dict[str, render.Fields]:
    """Return a row for each class of ``torch.nn``, or for those in ``only``."""
    samples = _samples(only)
    rows: dict[str, render.Fields] = {}
    for name in dir(nn):
        kind = getattr(nn, name)
        if not isinstance(kind, type) or name.startswith("_") or name in _NOT_LAYERS:
            continue
        if only and f"torch.nn.{name}" not in only:
            continue
        if name.startswith("Lazy"):
            rows[f"torch.nn.{name}"] = {
                "bases": f"torch.nn.{name[4:]}",
                "from": "by hand: becomes its base at the first call",
            }
            continue
        row: render.Fields = {"bases": _base(kind), "kind": "container" if name in _CONTAINERS else "layer"}
        init = signatures.from_python(getattr(kind, "__init__"))  # noqa: B009
        if init:
            row["init"] = {"params": signatures.text(init.params)}
        if name in _CONTAINERS:
            row["from"] = "by hand: holds other modules"
        else:
            row.update(_call(kind, samples.get(kind, [])))
        rows[f"torch.nn.{name}"] = row
    return rows


def _base(kind: type) -> str:
    for base in kind.__mro__[1:]:
        if getattr(nn, base.__name__, None) is base:
            return f"torch.nn.{base.__name__}"
    return "torch.nn.Module"


def _samples(only: Collection[str]) -> dict[type, list[tuple[Any, Any]]]:
    found: dict[type, list[tuple[Any, Any]]] = {}
    for info in torch_env.modules():
        if only and f"torch.nn.{info.module_cls.__name__}" not in only:
            continue
        torch.manual_seed(5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for training in (True, False):
                inputs = info.module_inputs_func(
                    info, device="cpu", dtype=torch.float64, requires_grad=False, training=training
                )
                for item in itertools.islice(inputs, _MOST):
                    if item.forward_input is not None:
                        found.setdefault(info.module_cls, []).append((item.constructor_input, item.forward_input))
    for kind, constructor, forward in _more():
        found.setdefault(kind, []).append((_Arguments(*constructor), _Arguments(*forward)))
    return found


class _Arguments:
    """Arguments in the form in which the module database gives them."""

    def __init__(self, *args: Any) -> None:
        self.args = args
        self.kwargs: dict[str, Any] = {}


def _more() -> list[tuple[type, tuple[Any, ...], tuple[Any, ...]]]:
    """Return samples of layers that the database leaves out."""
    image, flat = torch.rand(2, 4, 6, 6), torch.rand(3, 4)
    volume = torch.rand(2, 4, 3, 6, 6)
    pair = (torch.rand(3, 4), torch.rand(3, 4))
    pooled, places = nn.functional.max_pool2d(image, 2, return_indices=True)
    decoder = nn.TransformerDecoderLayer(8, 2, 16)
    return [
        *(
            (kind, (0.5,), (volume if "3d" in kind.__name__ else image,))
            for kind in (nn.Dropout, nn.Dropout2d, nn.Dropout3d)
        ),
        *((kind, (0.5,), (image,)) for kind in (nn.AlphaDropout, nn.FeatureAlphaDropout)),
        (nn.Dropout1d, (0.5,), (torch.rand(2, 4, 6),)),
        (nn.RReLU, (), (flat - 0.5,)),
        (nn.CosineSimilarity, (), pair),
        (nn.PairwiseDistance, (), pair),
        (nn.ChannelShuffle, (2,), (image,)),
        (nn.PixelShuffle, (2,), (image,)),
        (nn.PixelUnshuffle, (2,), (image,)),
        (nn.Identity, (), (flat,)),
        (nn.Flatten, (), (image,)),
        (nn.Unflatten, (1, (2, 2)), (flat,)),
        (nn.Unfold, (2,), (image,)),
        (nn.Fold, ((3, 3), (2, 2)), (torch.rand(1, 8, 4),)),
        (nn.Upsample, (None, 2), (image,)),
        (nn.UpsamplingBilinear2d, (None, 2), (image,)),
        (nn.UpsamplingNearest2d, (None, 2), (image,)),
        (nn.MaxUnpool2d, (2,), (pooled, places)),
        (nn.TripletMarginLoss, (), (*pair, torch.rand(3, 4))),
        (nn.TripletMarginWithDistanceLoss, (), (*pair, torch.rand(3, 4))),
        (nn.TransformerDecoder, (decoder, 1), (torch.rand(3, 2, 8), torch.rand(4, 2, 8))),
        (nn.LogSigmoid, (), (flat,)),
        (nn.GLU, (), (flat,)),
        (nn.AdaptiveLogSoftmaxWithLoss, (4, 5, [2]), (flat, torch.tensor([0, 1, 4]))),
        (nn.CrossMapLRN2d, (2,), (image,)),
    ]


def _modules(kind: type, samples: list[tuple[Any, Any]]) -> Iterator[tuple[nn.Module, Any, dict[str, bool]]]:
    """Yield instances, in training and in evaluation, with and without ``inplace``, and what to call them with."""
    takes = inspect.signature(kind).parameters
    for constructor, forward in samples:
        for inplace in (False, True) if "inplace" in takes else (None,):
            extra = {} if inplace is None else {"inplace": inplace}
            try:
                warnings.simplefilter("ignore")
                module = kind(*constructor.args, **{**constructor.kwargs, **extra}).double()
            except (TypeError, RuntimeError, ValueError):
                continue
            for training in (True, False):
                state = {"training": training, **({} if inplace is None else {"inplace": inplace})}
                yield module.train(training), forward, state


def _call(kind: type, samples: list[tuple[Any, Any]]) -> render.Fields:
    forward = signatures.from_python(getattr(kind, "forward"))  # noqa: B009
    if forward is None or not samples:
        return {"from": "by hand: no sample in torch's module database"}
    parameters: dict[str, None] = {}
    buffers: dict[str, None] = {}
    written: set[str] = set()
    seen: list[Observation] = []
    names: dict[str, None] = {}
    instances = list(_modules(kind, samples))
    composite = any(_holds_others(module) for module, _, _ in instances)
    for module, arguments, state in instances:
        module.train(state["training"])
        held = {name: value for name, value in module.named_parameters() if "." not in name}
        parameters.update(dict.fromkeys(held))
        plain = {name: value for name, value in module.named_buffers() if "." not in name}
        buffers.update(dict.fromkeys(plain))
        if composite:
            held = {}
        given = {f"self.{name}": value.detach() for name, value in held.items()}
        names.update(dict.fromkeys(held))
        args, kwargs = _plain(arguments.args), {key: _plain(value) for key, value in arguments.kwargs.items()}
        try:
            observation = torch_probe.observe(Call(_Layer(module), (*args,), {**kwargs, **given}))
        except Exception:  # a sample that float64 or the mode does not allow
            continue
        modes: dict[Path, bool] = {(flag,): value for flag, value in state.items()}
        modes[("return_indices",)] = bool(getattr(module, "return_indices", False))
        flags = {**observation.flags, **modes}
        seen.append(msgspec.structs.replace(observation, flags=flags))
        written |= _written(module, args, kwargs, plain) if state["training"] else set()
    row: render.Fields = {}
    for field, found in (("parameters", parameters), ("buffers", buffers), ("training_writes", sorted(written))):
        if found and len(found) <= _WIDE:
            row[field] = ", ".join(found)
    row.update(_row(forward, seen, list(names)))
    if composite and isinstance(call := row.get("call"), dict) and "saves" in call:
        targets = dict.fromkeys(part.split()[0] for part in grammar.split(call["saves"]))
        call["saves"] = ", ".join([*targets, "self"])
        row["from"] = f"{row['from']}; self stands for its parameters, conditions are left out"
    return row


def _holds_others(module: nn.Module) -> bool:
    names = [name for name, _ in module.named_parameters()]
    return sum("." not in name for name in names) > _WIDE or any("." in name for name in names)


def _plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().double() if value.is_floating_point() else value.detach()
    if isinstance(value, (tuple, list)):
        return type(value)(_plain(item) for item in value)
    return value


class _Layer:
    """A module as a function of its input and of its parameters, so that these are operands like any other."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = {key.removeprefix("self."): value for key, value in kwargs.items() if key.startswith("self.")}
        plain = {key: value for key, value in kwargs.items() if not key.startswith("self.")}
        module = copy.deepcopy(self.module)
        return torch.func.functional_call(module, given, args, plain) if given else module(*args, **plain)


def _written(module: nn.Module, args: Any, kwargs: Any, buffers: dict[str, torch.Tensor]) -> set[str]:
    if not buffers:
        return set()
    changed = copy.deepcopy(module)
    before = {name: tensor.clone() for name, tensor in changed.named_buffers()}
    changed(*args, **kwargs)
    return {
        name for name, tensor in changed.named_buffers() if name in buffers and not torch.equal(tensor, before[name])
    }


def _row(forward: Signature, seen: list[Observation], operands: list[str]) -> render.Fields:
    if not seen:
        return {"from": "by hand: no sample in torch's module database"}
    states = {"inplace": "False", "return_indices": "False", "training": "True"}
    flags = [Param(name, "keyword", default) for name, default in states.items()]
    plain = forward.params[1:]
    fields = fold.fold(seen, [*plain, *(Param(f"self.{name}", "keyword") for name in operands), *flags]).fields()
    provenance = fields.pop("from")
    call = {"params": signatures.text(forward.params)}
    call.update({field: text.replace("self.", "") for field, text in fields.items()})
    return {"call": call, "from": provenance}
