"""SL401: a plain tensor attribute becomes a buffer."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.source import SourceFile

CODES = ("SL401",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``self.x = value`` as ``self.register_buffer("x", value)``, after ``super().__init__()``. What no method updates
    is kept out of ``state_dict()``, as it was.
    """
    name = draft.hint.get("buffer", "")
    if not name:
        return None
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        found = next((node for node in ast.walk(function) if _is(node, draft, name)), None)
        if isinstance(found, ast.Assign) and _initialised(function, found.lineno):
            return _registered(source, found, name, bool(draft.hint.get("updated")))
    return None


def _is(node: ast.AST, draft: Draft, name: str) -> bool:
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    target = node.targets[0]
    place = (target.lineno, target.col_offset) == draft.span[:2]
    return place and isinstance(target, ast.Attribute) and target.attr == name and isinstance(target.value, ast.Name)


def _initialised(function: ast.FunctionDef, line: int) -> bool:
    """Whether the base class's constructor runs before a line."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "__init__"
        and node.lineno < line
        for node in ast.walk(function)
    )


def _registered(source: SourceFile, node: ast.Assign, name: str, updated: bool) -> Fix | None:
    target, value = node.targets[0], node.value
    if value.end_lineno is None or value.end_col_offset is None or isinstance(value, (ast.Tuple, ast.Yield)):
        return None
    if (node.end_lineno, node.end_col_offset) != (value.end_lineno, value.end_col_offset):
        return None  # in parentheses
    assert isinstance(target, ast.Attribute)
    assert isinstance(target.value, ast.Name)
    start = (target.lineno, source.column(target.lineno, target.col_offset))
    middle = (value.lineno, source.column(value.lineno, value.col_offset))
    end = (value.end_lineno, source.column(value.end_lineno, value.end_col_offset))
    edits = (
        Edit(*start, *middle, f'{target.value.id}.register_buffer("{name}", '),
        Edit(*end, *end, ")" if updated else ", persistent=False)"),
    )
    return Fix(Applicability.UNSAFE if updated else Applicability.SAFE, f"Register `{name}` as a buffer", edits)
