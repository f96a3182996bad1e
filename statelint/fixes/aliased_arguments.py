"""SL304: what is read is copied, where it overlaps what is written."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import by_confidence, syntax
from statelint.source import SourceFile

CODES = ("SL304",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Copy the one argument of ``f(a, out=a)``, or the one operand of ``a[1:] += a[:-1]``, that has the output's name.

    Hint: ``copy`` (``.clone()`` or ``.copy()``, by the kind of array).
    """
    found, copy = syntax(source), draft.hint.get("copy", "")
    if found is None or not copy:
        return None
    call = found.at(draft.span, ast.Call)
    if call is not None:
        outputs = [each.value for each in call.keywords if each.arg == "out"]
        inputs: list[ast.expr] = [*call.args, *(each.value for each in call.keywords if each.arg not in (None, "out"))]
    else:
        statement = found.statement_at(draft.span)
        if not isinstance(statement, ast.AugAssign):
            return None
        outputs, inputs = [statement.target], [statement.value]
    if len(outputs) != 1:
        return None
    base = ast.unparse(_base(outputs[0]))
    shared = [each for each in inputs if isinstance(each, _PLAIN) and ast.unparse(_base(each)) == base]
    if len(shared) != 1:
        return None
    return Fix(by_confidence(draft), "Read from a copy", found.call_on(shared[0], copy))


_PLAIN = (ast.Name, ast.Attribute, ast.Subscript)


def _base(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node
