"""SL902: what is stored leaves the graph, with the same value."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Confidence, Draft, Edit, Fix
from statelint.fixes._syntax import Syntax, bindings, syntax
from statelint.source import SourceFile

CODES = ("SL902",)
_PLAIN = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)
_NONE = (ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Starred, ast.Yield, ast.NamedExpr)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Append ``.detach()`` to the stored expression; in parentheses, if its operators bind less tightly.

    Without the hint ``span`` it is what the statement assigns. None where the value may be no tensor: it is an argument
    of the function.
    """
    found = syntax(source)
    if found is None and "span" not in draft.hint:
        return None
    if "span" in draft.hint:
        line, column, end_line, end_column = (int(each) for each in draft.hint["span"].split(","))
        start = (line, source.column(line, column))
        end = (end_line, source.column(end_line, end_column))
    else:
        assert found is not None
        statement = found.statement_at(draft.span)
        if draft.confidence is not Confidence.CERTAIN or not isinstance(statement, ast.Assign):
            return None
        if (statement.lineno, statement.col_offset) != draft.span[:2] or len(statement.targets) != 1:
            return None
        value = statement.value
        start = (value.lineno, source.column(value.lineno, value.col_offset))
        end = (value.end_lineno or 0, source.column(value.end_lineno or 0, value.end_col_offset or 0))
    text = source.text[source.lines.offset(*start) : source.lines.offset(*end)]
    try:
        expression = ast.parse(f"(\n{text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if isinstance(expression, _NONE) or text.endswith((".detach()", ".item()")):
        return None
    if found is not None and isinstance(expression, ast.Name) and _given(found, draft, expression.id):
        return None
    if isinstance(expression, _PLAIN):
        edits: tuple[Edit, ...] = (Edit(*end, *end, ".detach()"),)
    else:
        edits = (Edit(*start, *start, "("), Edit(*end, *end, ").detach()"))
    return Fix(Applicability.SAFE, "Detach the stored value", edits)


def _given(found: Syntax, draft: Draft, name: str) -> bool:
    """Whether a name is an argument of the function around a finding."""
    statement = found.statement_at(draft.span)
    function = found.function(statement) if statement is not None else None
    return function is not None and any(isinstance(n, ast.arg) for n in bindings(found, function, name))
