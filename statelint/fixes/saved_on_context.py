"""SL205: the tensor is saved by ``save_for_backward``."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Edit, Fix
from statelint.fixes._syntax import Function, Syntax, by_confidence, syntax
from statelint.source import SourceFile

CODES = ("SL205",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``ctx.x = x`` as ``ctx.save_for_backward(x)``, and ``ctx.x`` in backward as what ``ctx.saved_tensors`` gives.

    What is saved already stays in its place: the tensor joins it at the end. Only one tensor of a class at a time.
    """
    found = syntax(source)
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target, value = statement.targets[0], statement.value
    forward = found.function(statement)
    owner = found.around(statement, ast.ClassDef)
    if not isinstance(target, ast.Attribute) or not isinstance(value, ast.Name) or forward is None or owner is None:
        return None
    backward = next((n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "backward"), None)
    if backward is None or forward not in owner.body or forward.name != "forward":
        return None
    if found.parents[statement] is not forward:
        return None
    uses = _uses(owner, target.attr)
    name = target.attr
    inner = set(ast.walk(backward))
    if any(use not in inner for use in uses if use is not target) or name in _bound(backward):
        return None
    if any(not isinstance(use.ctx, ast.Load) for use in uses if use is not target):
        return None
    saved = _saved(found, forward, backward, statement, name, value.id)
    if saved is None:
        return None
    context = backward.args.args[0].arg if backward.args.args else ""
    reads = [use for use in uses if use is not target]
    if any(ast.unparse(use.value) != context for use in reads):
        return None
    edits = (*saved, *(found.replace(use, name) for use in reads))
    return Fix(by_confidence(draft), f"Save `{value.id}` for backward", edits)


def _saved(
    found: Syntax, forward: Function, backward: ast.FunctionDef, statement: ast.Assign, name: str, value: str
) -> tuple[Edit, ...] | None:
    """The edits that save the tensor and take it out again."""
    assert isinstance(statement.targets[0], ast.Attribute)
    owner = found.text(statement.targets[0].value)
    saves = [n for n in ast.walk(forward) if isinstance(n, ast.Call) and _is(n.func, "save_for_backward")]
    takes = [n for n in ast.walk(backward) if isinstance(n, ast.Attribute) and n.attr == "saved_tensors"]
    body = backward.body[1:] if ast.get_docstring(backward) is not None else backward.body
    if not saves and not takes and body:
        take = found.line_before(body[0], f"({name},) = {backward.args.args[0].arg}.saved_tensors")
        if take is None or hasattr(body[0], "decorator_list"):
            return None
        return found.replace(statement, f"{owner}.save_for_backward({value})"), take
    if len(saves) != 1 or len(takes) != 1 or not saves[0].args or saves[0].keywords:
        return None
    outer = found.parents.get(takes[0])
    call = found.parents.get(saves[0])
    whole = found.whole_lines(statement)
    if whole is None or not isinstance(call, ast.Expr) or found.parents.get(call) is not forward:
        return None
    if isinstance(outer, ast.Assign) and found.parents.get(outer) is backward and outer in body:
        target = outer.targets[0]
        starred = any(isinstance(n, ast.Starred) for n in (*saves[0].args, *ast.walk(target)))
        if isinstance(target, ast.Tuple) and len(target.elts) == len(saves[0].args) and not starred:
            names = ", ".join(found.text(element) for element in target.elts)
            parens = found.text(target).startswith("(")
            text = f"({names}, {name})" if parens else f"{names}, {name}"
            return found.after(saves[0].args[-1], f", {value}"), found.replace(target, text), whole
    return None


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def _uses(owner: ast.ClassDef, name: str) -> list[ast.Attribute]:
    return [node for node in ast.walk(owner) if isinstance(node, ast.Attribute) and node.attr == name]


def _bound(function: ast.FunctionDef) -> set[str]:
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    return stored | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
