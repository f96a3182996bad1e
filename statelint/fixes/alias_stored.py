"""SL301: a copy is stored in place of the reference."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Fix
from statelint.fixes._syntax import Syntax, by_confidence, deepcopy, parts, same, syntax
from statelint.source import SourceFile

CODES = ("SL301",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``path.append(x)`` as ``path.append(x.copy())``, ``self.old = x`` as ``self.old = x.clone()``.

    A network or a module's table is copied whole (hint ``deep``), which is unsafe: what it shares is copied as well.
    Hints: ``stored`` (what is stored, as the user writes it), ``copy`` (by the kind of array; none where that is open).
    """
    found = syntax(source)
    stored, copy = draft.hint.get("stored", ""), draft.hint.get("copy", "")
    statement = found.statement_at(draft.span) if found is not None else None
    if found is not None and isinstance(statement, ast.Assign) and "deep" in draft.hint:
        return _second(found, statement)
    if found is None or statement is None or not stored or not copy:
        return None
    match statement:
        case ast.Assign(value=value) | ast.Expr(value=ast.Call(args=[*_, value])):
            places = [part for part in parts(value) if same(part, stored)]
        case _:
            return None
    edits = tuple(edit for place in places for edit in found.call_on(place, copy))
    return Fix(by_confidence(draft), f"Store a copy of `{stored}`", edits) if edits else None


def _second(found: Syntax, statement: ast.Assign) -> Fix | None:
    way = deepcopy(found)
    if way is None:
        return None
    function, imports = way
    edits = found.wrap(statement.value, f"{function}(", ")")
    return Fix(Applicability.UNSAFE, "Make a second one", (*imports, *edits))
