"""SL108: the gradients are cleared before the backward pass."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Fix
from statelint.fixes._syntax import syntax
from statelint.source import SourceFile

CODES = ("SL108",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``optimizer.zero_grad()`` on the line before, where this function takes that optimizer's step. An accumulation
    that is meant would end: unsafe. Hint: ``optimizer`` (as the user writes it).
    """
    found, optimizer = syntax(source), draft.hint.get("optimizer", "")
    statement = found.statement_at(draft.span) if found is not None else None
    function = found.function(statement) if found is not None and statement is not None else None
    if found is None or statement is None or function is None or not isinstance(statement, ast.Expr):
        return None
    steps = any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == f"{optimizer}.step" for node in ast.walk(function)
    )
    edit = found.line_before(statement, f"{optimizer}.zero_grad()") if optimizer and steps else None
    return Fix(Applicability.UNSAFE, f"Clear the gradients of `{optimizer}`", (edit,)) if edit else None
