"""One piece of memory is an input and an output of the same operation.

Detail ``form``: *library* (PyTorch refuses, or computes something else: ``raises`` says which), *call* (a project's
``function`` gets views that overlap, at ``first`` and ``second``), *stencil* (the function writes elements of parameter
``first`` in a loop that still reads others of ``second``).
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import NDARRAY, TENSOR, Value
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, CallSite
from statelint.evidence.changes import copying, name_of
from statelint.ir import nodes as ir
from statelint.storage import Region, overlap
from statelint.storage.regions import Linear, Slice

KIND = "overlapping"
NAMES = None
_PRODUCTS = frozenset(
    f"torch.{name}" for name in ("matmul", "mm", "bmm", "mv", "addmm", "addmv", "einsum", "cumsum", "dot")
)
_PRODUCTS -= {"torch.cumsum"}


def observe(body: Body) -> Iterator[Evidence]:
    """All forms."""
    for call in body.calls:
        out = call.keyword("out")
        if out >= 0 and any(name.startswith("torch.") for name in call.names):
            yield from _library(body, call, out)
        elif call.functions and len(call.args) + len(call.keywords) > 1:
            yield from _calls(body, call)
    for site in body.of(ir.SetItem, ir.InPlace):
        instr = site.instr
        if isinstance(instr, ir.InPlace):
            target, right = body.value(instr.target), body.value(instr.right)
            if _tensors(body, target, right) and _shifted(target, right):
                details = (
                    ("form", "library"),
                    ("op", f"{instr.target_text} {instr.op}= ..."),
                    ("raises", "yes"),
                    ("copy", ".clone()"),
                )
                yield Evidence(site.at, KIND, body.text(instr.right), 0, details)
    yield from _stencils(body)


def _tensors(body: Body, *values: Value) -> bool:
    return all(kind_of(body.frame, v) & TENSOR and not kind_of(body.frame, v) & ~TENSOR for v in values)


def _library(body: Body, call: CallSite, out: int) -> Iterator[Evidence]:
    target = body.value(out)
    for reg in call.args:
        value = body.value(reg)
        if not _tensors(body, target, value):
            continue
        if _shifted(target, value):
            raises = "yes"
        elif target.views == value.views and target.views and not _PRODUCTS.isdisjoint(call.names):
            raises = ""
        else:
            continue
        details = (
            ("form", "library"),
            ("op", f"{call.method}(..., out=...)"),
            ("raises", raises),
            ("copy", ".clone()"),
        )
        yield Evidence(call.at, KIND, body.text(reg), 0, details)
        return


def _shifted(a: Value, b: Value) -> bool:
    """Whether two views surely share some elements, and not at the same places."""
    return any(
        s == t and ra != rb and _plain(ra) and _plain(rb) and overlap(ra, rb) for s, ra in a.views for t, rb in b.views
    )


def _plain(region: Region) -> bool:
    """A slice along the first axis with known bounds, not both of which come from the end or the middle."""
    if len(region) != 1 or not isinstance(region[0], Slice) or not region[0].exact:
        return False
    part = region[0]
    known = all(bound is None or bound.symbol == 0 for bound in (part.lower, part.upper))
    near = part.lower is None or (part.lower.offset <= 2 and part.lower.offset >= 0)
    far = part.upper is None or -2 <= part.upper.offset < 0
    return known and near and far


def _calls(body: Body, call: CallSite) -> Iterator[Evidence]:
    given = [(i, "", reg) for i, reg in enumerate(call.args)] + [(-1, k, reg) for k, reg in call.keywords if k]
    for i, (place, name, reg) in enumerate(given):
        for other_place, other_name, other in given[i + 1 :]:
            a, b = body.value(reg), body.value(other)
            if not kind_of(body.frame, a) & (TENSOR | NDARRAY) or not a.views:
                continue
            same = a.views == b.views
            if same or _shifted(a, b):
                module, qualname = call.functions[0]
                details = (
                    ("form", "call"), ("function", f"{module}:{qualname}"), ("method",
                    "yes" if call.receiver >= 0 else ""),
                    ("first", name or str(place)), ("second", other_name or str(other_place)),
                    ("copy", copying(body, reg)),
                )  # fmt: skip
                yield Evidence(call.at, KIND, body.text(reg), 0, details)


def _stencils(body: Body) -> Iterator[Evidence]:
    params = {p.name for p in body.fn.params}
    for site in body.of(ir.SetItem):
        instr = site.instr
        assert isinstance(instr, ir.SetItem)
        written = name_of(body, instr.obj)
        if written not in params or not site.loops:
            continue
        loop = site.loops[-1]
        for read in body.of(ir.GetItem):
            other = read.instr
            assert isinstance(other, ir.GetItem)
            name = name_of(body, other.obj)
            if name in params and name != written and loop in read.loops and _moved(body, other.index):
                yield Evidence(site.at, KIND, written, 0, (("form", "stencil"), ("first", written), ("second", name)))
                return


def _moved(body: Body, index: int) -> bool:
    """``i - 1`` or ``i + 1``: a neighbour of the loop's own place."""
    value = body.value(index)
    made = body.producer.get(index)
    if isinstance(value.const, Linear) and value.const.symbol and value.const.offset:
        return True
    return made is not None and isinstance(made.instr, ir.Binary) and made.instr.op in "+-"
