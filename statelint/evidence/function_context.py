"""What a custom autograd function does with its context: attributes set, inputs marked dirty, functions run."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import TENSOR
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "function_context"
NAMES = None
BASES = ("torch.autograd.Function", "torch.autograd.function.Function", "torch.autograd.function.InplaceFunction")
RANDOM_STATE = frozenset(
    [
        "get_rng_state",
        "set_rng_state",
        "fork_rng",
        "get_device_states",
        "set_device_states",
        "fwd_rng_state",
        "manual_seed",
    ]
)


def observe(body: Body) -> Iterator[Evidence]:
    """``what``: *attribute* (a tensor kept on the context; ``role`` input, output), *dirty*, *read* (an attribute of
    the context is read), *calls* (a function kept on the context is run), *gradient* (backward returns one for this
    input), *random state*.
    """
    if body.owner is None or not body.fn.params or not any(body.is_method_of(base) for base in BASES):
        return
    context = body.fn.params[0].name
    if body.fn.name in ("forward", "setup_context"):
        yield from _kept(body, context)
    for call in body.calls:
        if call.method in ("mark_dirty",) and call.receiver >= 0 and body.path(call.receiver) == context:
            for reg in call.args:
                yield Evidence(call.at, KIND, body.path(reg), 0, (("what", "dirty"),))
        path = _called(body, call.site.instr)
        if body.fn.name == "backward" and path.startswith(f"{context}."):
            yield Evidence(call.at, KIND, path.partition(".")[2], 0, (("what", "calls"),))
        if body.fn.name == "forward" and path in {p.name for p in body.fn.params[1:]}:
            yield Evidence(call.at, KIND, path, 0, (("what", "calls"),))
    if body.fn.name == "backward":
        for index in _gradients(body):
            yield Evidence(body.fn.name_at, KIND, str(index), 0, (("what", "gradient"),))
    for site in body.of(ir.GetAttr):
        if isinstance(site.instr, ir.GetAttr) and body.path(site.instr.obj) == context:
            yield Evidence(site.at, KIND, site.instr.name, 0, (("what", "read"),))
    if body.names & RANDOM_STATE:
        yield Evidence(body.fn.name_at, KIND, "", 0, (("what", "random state"),))


def _gradients(body: Body) -> set[int]:
    """The inputs for which ``backward`` returns something other than None: these are tensors."""
    found: set[int] = set()
    for site in body.of(ir.Return):
        assert isinstance(site.instr, ir.Return)
        made = body.producer.get(site.instr.src)
        if made is not None and isinstance(made.instr, ir.Build):
            if made.instr.starred:
                return set()
            regs = made.instr.items
        else:
            regs = (site.instr.src,)
        found |= {i for i, reg in enumerate(regs) if body.value(reg).const is not None}
    return found


def _called(body: Body, instr: ir.Instr) -> str:
    if isinstance(instr, ir.Call):
        return body.path(instr.func)
    if isinstance(instr, ir.CallMethod):
        base = body.path(instr.obj)
        return f"{base}.{instr.name}" if base else ""
    return ""


def _kept(body: Body, context: str) -> Iterator[Evidence]:
    if body.fn.name == "setup_context":
        inputs, outputs = _unpacked_names(body, body.fn.params[1:2]), _unpacked_names(body, body.fn.params[2:3])
        outputs |= {p.name for p in body.fn.params[2:3]}
    else:
        inputs = {p.name for p in body.fn.params[1:]}
        outputs = _returned_names(body)
    variadic = {p.name for p in body.fn.params if p.kind == "vararg"}
    for site in body.of(ir.SetAttr):
        instr = site.instr
        assert isinstance(instr, ir.SetAttr)
        if body.path(instr.obj) != context:
            continue
        name = body.path(instr.src)
        value = body.value(instr.src)
        details = [("what", "attribute"), ("source", name)]
        tensor = bool(kind_of(body.frame, value) & TENSOR) and not value.refs
        if name in outputs and not _number(body, name):
            details.append(("role", "output"))
        elif name in inputs - variadic and tensor and not _rebound(body, name, site.order):
            details.append(("role", "input"))
        else:
            details.append(("role", "function" if name in inputs else ""))
            if name in inputs - variadic and not value.refs and not _rebound(body, name, site.order):
                details.append(("index", str(next(i for i, p in enumerate(body.fn.params) if p.name == name) - 1)))
        yield Evidence(site.at, KIND, instr.name, value.doubt, tuple(details))


def _number(body: Body, name: str) -> bool:
    """Whether a name is known to hold something else than a tensor."""
    kinds = 0
    for site in body.of(ir.Store):
        if isinstance(site.instr, ir.Store) and site.instr.name == name:
            kinds |= kind_of(body.frame, body.value(site.instr.src))
    return bool(kinds) and not kinds & (TENSOR | (1 << 20))


def _rebound(body: Body, name: str, order: int) -> bool:
    return any(isinstance(s.instr, ir.Store) and s.instr.name == name and s.order < order for s in body.of(ir.Store))


def _returned_names(body: Body) -> set[str]:
    """Names that are returned, and those unpacked from what is returned."""
    names: set[str] = set()
    for site in body.of(ir.Return):
        assert isinstance(site.instr, ir.Return)
        regs = [site.instr.src]
        made = body.producer.get(site.instr.src)
        if made is not None and isinstance(made.instr, ir.Build):
            regs = list(made.instr.items)
        names |= {body.path(reg) for reg in regs} - {""}
    for site in body.of(ir.Unpack):
        assert isinstance(site.instr, ir.Unpack)
        if body.path(site.instr.src) in names:
            names |= {name for dst in site.instr.dsts for name, _ in body.stored_as(dst)}
    return {name for name in names if "." not in name} - {p.name for p in body.fn.params}


def _unpacked_names(body: Body, params: tuple[ir.Param, ...]) -> set[str]:
    wanted = {p.name for p in params}
    names: set[str] = set()
    for site in body.of(ir.Unpack):
        assert isinstance(site.instr, ir.Unpack)
        if body.path(site.instr.src) in wanted:
            names |= {name for dst in site.instr.dsts for name, _ in body.stored_as(dst)}
    return names
