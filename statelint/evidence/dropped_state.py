"""New state that a call returns beside its result is dropped: ``updates, _ = tx.update(grads, state)``,
``y, _ = model.apply(variables, x, mutable=["batch_stats"])``, ``x, _ = norm(x, state)``."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import ABSENT, Value, WrapRef
from statelint.evidence.body import Body, CallSite
from statelint.ir import nodes as ir

KIND = "dropped_state"
NAMES = frozenset(
    ("update", "apply", "state", "model_state", "bn_state", "net_state", "stats", "batch_stats", "bn_stats", "has_aux")
)
_STATES = frozenset(("state", "model_state", "bn_state", "net_state", "hk_state", "batch_stats"))
_IDLE = frozenset(("intermediates", "losses", "metrics", "cache", "perturbations"))
"""Collections that are read once and not carried."""
_EVALUATES = ("eval", "test", "predict", "infer", "valid", "act", "sample", "init")


def observe(body: Body) -> Iterator[Evidence]:
    """Calls whose second result is bound to nothing that is read."""
    for call in body.calls:
        if call.method == "update" and len(call.args) + len(call.keywords) >= 2:
            yield from _optimizer(body, call)
        elif call.method == "apply":
            yield from _variables(body, call)
        else:
            yield from _layer(body, call)
            yield from _auxiliary(body, call)


def _auxiliary(body: Body, call: CallSite) -> Iterator[Evidence]:
    """``(_, _), grads = step(params, stats, x)`` in a loop, where the auxiliary result holds the new statistics."""
    parts = body.unpacked(call.dst)
    inner = body.unpacked(parts[0]) if len(parts) == 2 else ()
    instr = call.site.instr
    if len(inner) != 2 or not call.site.loops or not isinstance(instr, ir.Call) or _evaluates(body):
        return
    names = body.stored_as(inner[1])
    if len(names) != 1 or not names[0][0].startswith("_") or not _has_aux(body.value(instr.func)):
        return
    for reg in call.args:
        name = body.path(reg)
        if (name in _STATES or name.endswith("stats")) and not _rebound_in(body, name, call):
            yield Evidence(call.at, KIND, name, 1, (("what", "auxiliary"), ("call", body.text(call.dst))))
            return


def _has_aux(value: Value) -> bool:
    return any(
        isinstance(ref, WrapRef) and (("has_aux", True) in ref.options or _has_aux(ref.func)) for ref in value.refs
    )


def _rebound_in(body: Body, name: str, call: CallSite) -> bool:
    loops = call.site.loops
    return any(
        isinstance(site.instr, ir.Store) and site.instr.name == name and site.loops[: len(loops)] == loops
        for site in body.sites
    )


def _optimizer(body: Body, call: CallSite) -> Iterator[Evidence]:
    known = "optax.GradientTransformation.update" in call.names
    if not known and not ("?.update" in call.names and _imports_optax(body)):
        return
    if not _drops_second(body, call):
        return
    state = call.argument(1, "state")
    text = body.path(state) if state >= 0 else ""
    if not text or _stateless(body, call):
        return
    if call.site.loops or _carries(body, text):
        yield Evidence(call.at, KIND, text, 0 if known else 1, (("what", "optimizer"), ("call", body.text(call.dst))))


def _variables(body: Body, call: CallSite) -> Iterator[Evidence]:
    mutable = call.keyword("mutable")
    if mutable >= 0:
        collections = _texts(body, mutable)
        if collections is None or not collections - _IDLE or not _drops_second(body, call):
            return
        details = (
            ("what", "variables"),
            ("call", body.text(call.dst)),
            ("collections", ", ".join(sorted(collections))),
        )
        yield Evidence(call.at, KIND, "", 1 if _evaluates(body) else 0, details)
        return
    first = call.args[0] if call.args else -1
    maker = body.producer.get(first)
    if maker is None or not isinstance(maker.instr, ir.BuildDict):
        return
    keys = {body.value(reg).const for reg in maker.instr.keys if reg >= 0}
    training = any(
        name in ("train", "training", "is_training") and body.value(reg).const is True for name, reg in call.keywords
    )
    if "batch_stats" in keys and training:
        yield Evidence(call.at, KIND, "", 1, (("what", "immutable"), ("call", body.text(call.dst))))


def _layer(body: Body, call: CallSite) -> Iterator[Evidence]:
    """``x, _ = layer(x, state)`` where the function returns, or loops with, the ``state`` that it had."""
    if call.functions or call.classes or _evaluates(body) or not _drops_second(body, call):
        return
    for reg in call.args[1:]:
        name = body.path(reg)
        if name in _STATES and not any(n == name for n, _ in _assigned(body, call)):
            if _returns(body, name) and not _rebound(body, name):
                yield Evidence(call.at, KIND, name, 1, (("what", "layer"), ("call", body.text(call.dst))))
            return


def _imports_optax(body: Body) -> bool:
    ir_module = body.analyzer.symbols.module(body.module)
    return ir_module is not None and any(m.partition(".")[0] == "optax" for m, _ in ir_module.imports.values())


def _drops_second(body: Body, call: CallSite) -> bool:
    parts = body.unpacked(call.dst)
    if len(parts) == 2:
        names = body.stored_as(parts[1])
        if len(names) != 1 or "." in names[0][0]:
            return False
        name = names[0][0]
        return name.startswith("_") or (
            not any(isinstance(s.instr, ir.Load) and s.instr.name == name for s in body.of(ir.Load))
            and name not in body.fn.cells
        )
    users = body.uses.get(call.dst, ())
    return bool(users) and all(
        isinstance(u.instr, ir.GetItem) and u.instr.obj == call.dst and body.value(u.instr.index).const == 0
        for u in users
    )


def _stateless(body: Body, call: CallSite) -> bool:
    """Plain gradient descent keeps nothing between its steps."""
    for site in body.of(ir.Store):
        assert isinstance(site.instr, ir.Store)
        if call.receiver >= 0 and site.instr.name == body.path(call.receiver):
            maker = body.call_of.get(site.instr.src)
            if maker is not None and maker.method == "sgd" and len(maker.args) < 2 and maker.keyword("momentum") < 0:
                return True
    return False


def _carries(body: Body, name: str) -> bool:
    """Whether the function hands on the state that it had: returns it, or leaves it on its object."""
    return name.startswith("self.") or (_returns(body, name) and not _rebound(body, name))


def _rebound(body: Body, name: str) -> bool:
    return any(site.instr.name == name for site in body.of(ir.Store) if isinstance(site.instr, ir.Store))


def _returns(body: Body, name: str) -> bool:
    for site in body.of(ir.Load):
        assert isinstance(site.instr, ir.Load)
        if site.instr.name == name and _reaches_return(body, site.instr.dst, 0):
            return True
    return False


def _reaches_return(body: Body, reg: int, depth: int) -> bool:
    for user in body.uses.get(reg, ()):
        if isinstance(user.instr, ir.Return):
            return True
        if (
            isinstance(user.instr, (ir.Build, ir.BuildDict))
            and depth < 3
            and _reaches_return(body, user.instr.dst, depth + 1)
        ):
            return True
    return False


def _assigned(body: Body, call: CallSite) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for part in (call.dst, *body.unpacked(call.dst)):
        found += body.stored_as(part)
    return found


def _texts(body: Body, reg: int) -> set[str] | None:
    """The collections that ``mutable=`` names; None if it is off or unknown."""
    maker = body.producer.get(reg)
    if maker is not None and isinstance(maker.instr, ir.Build):
        return {str(body.value(item).const) for item in maker.instr.items if body.value(item).const is not ABSENT}
    const = body.value(reg).const
    return {const} if isinstance(const, str) else {"all"} if const is True else None


def _evaluates(body: Body) -> bool:
    name = body.fn.name.lstrip("_")
    return name.startswith(_EVALUATES) or "eval" in name or "predict" in name
