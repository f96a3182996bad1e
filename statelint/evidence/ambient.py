"""Calls that set process-wide modes on which the results of other code depend."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body, CallSite
from statelint.ir import nodes as ir

KIND = "ambient"
_MODES = frozenset(
    (
        *("set_default_dtype", "set_default_device", "set_default_tensor_type", "set_grad_enabled", "seterr"),
        *("set_floatx", "set_dtype_policy", "set_global_policy", "run_functions_eagerly", "set_image_data_format"),
    )
)
_SEEDS = frozenset(("manual_seed", "manual_seed_all", "seed", "set_seed", "set_random_seed", "seed_everything"))
NAMES = _MODES | _SEEDS
_LAYERS = (
    "torch.nn.Module", "torch.utils.data.Dataset", "torch.optim.Optimizer", "keras.layers.Layer", "flax.linen.Module",
    "equinox.Module", "torch.utils.data.Sampler", "keras.utils.PyDataset",
)  # fmt: skip


def observe(body: Body) -> Iterator[Evidence]:
    """Modes (*mode*) and global seeds (*seed*) that a method sets and does not put back."""
    if body.owner is None or body.fn.name.startswith(("set_", "seed", "_seed", "_set_", "test", "main", "setUp")):
        return
    kind = next((base for base in _LAYERS if body.is_method_of(base)), "")
    if not kind:
        return
    for call in body.calls:
        if call.method not in NAMES or not all(_global(body, name) for name in call.names) or not call.names:
            continue
        if call.used or _restored(body, call) or body.in_context(call.site, "fork_rng"):
            continue
        what = "seed" if call.method in _SEEDS else "mode"
        if what == "seed" and body.fn.name != "__init__":
            continue  # in a step it is SL605's
        details = (("what", what), ("name", call.names[0]), ("base", kind))
        yield Evidence(call.at, KIND, call.method, 0, details)


def _global(body: Body, name: str) -> bool:
    """Whether a name is a function of a library that acts on the process, and no method of a generator."""
    model = body.analyzer.models.function(name)
    return model is not None and (model.effect == "ambient" or model.seeds not in ("", "self"))


def _restored(body: Body, call: CallSite) -> bool:
    """Whether the function sets the mode once more, or before a `finally` that does."""
    again = [c for c in body.calls if c.method == call.method]
    states = {"set_rng_state", "setstate", "set_state"}
    return len(again) > 1 or any(c.method in states for c in body.calls) or _in_main(body, call)


def _in_main(body: Body, call: CallSite) -> bool:
    return any("__main__" in guard.key for guard in call.site.guards) or isinstance(call.site.instr, ir.With)
