"""SL107: the function works on a copy of what is the caller's."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.fixes._syntax import augmented, syntax, written
from statelint.source import SourceFile

CODES = ("SL107",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``x -= m`` as ``x = x - m``; before another write ``x = x.copy()``. A caller that counts on the write loses it:
    unsafe. Hint: ``copy`` (by the kind of argument; none where that is open).
    """
    found, copy = syntax(source), draft.hint.get("copy", "")
    statement = found.statement_at(draft.span) if found is not None else None
    function = found.function(statement) if found is not None and statement is not None else None
    if found is None or statement is None or function is None:
        return None
    name = written(statement)
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in ast.walk(function)):
        return None
    edit: Edit | None = None
    if copy or (isinstance(statement, ast.AugAssign) and not isinstance(statement.op, ast.Add)):
        edit = augmented(found, statement)  # of what is unknown, only `+=` means another thing for a list
    if edit is None and copy and name in {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}:
        edit = found.line_before(statement, f"{name} = {name}{copy}")
    return Fix(Applicability.UNSAFE, f"Work on a copy of `{name}`", (edit,)) if edit and name else None
