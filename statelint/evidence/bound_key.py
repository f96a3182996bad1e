"""One key bound once for many calls: ``self.apply = partial(model.apply, rngs={"dropout": key})``, or a kernel seeded
with one key and then mapped over many.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import KEY
from statelint.evidence.body import Body, CallSite
from statelint.ir import nodes as ir

KIND = "bound_key"
NAMES = frozenset(("partial", "Partial", "seed"))
_PARTIAL = ("functools.partial", "jax.tree_util.Partial")
_SEED = ("numpyro.handlers.seed", "numpyro.handlers.seed.__call__")


def observe(body: Body) -> Iterator[Evidence]:
    """Partials that hold a key and outlive the function; seeded kernels handed on together with keys."""
    for call in body.calls:
        if any(name in _PARTIAL for name in call.names):
            word = next((name for name, reg in call.keywords if _holds_key(body, name, reg)), None)
            if word is not None and _outlives(body, call.dst):
                yield Evidence(call.at, KIND, f"This partial, with `{word}` bound,", 1)
        elif any(name in _SEED for name in call.names):
            user = _mapped_with_keys(body, call)
            if user is not None:
                yield Evidence(call.at, KIND, "The seeded kernel, which is handed on together with further keys,", 1)


def _holds_key(body: Body, name: str | None, reg: int) -> bool:
    value = body.value(reg)
    if name == "rngs":
        return True
    return name is not None and value.kind == KEY


def _outlives(body: Body, reg: int) -> bool:
    """Whether a value is kept on an object: as an attribute, or by a constructor."""
    if body.fn.name in ("loss", "loss_fn"):
        return False
    for site in body.uses.get(reg, ()):
        instr = site.instr
        if isinstance(instr, ir.SetAttr) and instr.src == reg:
            return True
        if isinstance(instr, (ir.Call, ir.CallMethod)):
            user = body.call_of[instr.dst]
            if (user.method == "create" or user.method[:1].isupper()) and any(r == reg for _, r in user.keywords):
                return True
    return False


def _mapped_with_keys(body: Body, seeded: CallSite) -> CallSite | None:
    """The call that takes the seeded kernel and several keys."""
    registers = {seeded.dst}
    names = {name for name, _ in body.stored_as(seeded.dst)}
    for site in body.of(ir.Load):
        assert isinstance(site.instr, ir.Load)
        if site.instr.name in names and site.order > seeded.site.order:
            registers.add(site.instr.dst)
    for call in body.calls:
        args = (*call.args, *(reg for _, reg in call.keywords))
        if call.site.order > seeded.site.order and any(reg in registers for reg in args):
            for name, reg in call.keywords:
                if name in ("rng_keys", "keys") and body.value(reg).kind & KEY:
                    return call
    return None
