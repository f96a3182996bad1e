"""SL401: tensor state, layers or flags of a module that it does not register."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.checks.layers.attributes import Attribute, attributes
from statelint.checks.layers.statistics import is_statistic, named_statistic
from statelint.effects.facts import FunctionFacts, Key, Link, StateRead, StateWrite
from statelint.effects.program import Program
from statelint.effects.value import NDARRAY, NONE, NUMBER, TENSOR, UNKNOWN
from statelint.findings import Draft

CODE = "SL401"
OWN_WAYS = frozenset(("example_input_array",))


def check(program: Program) -> Iterable[Draft]:
    """Tensors, lists of layers and flags as plain attributes of torch modules; tensors of Keras layers."""
    for attribute in attributes(program):
        match attribute.what:
            case "tensor" | "later":
                yield from _tensor(program, attribute)
            case "layers" | "parameters":
                yield from _hidden(program, attribute)
            case "flag":
                yield from _flag(program, attribute)
    yield from _keras(program)


def _tensor(program: Program, attribute: Attribute) -> Iterable[Draft]:
    fact, name = attribute.fact, attribute.name
    if attribute.has("registered") or name in OWN_WAYS:
        return
    family = tuple(program.family(attribute.owner))
    writes = [
        (i, w)
        for i, w in _writes(program, family, name)
        if i.name != attribute.info.name and w.kind & (TENSOR | NDARRAY | UNKNOWN)
    ]
    reads = [i for i, _ in _reads(program, family, name) if i.name != attribute.info.name]
    if not reads and not writes:
        return
    if attribute.what == "later" and "tensor" in attribute.known:
        return
    kept = [pair for pair in writes if is_statistic(program, *pair) or (pair[1].reads_old and named_statistic(name))]
    if attribute.what == "later":
        kept = [pair for pair in kept if pair[1].traced and named_statistic(name)]
    if not kept and (attribute.what == "later" or attribute.has("moved") or fact.detail("device")):
        return
    hint = {"buffer": name, "updated": "yes" if kept else ""} if attribute.what == "tensor" else {}
    thing = "array" if fact.detail("kind") else "tensor"
    where = f"`self.{name}` is a plain {thing} attribute of the module `{attribute.owner[1]}`"
    steps: tuple[Link, ...] = ()
    if kept:
        info, write = kept[0]
        message = f"{where}, which `{info.name}` updates: `state_dict()` and `.to()` leave it out"
        steps = (Link(info.module, write.at, f"`self.{name}` is updated here"),)
        doubt = fact.doubt
    elif writes:
        return  # scratch of a call: not state that is to be saved
    else:
        message = f"{where}: `.to()`, `.cuda()` and `state_dict()` leave it out"
        doubt = fact.doubt + 1
    help = f'Register it: `self.register_buffer("{name}", ...)`, with `persistent=False` if it need not be saved.'
    yield draft(program, CODE, attribute.info, fact.at, message, help, doubt, steps, hint)


def _hidden(program: Program, attribute: Attribute) -> Iterable[Draft]:
    if attribute.has("registered", "held"):
        return
    things, holder = ("layers", "nn.ModuleList") if attribute.what == "layers" else ("parameters", "nn.ParameterList")
    message = (
        f"`self.{attribute.name}` is a plain list or dict of {things}: `parameters()`, `.to()` and `state_dict()` of "
        f"`{attribute.owner[1]}` leave them out, so they are not trained"
    )
    help = f"Keep them in `{holder}` (`nn.ModuleDict` or `nn.ParameterDict` for a dict)."
    yield draft(program, CODE, attribute.info, attribute.fact.at, message, help, attribute.fact.doubt)


def _flag(program: Program, attribute: Attribute) -> Iterable[Draft]:
    """``initialized = False``, set once by a method that fills parameters or buffers from the data."""
    if attribute.has("registered") or attribute.info.name != "__init__" or attribute.fact.detail("value"):
        return
    name = attribute.name
    family = tuple(program.family(attribute.owner))
    for info, write in _writes(program, family, name):
        if info.name == "__init__" or not write.constant or info.name.startswith(("reset", "load", "_load", "__")):
            continue
        filled = _fills(program, info, name)
        if filled is None or not any(_tests(reader, read, name) for reader, read in _reads(program, family, name)):
            continue
        message = (
            f"`self.{name}` is a plain attribute that tells whether `{info.name}` has filled "
            f"`{filled.state.text}`: `state_dict()` "
            "does not hold it, so a restored module is filled anew from its first batch"
        )
        help = (
            f'Register it: `self.register_buffer("{name}", torch.tensor(False))`, and set it with '
            f"`self.{name}.fill_(True)`."
        )
        steps = (
            Link(info.module, filled.at, f"`{filled.state.text}` is filled here"),
            Link(info.module, write.at, f"`self.{name}` is set here"),
        )
        yield draft(program, CODE, attribute.info, attribute.fact.at, message, help, 1, steps)
        return


def _fills(program: Program, info: FunctionFacts, flag: str) -> StateWrite | None:
    """A write into a parameter or buffer of the module in the same method."""
    for fact in info.facts:
        if not isinstance(fact, StateWrite) or fact.state.root != "attribute" or fact.state.name == flag:
            continue
        if fact.how in ("array", "item") and fact.kind & TENSOR and not fact.constant:
            return fact
    return None


def _tests(info: FunctionFacts, read: StateRead, name: str) -> bool:
    return info.name != "__init__" and read.state.name == name


def _keras(program: Program) -> Iterable[Draft]:
    """Tensors of a Keras layer that its call rebinds: no weight of it."""
    for info, fact in program.facts(StateWrite):
        owner = program.classes.get(fact.state.owner)
        if owner is None or fact.how != "rebind" or fact.state.root != "attribute" or info.name != "call":
            continue
        if not any(base.startswith(("keras.", "tensorflow.keras.")) for base in owner.library_bases):
            continue
        made = "__init__" in owner.stores.get(fact.state.name, ()) or "build" in owner.stores.get(fact.state.name, ())
        if not (made and fact.reads_old and fact.kind & ~(NUMBER | NONE)):
            continue
        message = (
            f"`{fact.state.text}` is updated by `call` and is no weight of the layer: it is not saved, and a "
            "traced call freezes it"
        )
        help = "Make it a weight: `self.add_weight(..., trainable=False)`, and write it with `assign`."
        yield draft(program, CODE, info, fact.at, message, help, 0 if fact.traced else 1)


def _writes(program: Program, family: tuple[Key, ...], name: str) -> list[tuple[FunctionFacts, StateWrite]]:
    return [pair for owner in family for pair in program.writes.get(("attribute", owner, name), ())]


def _reads(program: Program, family: tuple[Key, ...], name: str) -> list[tuple[FunctionFacts, StateRead]]:
    return [pair for owner in family for pair in program.reads.get(("attribute", owner, name), ())]
