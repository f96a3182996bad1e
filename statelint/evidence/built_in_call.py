"""Layers, parameters, variables and optimizers that are made inside of a layer's method."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.layer_attribute import SETUP
from statelint.evidence.layer_tree import has_parameters
from statelint.ir import nodes as ir

KIND = "built_in_call"
NAMES = None
LAYERS = ("torch.nn.Module", "keras.Layer", "keras.layers.Layer", "keras.Model", "tensorflow.keras.layers.Layer",
          "tensorflow.keras.Model", "tensorflow.Module", "equinox.Module", "flax.nnx.Module")  # fmt: skip
STEPS = ("train_step", "training_step", "train_batch", "update_step", "train_on_batch", "train_one_batch")
PARAMETERS = ("torch.nn.Parameter", "torch.nn.parameter.Parameter")
VARIABLES = ("tensorflow.Variable", "keras.Variable")
BUILDERS = (
    "init",
    "reset",
    "setup",
    "build",
    "make",
    "create",
    "add_",
    "register",
    "load",
    "set_",
    "from_",
    "replace",
    "configure",
)
LAZY = ("None", "hasattr", "not in", "built", "initialized", "initialised", "init", "is_lazy", "len(", "first")


def observe(body: Body) -> Iterator[Evidence]:
    """Constructions in methods that are no constructors. ``what``: layer, parameter, variable, optimizer."""
    fn = body.fn
    if body.owner is None and fn.name in STEPS:
        yield from _optimizers(body)
        return
    if body.owner is None or fn.kind != "function" or fn.name in SETUP or fn.name.lstrip("_").startswith(BUILDERS):
        return
    if not any(body.is_method_of(base) for base in LAYERS):
        return
    for call in body.calls:
        what = _what(body, call)
        if not what or _lazy(call.site) or _configured(body, call):
            continue
        kept = next((path for path, _ in body.stored_as(call.dst) if path.startswith(f"{fn.params[0].name}.")), "")
        yield Evidence(call.at, KIND, body.text(call.dst), 0, (("what", what), ("kept", kept)))


def _optimizers(body: Body) -> Iterator[Evidence]:
    """Optimizers of a model that a step function gets."""
    params = {p.name for p in body.fn.params}
    for call in body.calls:
        reg = call.argument(0, "params")
        source = body.call_of.get(reg) if reg >= 0 else None
        if source is None or source.method != "parameters" or _what(body, call) != "optimizer":
            continue
        if source.receiver >= 0 and body.path(source.receiver).partition(".")[0] in params:
            yield Evidence(call.at, KIND, body.text(call.dst), 0, (("what", "optimizer"), ("kept", "")))


def _what(body: Body, call: CallSite) -> str:
    for name in call.names:
        if name in PARAMETERS:
            return "parameter"
        if name in VARIABLES:
            return "variable"
        model = body.analyzer.models.class_(name)
        if (
            model is not None
            and model.kind == "optimizer"
            and name.startswith(("torch.optim.", "keras.", "tensorflow."))
        ):
            return "optimizer"
        if (
            model is not None
            and model.kind in ("layer", "container")
            and name.startswith(("torch.nn.", "keras.", "tensorflow.keras.", "equinox.nn.", "flax.nnx."))
        ) and any(has_parameters(body.analyzer, ref) for ref in body.value(call.dst).refs):
            return "layer"
    return ""


def _lazy(site: Site) -> bool:
    return any(word in guard.key for guard in site.guards for word in LAZY)


def _configured(body: Body, call: CallSite) -> bool:
    """Whether the weights of what is made are set afterwards: a fixed filter."""
    names = {path for path, _ in body.stored_as(call.dst) if "." not in path}
    for site in body.of(ir.SetAttr):
        assert isinstance(site.instr, ir.SetAttr)
        if any(body.path(site.instr.obj).startswith(name) for name in names) and site.instr.name in (
            "weight",
            "data",
            "bias",
        ):
            return True
    return any(
        other.receiver >= 0
        and other.method in ("copy_", "load_state_dict", "requires_grad_", "fill_")
        and any(body.path(other.receiver).startswith(name) for name in names)
        for other in body.calls
    )
