"""An argument is handed to a function, and the caller changes it afterwards.

If the function keeps its argument (the check knows), what it kept changes too. ``subject`` is the name in the caller.
Details: ``function`` (``module:qualname``, empty where the method's object is unknown), ``method``, ``position`` and
``keyword`` of the argument, ``change`` (text), ``by`` and ``place`` (function and position, where another call makes
the change), ``array``, ``loop``.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import JAX, NUMBER, OBJECT
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.changes import Change, apart, changes, name_of, storages, surely, through
from statelint.ir import nodes as ir

KIND = "given_away"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Calls of methods and constructors, with later changes of what they were given."""
    givers = [c for c in body.calls if (c.receiver >= 0 or c.classes) and (c.args or c.keywords) and not _library(c)]
    if not givers:
        return
    found = changes(body)
    passing = [c for c in body.calls if c.functions and c.args]
    for call in givers:
        for position, keyword, reg in _arguments(call):
            kind = kind_of(body.frame, body.value(reg))
            held = storages(body, reg)
            if not held or kind & (NUMBER | OBJECT | JAX) or not name_of(body, reg):
                continue
            yield from _changed(body, call, position, keyword, reg, held, found)
            yield from _passed(body, call, position, keyword, reg, held, passing)


def _library(call: CallSite) -> bool:
    return not call.functions and not call.classes and not all(n.startswith("?.") for n in call.names)


def _arguments(call: CallSite) -> Iterator[tuple[int, str, int]]:
    if call.starred:
        return
    for position, reg in enumerate(call.args):
        yield position, "", reg
    for name, reg in call.keywords:
        if name:
            yield -1, name, reg


def _details(call: CallSite, position: int, keyword: str) -> tuple[tuple[str, str], ...]:
    keys = call.functions or tuple((m, f"{q}.__init__") for m, q in call.classes)
    function = f"{keys[0][0]}:{keys[0][1]}" if len(keys) == 1 else ""
    return (("function", function), ("method", call.method), ("position", str(position)), ("keyword", keyword))


def _changed(
    body: Body, call: CallSite, position: int, keyword: str, reg: int, held: frozenset[int], found: list[Change]
) -> Iterator[Evidence]:
    for change in found:
        reached = storages(body, change.reg)
        inside = name_of(body, (change.reg, *through(body, change.reg))[-1]) == name_of(body, reg)
        if not (inside or any(_within(body, sid, held) for sid in reached)) or not _follows(
            body, call, change.site, reg
        ):
            continue
        if name_of(body, change.reg) and _fresh(body, name_of(body, change.reg), call.site, change.site):
            continue
        step = Link(body.module, change.site.at, f"`{change.op}` changes it afterwards")
        given = Link(body.module, call.at, f"`{body.text(reg)}` is handed over here")
        details = (
            *_details(call, position, keyword), ("change", change.op), ("array", "yes" if surely(body,
            change.reg) else ""),
            ("loop", "yes" if change.site.order < call.site.order or _shared(call.site, change.site) else ""),
        )  # fmt: skip
        yield Evidence(call.at, KIND, body.text(reg), 0, details, (given, step))
        return


def _passed(
    body: Body, call: CallSite, position: int, keyword: str, reg: int, held: frozenset[int], passing: list[CallSite]
) -> Iterator[Evidence]:
    for other in passing:
        if other is call or not _follows(body, call, other.site, reg):
            continue
        for place, argument in enumerate(other.args):
            if any(_within(body, sid, storages(body, argument)) for sid in held) and name_of(body, argument):
                module, qualname = other.functions[0]
                given = Link(body.module, call.at, f"`{body.text(reg)}` is handed over here")
                step = Link(
                    body.module, other.at, f"`{body.text(argument)}` is passed to `{qualname}`, which changes it"
                )
                details = (
                    *_details(call, position, keyword), ("change", f"{body.text(other.dst)}"), ("array", ""),
                    ("by", f"{module}:{qualname}"), ("place", str(place + (other.receiver >= 0))),
                )  # fmt: skip
                yield Evidence(call.at, KIND, body.text(reg), 0, details, (given, step))


def _within(body: Body, sid: int, owners: frozenset[int]) -> bool:
    """Whether a storage is one of ``owners`` or lives in one."""
    for _ in range(4):
        if sid in owners:
            return True
        record = body.frame.storages[sid]
        if record.kind != "field":
            return False
        sid = record.base
    return False


def _shared(a: Site, b: Site) -> bool:
    return bool(a.loops) and any(loop in b.loops for loop in a.loops)


def _follows(body: Body, call: CallSite, change: Site, reg: int) -> bool:
    """Whether a change comes after a call: below it, or in the next turn of a loop that does not bind the name anew."""
    if apart(call.site, change):
        return False
    name = name_of(body, reg)
    if change.order > call.site.order:
        return not _fresh(body, name, call.site, change)
    loop = next((loop for loop in call.site.loops if loop in change.loops), None)
    if loop is None:
        return False
    bound = [
        s for s in body.of(ir.Store)
        if isinstance(s.instr, ir.Store) and s.instr.name == name and loop in s.loops
        and not isinstance(getattr(body.producer.get(s.instr.src), "instr", None), ir.InPlace)
    ]  # fmt: skip
    return not bound


def _fresh(body: Body, name: str, a: Site, b: Site) -> bool:
    """Whether a name is bound anew between two places."""
    return any(
        isinstance(s.instr, ir.Store) and s.instr.name == name and a.order < s.order < b.order
        and not isinstance(getattr(body.producer.get(s.instr.src), "instr", None), ir.InPlace)
        for s in body.of(ir.Store)
    )  # fmt: skip
