"""What a project's function returned is changed in place by its caller.

``subject`` is the name that the result has. Detail ``function`` is ``module:qualname`` of the function (``method`` its
name, where the object is unknown); ``change`` what changes the result. The step is the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import ARRAY, NUMBER, TEXT, TUPLE
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body
from statelint.evidence.changes import Change, apart, changes, name_of, perhaps_copied, surely, through
from statelint.ir import nodes as ir

KIND = "changed_result"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """Calls whose result has a name, and changes through that name (or of an element)."""
    found: list[Change] | None = None
    for call in body.calls:
        unknown = call.receiver >= 0 and not call.functions and all(n.startswith("?.") for n in call.names)
        if not (call.functions or unknown) or not call.used:
            continue
        names = {path for path, _ in body.stored_as(call.dst) if "." not in path}
        if not names:
            continue
        found = changes(body) if found is None else found
        for change in found:
            chain = (change.reg, *through(body, change.reg))
            name = name_of(body, chain[-1])
            if name not in names or change.site.order < call.site.order or apart(change.site, call.site):
                continue
            if (change.how == "call" and perhaps_copied(body, change.reg)) or _rebound(body, name):
                continue
            if change.how == "augmented" and name_of(body, change.reg) and not _arrays(body, change):
                continue
            step = Link(body.module, call.at, f"`{body.text(call.dst)}` gives it")
            if unknown:
                yield Evidence(change.site.at, KIND, name, 1, (("method", call.method), ("change", change.op)), (step,))
            for module, qualname in call.functions:
                details = (("function", f"{module}:{qualname}"), ("change", change.op))
                yield Evidence(change.site.at, KIND, name, 0, details, (step,))
            break


def _arrays(body: Body, change: Change) -> bool:
    """``name += v`` writes in place if the name holds an array or a list; of a tuple or number it binds anew."""
    instr = change.site.instr
    if surely(body, change.reg):
        return bool(kind_of(body.frame, body.value(change.reg)) & ARRAY)
    right = kind_of(body.frame, body.value(instr.right)) if isinstance(instr, ir.InPlace) else 0
    return bool(right & ~(NUMBER | TUPLE | TEXT)) and isinstance(instr, ir.InPlace) and instr.op != "+"


def _rebound(body: Body, name: str) -> bool:
    """Whether a name is bound to more than one thing."""
    others = 0
    for site in body.of(ir.Store):
        assert isinstance(site.instr, ir.Store)
        if site.instr.name == name:
            made = body.producer.get(site.instr.src)
            others += made is None or not isinstance(made.instr, ir.InPlace)
    return others > 1
