"""SL303: the array is copied before its memory is shared."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import by_confidence, syntax
from statelint.source import SourceFile

CODES = ("SL303",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``from_numpy(a)`` as ``from_numpy(a.copy())``, ``t.numpy()`` as ``t.numpy().copy()``."""
    found = syntax(source)
    call = found.at(draft.span, ast.Call) if found is not None else None
    if found is None or call is None or not isinstance(call.func, ast.Attribute | ast.Name):
        return None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
    if name == "from_numpy" and len(call.args) == 1 and not isinstance(call.args[0], ast.Starred):
        return Fix(by_confidence(draft), "Share the memory of a copy", found.call_on(call.args[0], ".copy()"))
    if name == "numpy" and isinstance(call.func, ast.Attribute) and not call.args:
        return Fix(by_confidence(draft), "Hand out a copy", found.call_on(call, ".copy()"))
    return None
