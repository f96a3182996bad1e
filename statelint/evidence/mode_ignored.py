"""Layers and functions that behave one way in training and another in evaluation, called with no word on which it
is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from statelint.effects.facts import Evidence
from statelint.effects.value import InstRef, LibInst, Ref
from statelint.evidence.body import Body, CallSite

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer
    from statelint.effects.frame import Shape

KIND = "mode_ignored"
NAMES = None
_MODEL = "keras.Model"
_LAYER = "keras.layers.Layer"
_DEPTH = 5


def observe(body: Body) -> Iterator[Evidence]:
    """Functional dropout that is always on; Keras models whose ``call`` is not told the mode; calls that do not tell
    it.
    """
    dialects = body.analyzer.dialects(body.module)
    if "torch" in dialects and not body.names.isdisjoint(_functions(body)):
        yield from _always_training(body)
    if "tensorflow" not in dialects:
        return
    if body.fn.name == "call" and body.owner is not None and body.is_method_of(_MODEL):
        yield from _not_told(body)
    if "GradientTape" in body.names and not (body.fn.name == "call" and body.is_method_of(_LAYER)):
        yield from _not_said(body)
    if not body.names.isdisjoint(("fit", "train_on_batch")):
        for call in body.calls:
            if call.method in ("fit", "train_on_batch") and _may_be_model(body, call):
                yield Evidence(call.at, KIND, body.text(call.receiver), 0, (("what", "fit"),))


def _functions(body: Body) -> frozenset[str]:
    return frozenset(name for name in body.names if "dropout" in name or name == "scaled_dot_product_attention")


def _always_training(body: Body) -> Iterator[Evidence]:
    for call in body.calls:
        for name in call.names:
            model = body.analyzer.models.function(name) if name.startswith("torch.nn.functional.") else None
            if model is None or any(word in g.key for g in call.site.guards for word in _MODE):
                continue
            names = [p.name for p in model.params or ()]
            if "training" in names and model.draws:
                on = next(p.default for p in model.params or () if p.name == "training") == "True"
                told = call.argument(names.index("training"), "training") >= 0 or len(call.args) > names.index(
                    "training"
                )
                rate = call.argument(names.index("p"), "p") if "p" in names else -1
                if on and not told and not call.starred and not _is_zero(body, rate) and not _spread(call):
                    yield Evidence(call.at, KIND, name.rpartition(".")[2], 0, (("what", "function"), ("name", name)))
            elif "dropout_p" in names:
                rate = call.argument(names.index("dropout_p"), "dropout_p")
                constant = body.value(rate).const if rate >= 0 else None
                fixed = isinstance(constant, float) and constant > 0
                if rate >= 0 and (fixed or body.path(rate).startswith("self.")) and not _is_zero(body, rate):
                    details = (("what", "rate"), ("name", name), ("rate", body.text(rate)))
                    yield Evidence(call.at, KIND, name.rpartition(".")[2], 0, details)


_MODE = ("training", "train", "is_train", "deterministic", "eval")


def _is_zero(body: Body, reg: int) -> bool:
    return reg >= 0 and body.value(reg).const in (0, 0.0)


def _spread(call: CallSite) -> bool:
    return any(key is None for key, _ in call.keywords)


def _not_told(body: Body) -> Iterator[Evidence]:
    """A model's ``call`` without ``training``: Keras's ``fit`` runs it in inference mode (3.15, measured; also with
    ``**kwargs``)."""
    if body.owner is None or any(p.name == "training" for p in body.fn.params):
        return
    held = layer_with_mode(body.analyzer, InstRef(*body.owner))
    stepped = body.analyzer.symbols.method(*body.owner, "train_step") is not None
    if held and not stepped:
        yield Evidence(body.fn.name_at, KIND, body.owner[1], 0, (("what", "model"), ("layer", held)))


def _not_said(body: Body) -> Iterator[Evidence]:
    """A model called under a tape with no ``training=``: it runs in inference mode."""
    for call in body.calls:
        if not body.in_context(call.site, "GradientTape") or call.keyword("training") >= 0 or _spread(call):
            continue
        if any(word in g.key for g in call.site.guards for word in _MODE):
            continue
        maker = call.receiver if call.method == "call" else getattr(call.site.instr, "func", -1)
        if call.method not in ("", "call") and call.receiver >= 0:
            continue
        for ref in body.value(maker).refs if maker >= 0 else ():
            held = layer_with_mode(body.analyzer, ref) if _takes_mode(body, ref, call) else ""
            if held:
                yield Evidence(call.at, KIND, body.text(maker), 0, (("what", "call"), ("layer", held)))
                break


def _takes_mode(body: Body, ref: Ref, call: CallSite) -> bool:
    """Whether an object is a Keras layer, and the mode was not passed by place."""
    if isinstance(ref, LibInst):
        return ref.name == "keras.Sequential" and len(call.args) < 2
    if not isinstance(ref, InstRef) or not body.analyzer.symbols.extends(ref.module, ref.qualname, _LAYER):
        return False
    method = body.analyzer.symbols.method(ref.module, ref.qualname, "call")
    fn = body.analyzer.symbols.function(*method) if method is not None else None
    if fn is None:
        return False
    names = [p.name for p in fn.params]
    place = names.index("training") - 1 if "training" in names else len(names)
    return len(call.args) <= place and not call.starred


def _may_be_model(body: Body, call: CallSite) -> bool:
    refs = body.value(call.receiver).refs if call.receiver >= 0 else ()
    return not refs or any(
        isinstance(ref, InstRef) and body.analyzer.symbols.extends(ref.module, ref.qualname, _MODEL) for ref in refs
    )


def layer_with_mode(analyzer: Analyzer, ref: Ref, depth: int = 0) -> str:
    """The class of a Keras layer below an object whose training and inference differ; empty if none is known."""
    if depth > _DEPTH:
        return ""
    if isinstance(ref, LibInst):
        model = analyzer.models.class_(ref.name)
        if model is None or model.call is None or not model.name.startswith("keras."):
            return ""
        differs = bool(model.training_writes or model.call.draws)
        off = dict(ref.options).get("rate") in (0, 0.0) or dict(ref.options).get("trainable") is False
        return ref.name.rpartition(".")[2] if differs and not off else ""
    if isinstance(ref, InstRef) and analyzer.symbols.extends(ref.module, ref.qualname, _LAYER):
        for child in analyzer.class_shape(ref.module, ref.qualname).children.values():
            found = _below(analyzer, child, depth)
            if found:
                return found
    return ""


def _below(analyzer: Analyzer, shape: Shape, depth: int) -> str:
    for ref in shape.value.refs:
        found = layer_with_mode(analyzer, ref, depth + 1)
        if found:
            return found
    for key, child in shape.children.items() if depth < _DEPTH else ():
        if isinstance(key, str) and key.startswith("["):
            found = _below(analyzer, child, depth + 1)
            if found:
                return found
    return ""
