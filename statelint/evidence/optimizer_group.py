"""What an optimizer is made for, where it is not the parameters: buffers, or detached copies of parameters."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import LEAF
from statelint.evidence.body import Body, operands
from statelint.ir import nodes as ir

KIND = "optimizer_group"
NAMES = frozenset(["buffers", "named_buffers", "detach", "data", "clone", "state_dict"])
CUTS = frozenset(("detach", "data"))


def observe(body: Body) -> Iterator[Evidence]:
    """Constructions of optimizers whose first argument holds such things."""
    for call in body.calls:
        reg = call.argument(0, "params")
        if reg < 0 or not any(_is_optimizer(body, name) for name in call.names):
            continue
        for what, text in _behind(body, reg, 0):
            yield Evidence(call.at, KIND, text, 0, (("what", what),))
            break


def _is_optimizer(body: Body, name: str) -> bool:
    model = body.analyzer.models.class_(name)
    return name.startswith("torch.optim.") and model is not None and model.kind == "optimizer"


def _behind(body: Body, reg: int, depth: int) -> Iterator[tuple[str, str]]:
    site = body.producer.get(reg)
    if site is None or depth > 6:
        return
    instr = site.instr
    if isinstance(instr, ir.Load):
        stores = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == instr.name]
        if len(stores) == 1:
            yield from _behind(body, stores[0].src, depth + 1)
    elif isinstance(instr, ir.CallMethod) and instr.name in ("buffers", "named_buffers"):
        yield "buffers", body.text(reg)
    elif (isinstance(instr, ir.CallMethod) and instr.name == "values" and _is_state_dict(body, instr.obj)) or _cut(
        body, reg
    ):
        yield "copies", body.text(reg)
    elif isinstance(instr, (ir.Build, ir.Binary, ir.Call, ir.BuildDict)):
        for each in operands(instr):
            yield from _behind(body, each, depth + 1)
        if isinstance(instr, ir.Build):
            for append in body.of(ir.Append):
                if isinstance(append.instr, ir.Append) and append.instr.target == reg:
                    yield from _behind(body, append.instr.value, depth + 1)


def _is_state_dict(body: Body, reg: int) -> bool:
    call = body.call_of.get(reg)
    return call is not None and call.method == "state_dict" and not call.keywords


def _cut(body: Body, reg: int) -> bool:
    site = body.producer.get(reg)
    instr = site.instr if site is not None else None
    if isinstance(instr, (ir.GetAttr, ir.CallMethod)) and instr.name in CUTS:
        return bool(body.value(instr.obj).mark & LEAF) or _from_parameters(body, instr.obj)
    return False


def _from_parameters(body: Body, reg: int) -> bool:
    """Whether a register is the target of a loop over ``parameters()``."""
    load = body.producer.get(reg)
    if load is None or not isinstance(load.instr, ir.Load):
        return False
    for store in body.of(ir.Store):
        if isinstance(store.instr, ir.Store) and store.instr.name == load.instr.name:
            loop = body.producer.get(store.instr.src)
            source = body.call_of.get(loop.instr.iterable) if loop and isinstance(loop.instr, ir.For) else None
            if source is not None and source.method == "parameters":
                return True
    return False
