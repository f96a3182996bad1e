"""SL206: an expanded view becomes a tensor of its own before it is written."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import by_confidence, origin, syntax, written
from statelint.source import SourceFile

CODES = ("SL206",)
_EXPANDING = ("expand", "expand_as", "broadcast_to")


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``rows = bias.expand(n, m)`` as ``rows = bias.expand(n, m).clone()``."""
    found = syntax(source)
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or statement is None:
        return None
    name = written(statement)
    value = origin(found, statement, name) if name else None
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return None
    if value.func.attr not in _EXPANDING or ast.unparse(value.func.value) in ("np", "numpy"):
        return None
    return Fix(by_confidence(draft), f"Make `{name}` a tensor of its own", found.call_on(value, ".clone()"))
