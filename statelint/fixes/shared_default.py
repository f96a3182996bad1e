"""SL103: a new object for each call or instance."""

from __future__ import annotations

import ast

from statelint.findings import Draft, Fix
from statelint.fixes._syntax import Function, Syntax, by_confidence, span_of, syntax
from statelint.source import SourceFile

CODES = ("SL103",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``def f(x, seen=[])`` as ``seen=None`` and a new list in the body; a class attribute moves into ``__init__``."""
    found = syntax(source)
    if found is None:
        return None
    for node in ast.walk(found.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument, default in _defaults(node):
                if draft.span in (span_of(argument), span_of(default)):
                    return _argument(found, draft, node, argument, default)
        elif isinstance(node, ast.Assign) and (node.lineno, node.col_offset) == draft.span[:2]:
            return _attribute(found, draft, node)
    return None


def _defaults(function: Function) -> list[tuple[ast.arg, ast.expr]]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    return pairs + [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]


def _fresh(node: ast.expr) -> bool:
    """Whether an expression makes a new container wherever it stands."""
    match node:
        case ast.List() | ast.Dict() | ast.Set():
            return all(isinstance(n, ast.Constant | ast.List | ast.Dict | ast.Set | ast.expr_context | ast.Tuple)
                       for n in ast.walk(node))  # fmt: skip
        case ast.Call(func=ast.Name(id="list" | "dict" | "set"), args=[], keywords=[]):
            return True
    return False


def _argument(found: Syntax, draft: Draft, function: Function, argument: ast.arg, default: ast.expr) -> Fix | None:
    if not _fresh(default):
        return None
    body = function.body
    if _docstring(body[0]):
        body = body[1:]
    if not body:
        return None
    indent = found.alone(body[0]) if not hasattr(body[0], "decorator_list") else None
    if indent is None:
        return None
    step = "\t" if indent.endswith("\t") else "    "
    name, text = argument.arg, found.text(default)
    newline = found.newline(body[0])
    lines = f"if {name} is None:{newline}{indent}{step}{name} = {text}{newline}{indent}"
    edits = (found.replace(default, "None"), found.before(body[0], lines))
    return Fix(by_confidence(draft), f"Make a new `{text}` in each call", edits)


def _attribute(found: Syntax, draft: Draft, node: ast.Assign) -> Fix | None:
    owner = found.parents.get(node)
    if not isinstance(owner, ast.ClassDef) or len(node.targets) != 1 or not _fresh(node.value):
        return None
    target = node.targets[0]
    init = next((n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if (
        init is None
        or not init.args.args
        or not isinstance(target, ast.Name)
        or _read_on_class(found, owner, target.id)
    ):
        return None
    body = init.body[1:] if _docstring(init.body[0]) else init.body
    whole = found.whole_lines(node)
    if not body or whole is None:
        return None
    new = found.line_before(body[0], f"{init.args.args[0].arg}.{target.id} = {found.text(node.value)}")
    if new is None:
        return None
    return Fix(by_confidence(draft), f"Make `{target.id}` for each instance", (whole, new))


def _read_on_class(found: Syntax, owner: ast.ClassDef, name: str) -> bool:
    """Whether anything may look for the attribute on the class itself."""
    for node in ast.walk(found.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=holder), attr=attr) if attr == name and holder in (owner.name, "cls"):
                return True
            case ast.Attribute(value=ast.Call(func=ast.Name(id="type")), attr=attr) if attr == name:
                return True
            case ast.Name(id=found_name, ctx=ast.Load()) if found_name == name and found.parents.get(node) is not None:
                if found.around(node, ast.ClassDef) is owner and found.function(node) is None:
                    return True
    return False


def _docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
