"""SL307: the copy goes as deep as what is changed."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.fixes._syntax import Syntax, deepcopy, origin, syntax
from statelint.source import SourceFile

CODES = ("SL307",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``copy.deepcopy`` around a state dictionary or in place of ``dict(d)`` and ``d.copy()``; ``clone()`` of a tensor;
    ``dict(vars(obj))``. A deep copy of a container copies what was shared on purpose as well: unsafe. Hint: ``form``.
    """
    found, form = syntax(source), draft.hint.get("form", "")
    if found is None or not form:
        return None
    if form == "vars":
        return _own(found, draft)
    call = found.at(draft.span, ast.Call)
    if call is None:
        return None
    if form == "tensor":
        if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], ast.Name | ast.Attribute):
            return None
        edit = found.replace(call, f"{found.text(call.args[0])}.clone()")
        return Fix(Applicability.SAFE, "Clone the tensor", (edit,))
    way = deepcopy(found)
    if way is None:
        return None
    function, imports = way
    if form in ("state_dict", "kept"):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "state_dict":
            return None
        edits: tuple[Edit, ...] = found.wrap(call, f"{function}(", ")")
        return Fix(Applicability.SAFE, "Copy the tensors as well", (*imports, *edits))
    copied = _copied(call) if form == "container" else None
    if copied is None:
        return None
    edit = found.replace(call, f"{function}({found.text(copied)})")
    return Fix(Applicability.UNSAFE, "Copy the elements as well", (*imports, edit))


def _copied(call: ast.Call) -> ast.expr | None:
    match call:
        case ast.Call(func=ast.Name(id="dict" | "list"), args=[argument], keywords=[]):
            return argument
        case ast.Call(func=ast.Attribute(value=owner, attr="copy"), args=[], keywords=[]):
            return owner
        case ast.Call(func=ast.Attribute(value=ast.Name(id="copy"), attr="copy"), args=[argument], keywords=[]):
            return argument
    return None


def _own(found: Syntax, draft: Draft) -> Fix | None:
    """A dictionary of its own where the name is bound to ``vars(obj)``."""
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Delete) and len(node.targets) == 1:
            target = node.targets[0]
            if (target.lineno, target.col_offset) != draft.span[:2]:
                continue
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                value = origin(found, node, target.value.id)
                if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "vars":
                    edits = found.wrap(value, "dict(", ")")
                    return Fix(Applicability.SAFE, "Work on a dictionary of its own", edits)
    return None
