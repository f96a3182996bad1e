"""SL407: a functional layer is told the module's mode."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import by_confidence, syntax
from statelint.source import SourceFile

CODES = ("SL407",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``F.dropout(x, p)`` gets ``training=self.training``; a rate applies where the module trains."""
    found = syntax(source)
    call = found.at(draft.span, ast.Call) if found is not None else None
    function = found.function(call) if found is not None and call is not None else None
    if found is None or call is None or function is None:
        return None
    receiver = function.args.args[0].arg if function.args.args else ""
    if receiver != "self" or not isinstance(found.parents.get(function), ast.ClassDef):
        return None
    for keyword in call.keywords:
        if keyword.arg == "dropout_p" and not isinstance(keyword.value, ast.IfExp | ast.Lambda | ast.NamedExpr):
            edit = found.after(keyword.value, " if self.training else 0.0")
            return Fix(by_confidence(draft), "Drop while training only", (edit,))
        if keyword.arg in (None, "training", "dropout_p"):
            return None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    last: ast.expr | None = call.keywords[-1].value if call.keywords else call.args[-1] if call.args else None
    if not name.endswith(("dropout", "dropout1d", "dropout2d", "dropout3d")) or last is None or len(call.args) > 2:
        return None
    if isinstance(last, ast.GeneratorExp) or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    text = source.text[
        source.lines.offset(last.end_lineno or 1, source.column(last.end_lineno or 1, last.end_col_offset or 0)) :
    ]
    if not text.startswith(")"):
        return None  # a comma, a comment or parentheses follow
    return Fix(by_confidence(draft), "Tell it the module's mode", (found.after(last, ", training=self.training"),))
