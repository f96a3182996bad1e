"""``next(it)`` on an iterator that lives outside of the function: a global, a captured variable, an attribute."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body
from statelint.ir import nodes as ir

KIND = "advanced_iterator"
NAMES = frozenset(("next",))


def observe(body: Body) -> Iterator[Evidence]:
    """Calls of ``next`` on a path whose root is not a local."""
    for call in body.calls:
        if "next" not in call.names and "builtins.next" not in call.names:
            continue
        if not call.args:
            continue
        path = body.path(call.args[0])
        maker = body.producer.get(call.args[0])
        if not path or maker is None:
            continue
        instr = maker.instr
        outside = isinstance(instr, ir.Load) and instr.scope in ("free", "global")
        if outside or isinstance(instr, ir.LoadPath) or path.startswith("self."):
            yield Evidence(call.at, KIND, path)
