"""SL902: what is stored leaves the graph, with the same value."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.source import SourceFile

CODES = ("SL902",)
_PLAIN = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Append ``.detach()`` to the stored expression; in parentheses, if its operators bind less tightly."""
    if "span" not in draft.hint:
        return None
    line, column, end_line, end_column = (int(each) for each in draft.hint["span"].split(","))
    start = (line, source.column(line, column))
    end = (end_line, source.column(end_line, end_column))
    text = source.text[source.lines.offset(*start) : source.lines.offset(*end)]
    try:
        expression = ast.parse(f"(\n{text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if isinstance(expression, _PLAIN):
        edits: tuple[Edit, ...] = (Edit(*end, *end, ".detach()"),)
    elif isinstance(expression, (ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Starred, ast.Yield, ast.NamedExpr)):
        return None
    else:
        edits = (Edit(*start, *start, "("), Edit(*end, *end, ").detach()"))
    return Fix(Applicability.SAFE, "Detach the stored value", edits)
