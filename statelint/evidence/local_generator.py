"""Generators and keys that a function makes from a seed that is the same at every call, and draws from."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.seeds import source_of
from statelint.effects.state import State
from statelint.evidence.body import Body, CallSite
from statelint.ir import nodes as ir

KIND = "local_generator"
NAMES = frozenset(
    ("RandomState", "default_rng", "Random", "PRNGKey", "key", "from_seed", "manual_seed", "SeedGenerator", "Rngs")
)
_MAKERS = frozenset(
    (
        "numpy.random.RandomState", "numpy.random.default_rng", "random.Random", "jax.random.PRNGKey", "jax.random.key",
        "tensorflow.random.Generator.from_seed", "torch.Generator.manual_seed", "keras.random.SeedGenerator",
        "flax.nnx.Rngs", "numpy.random.RandomState.seed", "random.Random.seed",
    )
)  # fmt: skip
_STARTS = (
    "init",
    "init_with_output",
    "lazy_init",
    "eval_shape",
    "tabulate",
    "create",
    "initialize",
    "setup",
    "make_jaxpr",
)
"""Calls that set something up: what they draw is not meant to be new each time."""


def observe(body: Body) -> Iterator[Evidence]:
    """Generators made from constants and attributes, and used here."""
    for call in body.calls:
        if not call.names or not _MAKERS.issuperset(call.names):
            continue
        if call.method in ("manual_seed", "seed") and not _is_local(body, call):
            continue
        seed = call.argument(0, "seed")
        if seed < 0 or not _drawn(body, call):
            continue
        source, paths = source_of(body.frame, State(), body.value(seed))
        if source in ("constant", "state"):
            details = (
                ("what", call.names[0]),
                ("source", source),
                ("paths", " ".join(paths)),
                ("seed", body.text(seed)),
            )
            guards = " and ".join(guard.key for guard in call.site.guards)
            loops = tuple(("loop", loop.at) for loop in call.site.loops)
            yield Evidence(call.at, KIND, body.text(call.dst), 0, (*details, ("guards", guards)), (), loops)


def _is_local(body: Body, call: CallSite) -> bool:
    """Whether the generator that is seeded was made in this function."""
    frame = body.frame
    return not any(frame.outside(sid) for sid, _ in body.value(call.receiver).views)


def _drawn(body: Body, call: CallSite) -> bool:
    """Whether the function draws from it: not merely returns it, stores it or sets something up with it."""
    waiting, seen, drawn = [call.dst], set(), False
    if call.method in ("manual_seed", "seed"):
        waiting.append(call.receiver)
    while waiting:
        reg = waiting.pop()
        if reg in seen:
            continue
        seen.add(reg)
        for site in body.uses.get(reg, ()):
            instr = site.instr
            if isinstance(instr, (ir.Return, ir.SetAttr, ir.SetItem, ir.Yield)):
                return False
            if isinstance(instr, ir.Store):
                waiting.extend(_loads(body, instr.name))
            elif isinstance(instr, (ir.GetItem, ir.Unpack, ir.BuildDict, ir.Build)):
                waiting.extend(_made(instr))
            elif isinstance(instr, (ir.Call, ir.CallMethod)):
                used = body.call_of[instr.dst]
                if used.method.startswith(_STARTS) or any(n.endswith((".eval_shape", ".init")) for n in used.names):
                    return False
                if used.method in ("split", "fold_in", "manual_seed") or _draws(body, used, reg):
                    drawn = drawn or used.method not in ("split", "manual_seed")
                    waiting.append(instr.dst)
    return drawn


def _draws(body: Body, call: CallSite, reg: int) -> bool:
    return call.receiver == reg or reg in call.args or any(reg == r for _, r in call.keywords)


def _loads(body: Body, name: str) -> list[int]:
    return [site.instr.dst for site in body.of(ir.Load) if isinstance(site.instr, ir.Load) and site.instr.name == name]


def _made(instr: ir.Instr) -> tuple[int, ...]:
    return instr.dsts if isinstance(instr, ir.Unpack) else (getattr(instr, "dst", -1),)
