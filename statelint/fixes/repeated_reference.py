"""SL305: a new object for each place, by a comprehension."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.fixes._syntax import Syntax, by_confidence, names, syntax
from statelint.source import SourceFile

CODES = ("SL305",)
_MAKES = (ast.Call, ast.List, ast.Dict, ast.Set)
_FORBIDDEN = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``[make()] * n`` as ``[make() for _ in range(n)]``, ``dict.fromkeys(keys, [])`` as ``{key: [] for key in keys}``.

    With layers the right program has other parameters, so weights that were saved before no longer load: unsafe.
    """
    found = syntax(source)
    if found is None:
        return None
    node = next((n for n in _inside(found, draft) if isinstance(n, ast.BinOp | ast.Call)), None)
    if node is None or isinstance(found.around(node, ast.stmt), ast.ClassDef) or _in_class_body(found, node):
        return None
    layers = bool(draft.hint.get("layer"))
    applicability = Applicability.UNSAFE if layers else by_confidence(draft)
    edits = _repeated(found, node) if isinstance(node, ast.BinOp) else _keyed(found, node)
    return Fix(applicability, "Make a new object for each place", edits) if edits else None


def _inside(found: Syntax, draft: Draft) -> list[ast.AST]:
    """The repetition at a finding: it, or the one argument of the call there."""
    call = found.at(draft.span, ast.Call)
    if call is not None and len(call.args) == 1 and isinstance(call.args[0], ast.BinOp):
        return [call.args[0]]
    whole = found.at(draft.span, ast.BinOp)
    return [each for each in (whole, call) if each is not None]


def _in_class_body(found: Syntax, node: ast.AST) -> bool:
    """A comprehension in a class body does not see the class's names."""
    above = found.parents.get(node)
    while above is not None and not isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        if isinstance(above, ast.ClassDef):
            return True
        above = found.parents.get(above)
    return False


def _repeated(found: Syntax, node: ast.BinOp) -> tuple[Edit, ...]:
    shown, count = (node.left, node.right) if isinstance(node.left, ast.List) else (node.right, node.left)
    if not isinstance(node.op, ast.Mult) or not isinstance(shown, ast.List) or len(shown.elts) != 1:
        return ()
    element = shown.elts[0]
    if not _makes(element) or "_" in names(element) or isinstance(count, ast.List):
        return ()
    return (found.replace(node, f"[{found.text(element)} for _ in range({found.text(count)})]"),)


def _keyed(found: Syntax, node: ast.Call) -> tuple[Edit, ...]:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="dict"), attr="fromkeys"), args=[keys, element], keywords=[]
        ):
            if _makes(element) and "key" not in names(element) and not isinstance(keys, ast.Starred):
                return (found.replace(node, f"{{key: {found.text(element)} for key in {_operand(found, keys)}}}"),)
    return ()


def _operand(found: Syntax, keys: ast.expr) -> str:
    text = found.text(keys)
    return f"({text})" if isinstance(keys, ast.IfExp | ast.Lambda) else text


def _makes(element: ast.expr) -> bool:
    return isinstance(element, _MAKES) and not any(isinstance(each, _FORBIDDEN) for each in ast.walk(element))
