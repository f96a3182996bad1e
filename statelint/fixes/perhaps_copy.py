"""SL306: what may be the argument itself is copied where it is made."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import by_confidence, origin, syntax, written
from statelint.source import SourceFile

CODES = ("SL306",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``x = a.to(device)`` as ``x = a.to(device).clone()``; in NumPy ``.copy()``. Hint: ``copy``."""
    found, copy = syntax(source), draft.hint.get("copy", "")
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or statement is None or not copy:
        return None
    name = written(statement)
    value = origin(found, statement, name) if name else None
    if not isinstance(value, ast.Call):
        return None
    return Fix(by_confidence(draft), f"Make `{name}` a copy", found.call_on(value, copy))
