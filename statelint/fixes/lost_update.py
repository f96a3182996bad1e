"""SL208: the dropped result is assigned to what was to change."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Confidence, Draft, Edit, Fix
from statelint.source import SourceFile

CODES = ("SL208",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Put ``target =`` before the call, if the call is a statement of its own."""
    target = draft.hint.get("assign", "")
    if not target or not all(part.isidentifier() for part in target.split(".")):
        return None
    line, column = draft.span[:2]
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    alone = any(
        isinstance(node, ast.Expr)
        and (node.lineno, node.col_offset) == (line, column)
        and _span(node.value) == draft.span
        for node in ast.walk(tree)
    )
    if not alone:
        return None
    start = (line, source.column(line, column))
    safe = Applicability.SAFE if draft.confidence is Confidence.CERTAIN else Applicability.UNSAFE
    return Fix(safe, f"Assign the result to `{target}`", (Edit(*start, *start, f"{target} = "),))


def _span(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
