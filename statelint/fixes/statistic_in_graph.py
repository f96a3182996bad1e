"""SL402: the statistic takes the same value without its graph."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.fixes._syntax import module_name, syntax
from statelint.source import SourceFile

CODES = ("SL402",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``.detach()`` of what is assigned or added; an in-place method call goes under ``torch.no_grad()``."""
    found = syntax(source)
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or statement is None:
        return None
    torch = module_name(found.tree, "torch")
    if not torch or module_name(found.tree, "tensorflow"):
        return None
    edits: tuple[Edit, ...] | None = None
    if isinstance(statement, ast.Assign | ast.AugAssign) and not isinstance(statement.value, ast.Tuple | ast.List):
        edits = found.call_on(statement.value, ".detach()")
    elif isinstance(statement, ast.Expr):
        edits = found.indented(statement, f"with {torch}.no_grad():")
    return Fix(Applicability.SAFE, "Update the statistic outside of the graph", edits) if edits else None
