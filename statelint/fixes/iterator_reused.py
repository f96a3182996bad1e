"""SL110: a list is kept in place of the iterator."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import bound, by_confidence, syntax
from statelint.source import SourceFile

CODES = ("SL110",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``pairs = zip(a, b)`` as ``pairs = list(zip(a, b))``; not where ``next()`` is asked of it."""
    found = syntax(source)
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target = ast.unparse(statement.targets[0])
    if bound(found.tree, "list") or any(_advances(node, target) for node in ast.walk(found.tree)):
        return None
    if not isinstance(statement.value, ast.Call | ast.GeneratorExp):
        return None
    return Fix(by_confidence(draft), f"Keep a list in `{target}`", found.wrap(statement.value, "list(", ")"))


def _advances(node: ast.AST, target: str) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="next"), args=[iterator, *_]):
            return ast.unparse(iterator) == target
        case ast.Call(func=ast.Attribute(value=iterator, attr="__next__" | "send" | "close")):
            return ast.unparse(iterator) == target
    return False
