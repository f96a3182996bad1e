"""A method makes a changed copy of its object, and writes to the object itself.

``subject`` is what is written; details: ``copy`` (the text of the copy), ``op``. The step is where the copy is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import SCALAR
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.changes import apart, changes, name_of, surely, through
from statelint.ir import nodes as ir

KIND = "writes_self"
NAMES = frozenset(("copy", "deepcopy", "clone", "_clone", "_replace", "replace", "__copy__", "evolve", "__new__"))
_METHODS = frozenset(("copy", "deepcopy", "clone", "_clone", "__copy__"))
_FUNCTIONS = frozenset(("copy.copy", "copy.deepcopy"))
_REPLACING = frozenset(("dataclasses.replace", "attr.evolve", "attrs.evolve"))


def observe(body: Body) -> Iterator[Evidence]:
    """Methods that return a copy of ``self``."""
    if not body.owner or body.fn.name in ("__init__", "__deepcopy__", "__copy__") or not body.fn.params:
        return
    receiver = body.fn.params[0].name
    for call in body.calls:
        kind = _copies(body, call, receiver)
        if kind == "copy":
            yield from _after(body, call, receiver)
        elif kind == "replace" and _returned(body, call.dst):
            yield from _replaced(body, call, receiver)


def _copies(body: Body, call: CallSite, receiver: str) -> str:
    if call.receiver >= 0 and name_of(body, call.receiver) == receiver:
        return "copy" if call.method in _METHODS else "replace" if call.method in ("_replace", "replace") else ""
    if call.args and name_of(body, call.args[0]) == receiver:
        if not _FUNCTIONS.isdisjoint(call.names):
            return "copy"
        return "replace" if not _REPLACING.isdisjoint(call.names) else ""
    return ""


def _returned(body: Body, reg: int) -> bool:
    return any(isinstance(site.instr, ir.Return) for site in body.uses.get(reg, ()))


def _after(body: Body, call: CallSite, receiver: str) -> Iterator[Evidence]:
    """Writes to ``self`` after the copy got its name, where the copy is what is returned."""
    names = {path for path, _ in body.stored_as(call.dst) if "." not in path}
    returned = [s for s in body.of(ir.Return) if isinstance(s.instr, ir.Return) and name_of(body, s.instr.src) in names]
    if not returned:
        return
    made = Link(body.module, call.at, f"`{body.text(call.dst)}` makes the copy that is returned")
    for site in body.of(ir.SetAttr):
        instr = site.instr
        assert isinstance(instr, ir.SetAttr)
        if any(
            isinstance(s.instr, ir.SetAttr) and s.instr.name == instr.name and s.order < call.site.order
            for s in body.of(ir.SetAttr)
        ):
            continue  # set aside for the copy, and put back
        if (
            name_of(body, instr.obj) == receiver
            and _meant(body, call.site, site, names)
            and name_of(body, instr.src) not in names
        ):
            path = f"{receiver}.{instr.name}"
            yield Evidence(site.at, KIND, path, 1, (("copy", body.text(call.dst)), ("op", f"{path} = ...")), (made,))
    for change in changes(body):
        root = (change.reg, *through(body, change.reg))[-1]
        path = body.path(root)
        if path.startswith(f"{receiver}.") and _meant(body, call.site, change.site, names) and change.how == "item":
            yield Evidence(change.site.at, KIND, path, 0, (("copy", body.text(call.dst)), ("op", change.op)), (made,))


def _meant(body: Body, copy: Site, write: Site, names: set[str]) -> bool:
    """A write after the copy, on the same path, and the copy does not get the same."""
    return (
        write.order > copy.order
        and not apart(copy, write)
        and not any("cache" in guard.key or "_initialized" in guard.key for guard in write.guards)
    )


def _replaced(body: Body, call: CallSite, receiver: str) -> Iterator[Evidence]:
    """Contents of an attribute are changed before ``self._replace(...)`` returns an object that holds them."""
    given = [reg for _, reg in call.keywords]
    for change in changes(body):
        if change.site.order > call.site.order or apart(change.site, call.site) or change.how not in ("item", "call"):
            continue
        attributes = [
            body.frame.state_ref(sid)
            for sid, _ in body.value(change.reg).views
            if not body.value(change.reg).kind & SCALAR
        ]
        for reference in attributes:
            if reference is None or reference.root != "attribute":
                continue
            same = any(
                sid == own
                for reg in given
                for own, _ in body.value(reg).views
                for sid, _ in body.value(change.reg).views
            )
            if same:
                made = Link(body.module, call.at, f"`{body.text(call.dst)}` returns a new object")
                doubt = 0 if surely(body, change.reg) else 1
                details = (("copy", body.text(call.dst)), ("op", change.op))
                yield Evidence(change.site.at, KIND, reference.text, doubt, details, (made,))
