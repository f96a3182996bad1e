"""An in-place write to the result of what may return its argument: ``x = x.to(device); x -= 1``.

``subject`` is the name that is written to. Details: ``source`` (the argument that may be the same memory), ``call``,
``root`` (*param*, *attribute*, *local*), ``change``. The step is the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import JAX, LIST, NUMBER, TUPLE, UNKNOWN
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.changes import Change, apart, changes, copying, name_of, storages, through
from statelint.ir import nodes as ir

KIND = "perhaps_copy"
_TENSOR = frozenset(
    ("to", "cpu", "cuda", "float", "double", "half", "type", "type_as", "contiguous", "reshape", "flatten")
)
_FUNCTIONS = frozenset(
    ("numpy.asarray", "numpy.ascontiguousarray", "numpy.asfarray", "numpy.asanyarray", "numpy.ravel", "numpy.reshape",
     "torch.as_tensor", "torch.asarray", "torch.flatten", "torch.reshape", "numpy.atleast_1d", "numpy.atleast_2d",
     "numpy.require")
)  # fmt: skip
_NDARRAY = frozenset(("reshape", "ravel"))
NAMES = _TENSOR | frozenset(name.rpartition(".")[2] for name in _FUNCTIONS)


def observe(body: Body) -> Iterator[Evidence]:
    """Writes through names that are bound to such a result."""
    found: list[Change] | None = None
    for call in body.calls:
        source = _source(body, call)
        if source < 0:
            continue
        names = {path for path, _ in body.stored_as(call.dst) if "." not in path}
        if not names:
            continue
        root = _root(body, source)
        if not root:
            continue
        found = changes(body) if found is None else found
        for change in found:
            name = name_of(body, (change.reg, *through(body, change.reg))[-1])
            if name not in names or change.site.order < call.site.order or apart(change.site, call.site):
                continue
            if _bound_between(body, name, call.site, change.site) or change.how == "del":
                continue
            if change.how == "call" and not change.op.partition("(")[0].endswith("_") and "out=" not in change.op:
                continue
            if root == "local" and not _read_after(body, source, name, change.site):
                continue
            step = Link(body.module, call.at, f"`{body.text(call.dst)}` may return `{body.text(source)}` itself")
            details = (
                ("source", body.text(source)),
                ("call", body.text(call.dst)),
                ("root", root),
                ("copy", copying(body, call.dst, call.names)),
                ("change", change.op),
            )
            yield Evidence(change.site.at, KIND, name, 1, details, (step,))
            break


def _source(body: Body, call: CallSite) -> int:
    if call.keyword("copy") >= 0 and body.value(call.keyword("copy")).const is not False:
        return -1
    if call.receiver >= 0:
        if call.functions or call.site.instr.name not in _TENSOR | _NDARRAY:  # type: ignore[attr-defined]
            return -1
        known = [n for n in call.names if not n.startswith("?")]
        if any(not n.startswith(("torch.Tensor.", "numpy.ndarray.")) for n in known):
            return -1
        if known and all(n.startswith("numpy.ndarray.") for n in known) and call.method not in _NDARRAY:
            return -1
        return call.receiver
    if _FUNCTIONS.isdisjoint(call.names) or not call.args:
        return -1
    return call.args[0]


def _root(body: Body, reg: int) -> str:
    """Whose memory a register's is: *param*, *attribute*, or *local* for a name bound here; empty if it has no name."""
    value = body.value(reg)
    kind = kind_of(body.frame, value)
    if kind & (LIST | NUMBER | TUPLE | JAX) or not kind:
        return ""
    path = body.path(reg)
    if not path:
        return ""
    for sid, _ in value.views:
        root = body.frame.root(sid)
        reference = body.frame.state_ref(sid)
        if reference is not None and reference.root == "attribute":
            return "attribute"
        if (
            root.kind == "param"
            and not body.frame.is_receiver(str(root.key))
            and body.frame.storages[sid].kind == "param"
        ):
            return "param"
    return "local" if "." not in path and not kind & UNKNOWN and storages(body, reg) else ""


def _bound_between(body: Body, name: str, a: Site, b: Site) -> bool:
    for site in body.of(ir.Store):
        instr = site.instr
        assert isinstance(instr, ir.Store)
        if instr.name == name and a.order + 1 < site.order < b.order:
            made = body.producer.get(instr.src)
            if made is None or not isinstance(made.instr, ir.InPlace):
                return True
    return False


def _read_after(body: Body, source: int, name: str, change: Site) -> bool:
    own = name_of(body, source)
    bound = [
        s for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == own and s.order > change.order
    ]
    return (
        own != name
        and not bound
        and any(
            isinstance(s.instr, ir.Load) and s.instr.name == own and s.order > change.order + 1
            for s in body.of(ir.Load)
        )
    )
