"""``jax.jit(lambda ...)`` in each turn of a loop: a new function each time, so it is traced and compiled each time."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body, CallSite, Site
from statelint.ir import nodes as ir

KIND = "made_in_turn"
NAMES = frozenset(("jit", "pmap", "filter_jit", "function", "compile"))
_COMPILERS = frozenset(
    ("jax.jit", "jax.pmap", "equinox.filter_jit", "flax.nnx.jit", "tensorflow.function", "torch.compile")
)
_STEPS = frozenset(("__call__", "forward", "step", "update", "call", "predict", "loss", "act", "evaluate", "sample"))


def observe(body: Body) -> Iterator[Evidence]:
    """Compilations of functions that are made in the same loop, or in a function that steps call, and called there."""
    if body.fn.kind == "module" and not any(site.loops for site in body.sites):
        return
    for call in body.calls:
        if not _COMPILERS & {*call.names} or not call.args:
            continue
        made = _fresh(body, call.args[0], call.site)
        if not made or not _called(body, call):
            continue
        name = _COMPILERS.intersection(call.names)
        details = (("what", made), ("via", sorted(name)[0]))
        if call.site.loops:
            yield Evidence(call.at, KIND, "loop", 0, details)
        elif body.fn.name in _STEPS and not call.site.guards and body.owner is not None:
            yield Evidence(call.at, KIND, body.fn.name, 1, details)


def _fresh(body: Body, reg: int, site: Site) -> str:
    """What kind of new function a register holds, made as often as the site runs; empty if it is not new."""
    maker = body.producer.get(reg)
    if maker is None:
        return ""
    instr = maker.instr
    if isinstance(instr, ir.Function):
        return "lambda" if "<lambda>" in instr.qualname else "function"
    if isinstance(instr, (ir.Call, ir.CallMethod)):
        call = body.call_of[instr.dst]
        if "functools.partial" in call.names:
            return "partial"
        if (
            call.args
            and any(n.startswith("jax.") for n in call.names)
            and call.method in ("grad", "value_and_grad", "vmap")
        ):
            return _fresh(body, call.args[0], site)
    if isinstance(instr, ir.Load):
        stores = [s for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == instr.name]
        if len(stores) == 1 and stores[0].loops == site.loops:
            inner = body.producer.get(stores[0].instr.src)  # type: ignore[attr-defined]
            if inner is not None and isinstance(inner.instr, ir.Function):
                return "function"
    return ""


def _called(body: Body, call: CallSite) -> bool:
    """Whether what was compiled is called here, in the same turn."""
    registers = {call.dst}
    names = {name for name, _ in body.stored_as(call.dst)}
    if any("." in name for name in names):
        return False
    for site in body.of(ir.Load):
        assert isinstance(site.instr, ir.Load)
        if site.instr.name in names and site.order > call.site.order:
            registers.add(site.instr.dst)
    return any(
        isinstance(other.site.instr, ir.Call)
        and other.site.instr.func in registers
        and other.site.loops == call.site.loops
        for other in body.calls
    )
