"""SL302: a copy is handed out."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Fix
from statelint.fixes._syntax import parts, same, syntax
from statelint.source import SourceFile

CODES = ("SL302",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``return self.buffer`` as ``return self.buffer.copy()``. Callers that write through what they get lose that:
    unsafe.

    Hints: ``stored`` (what is handed out), ``copy`` (by the kind of array; none where that is open).
    """
    found = syntax(source)
    stored, copy = draft.hint.get("stored", ""), draft.hint.get("copy", "")
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or not stored or not copy:
        return None
    match statement:
        case ast.Return(value=ast.expr() as value) | ast.Expr(value=ast.Yield(value=ast.expr() as value)):
            places = [part for part in parts(value) if same(part, stored)]
        case _:
            return None
    edits = tuple(edit for place in places for edit in found.call_on(place, copy))
    return Fix(Applicability.UNSAFE, f"Hand out a copy of `{stored}`", edits) if edits else None
