"""SL209: a custom function writes to a clone of its own."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import by_confidence, syntax, written
from statelint.source import SourceFile

CODES = ("SL209",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``grad = grad.clone()`` on a line before the write through that name; the result is the same."""
    found = syntax(source)
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or statement is None or any(isinstance(n, ast.NamedExpr) for n in ast.walk(statement)):
        return None
    name = written(statement)
    edit = found.line_before(statement, f"{name} = {name}.clone()") if name and found.function(statement) else None
    return Fix(by_confidence(draft), f"Write to a clone of `{name}`", (edit,)) if edit else None
