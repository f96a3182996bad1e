"""SL109: the reset gives the attribute what the constructor gives it."""

from __future__ import annotations

import ast
import builtins

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import Function, by_confidence, names, syntax
from statelint.source import SourceFile

CODES = ("SL109",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``self.x = <what __init__ says>`` behind the statement that restores a sibling. Hint: ``attribute``.

    None where the constructor's expression needs its arguments or locals, or there are two of them.
    """
    found, name = syntax(source), draft.hint.get("attribute", "")
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or statement is None or not name:
        return None
    reset, owner = found.function(statement), found.around(statement, ast.ClassDef)
    if reset is None or owner is None or found.parents.get(reset) is not owner or found.parents[statement] is not reset:
        return None
    init = next((n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if init is None or not init.args.args or [a.arg for a in reset.args.args[:1]] != [init.args.args[0].arg]:
        return None
    receiver = init.args.args[0].arg
    values = [
        node.value
        for node in ast.walk(init)
        if isinstance(node, ast.Assign)
        and any(ast.unparse(target) == f"{receiver}.{name}" for target in node.targets)
        and len(node.targets) == 1
    ]
    if len(values) != 1 or not _repeatable(values[0], init, reset, receiver):
        return None
    text = found.text(values[0])
    edit = found.line_after(statement, f"{receiver}.{name} = {text}") if "\n" not in text else None
    return Fix(by_confidence(draft), f"Restore `{receiver}.{name}` as well", (edit,)) if edit else None


def _repeatable(value: ast.expr, init: Function, reset: Function, receiver: str) -> bool:
    """Whether an expression means the same in the reset: it reads the object, modules and builtins only."""
    if any(isinstance(node, ast.Lambda | ast.NamedExpr | ast.Yield | ast.Await) for node in ast.walk(value)):
        return False
    local = {node.arg for function in (init, reset) for node in ast.walk(function) if isinstance(node, ast.arg)}
    local |= {
        node.id
        for function in (init, reset)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    used = names(value) - {receiver}
    return not used & local or used <= set(dir(builtins))
