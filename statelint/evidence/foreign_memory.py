"""Memory that two libraries share: ``torch.from_numpy(a)`` and the like, and ``a`` is written to afterwards.

``subject`` is the shared array. Detail ``form``: *local* (the write is the step), *attribute* (``attribute`` is handed
out wrapped; the check asks who writes to it). ``call`` is the text of what wraps it.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import ARRAY, LIST, NUMBER, UNKNOWN
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.changes import Change, apart, changes, name_of, storages, through
from statelint.ir import nodes as ir

KIND = "foreign_memory"
NAMES = frozenset(
    ("from_numpy", "as_tensor", "asarray", "frombuffer", "device_put", "from_dlpack", "numpy", "memoryview", "asarray")
)
SHARING = {
    "torch.from_numpy": 0,
    "torch.frombuffer": 0,
    "numpy.frombuffer": 0,
    "torch.Tensor.numpy": 0,
    "torch.from_dlpack": 0,
    "numpy.from_dlpack": 0,
    "torch.utils.dlpack.from_dlpack": 0,
    "jax.dlpack.from_dlpack": 0,
    "torch.as_tensor": 1,
    "torch.asarray": 1,
    "jax.device_put": 1,
    "jax.numpy.asarray": 1,
}
"""What shares memory with its argument, and the doubt that it does."""


def observe(body: Body) -> Iterator[Evidence]:
    """Calls that wrap foreign memory, with a later write to it."""
    found = changes(body)
    for call in body.calls:
        source = shared(call)
        if source < 0:
            continue
        kind = kind_of(body.frame, body.value(source))
        if kind & (LIST | NUMBER) or not kind & (ARRAY | UNKNOWN):
            continue
        held = storages(body, source)
        if name_of(body, source) in {path for path, _ in body.stored_as(call.dst)} - {""}:
            continue  # the wrapping takes the array's name
        name, words = body.text(source), body.text(call.dst)
        escapes = _escapes(body, call)
        for change in found:
            if not held & storages(body, change.reg) or apart(call.site, change.site) or change.how == "del":
                continue
            if not _owner(body, change, source):
                continue
            loops = [loop for loop in call.site.loops if loop in change.site.loops]
            again = bool(loops) and escapes and all(_older(body, sid, loops[0]) for sid in held)
            later = change.site.order > call.site.order and _read_after(body, call, change.site)
            if again or later:
                doubt = max(0 if kind & ARRAY and not kind & UNKNOWN else 1, _doubt(call))
                step = Link(body.module, change.site.at, f"`{change.op}` writes into the shared memory")
                details = (("form", "local"), ("call", words), ("change", change.op))
                yield Evidence(call.at, KIND, name, doubt, details, (step,))
                break
        else:
            if escapes:
                for sid in sorted(held):
                    reference = body.frame.state_ref(sid)
                    if reference is not None and reference.root == "attribute":
                        details = (("form", "attribute"), ("attribute", reference.name), ("call", words))
                        yield Evidence(call.at, KIND, reference.text, _doubt(call), details)


def shared(call: CallSite) -> int:
    """The register of the array whose memory a call's result shares; -1 if it shares none."""
    if not any(name in SHARING for name in call.names):
        return -1
    return call.receiver if call.receiver >= 0 else call.args[0] if call.args else -1


def _doubt(call: CallSite) -> int:
    return min(SHARING[name] for name in call.names if name in SHARING)


def _owner(body: Body, change: Change, source: int) -> bool:
    """The change goes through the array, not through its wrapping."""
    if body.path(change.reg) and body.path(change.reg) == body.path(source):
        return True
    root = name_of(body, (change.reg, *through(body, change.reg))[-1])
    return bool(root) and root == name_of(body, (source, *through(body, source))[-1])


def _older(body: Body, sid: int, loop: ir.For | ir.While) -> bool:
    frame = body.frame
    if frame.outside(sid):
        return True
    record = frame.storages[sid]
    if record.kind != "new" or not isinstance(record.key, tuple):
        return False
    at = record.key[0]
    return not (loop.at[0] <= at[0] <= loop.at[2])


def _escapes(body: Body, call: CallSite) -> bool:
    """Whether what a call gives is returned, yielded or put into a container or attribute, as it is."""
    regs = {call.dst}
    names = {path for path, _ in body.stored_as(call.dst)}
    for site in body.of(ir.Load):
        if isinstance(site.instr, ir.Load) and site.instr.name in names and site.order > call.site.order:
            regs.add(site.instr.dst)
    for reg in list(regs):
        for site in body.uses.get(reg, ()):
            if isinstance(site.instr, ir.Build):
                regs.add(site.instr.dst)
    for reg in regs:
        for site in body.uses.get(reg, ()):
            instr = site.instr
            if isinstance(instr, (ir.Return, ir.Yield, ir.SetAttr)):
                return True
            if isinstance(instr, ir.CallMethod) and instr.name in ("append", "put", "add") and reg in instr.args:
                return True
    return False


def _read_after(body: Body, call: CallSite, change: Site) -> bool:
    """Whether what a call gave is read after a change of what it shares."""
    names = {path for path, _ in body.stored_as(call.dst) if "." not in path}
    return any(
        isinstance(s.instr, ir.Load) and s.instr.name in names and s.order > change.order for s in body.of(ir.Load)
    )
