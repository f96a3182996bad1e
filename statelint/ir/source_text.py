"""Short, normalised source texts of expressions: branch keys, annotations, decorators, targets.

Only the forms that are worth comparing have a text; for all others it is empty.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from statelint.ir.operators import BINARY, COMPARE, UNARY

KEY_LIMIT = 80
_DEPTH = 12


def key_text(node: Any) -> str:
    """The text of a test, or empty if it has none or is too long."""
    kind = node.__class__
    if kind is ast.Name:
        return str(node.id)
    text = _text(node, 0)
    return text if len(text) <= KEY_LIMIT else ""


def annotation_text(node: Any) -> str:
    """The text of an annotation; a string annotation is its content."""
    if node is None:
        return ""
    if node.__class__ is ast.Name:
        return str(node.id)
    return _annotation(node, 0)


def dotted_text(node: ast.expr) -> str:
    """``a.b.c`` with calls and subscripts dropped, or empty if the expression is no dotted name."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def target_text(node: ast.expr) -> str:
    """The text of an augmented assignment's target."""
    return _text(node, 0) or ast.unparse(node).replace("\n", " ")


def _text(node: ast.AST, depth: int) -> str:
    write = _WRITE.get(node.__class__)
    return write(node, depth + 1) if write is not None and depth < _DEPTH else ""


def _operand(node: ast.AST, depth: int) -> str:
    text = _text(node, depth)
    return f"({text})" if text and node.__class__ in _COMPOUND else text


def _join(parts: list[str], separator: str) -> str:
    return separator.join(parts) if all(parts) else ""


def _write_name(node: ast.Name, depth: int) -> str:
    return node.id


def _write_attribute(node: ast.Attribute, depth: int) -> str:
    base = _operand(node.value, depth)
    return f"{base}.{node.attr}" if base else ""


def _write_constant(node: ast.Constant, depth: int) -> str:
    return "..." if node.value is ... else repr(node.value)


def _write_compare(node: ast.Compare, depth: int) -> str:
    parts = [_operand(node.left, depth)]
    for op, right in zip(node.ops, node.comparators, strict=True):
        parts.append(COMPARE[op.__class__])
        parts.append(_operand(right, depth))
    return _join(parts, " ")


def _write_call(node: ast.Call, depth: int) -> str:
    func = _operand(node.func, depth)
    parts = [_text(argument, depth) for argument in node.args]
    for keyword in node.keywords:
        value = _text(keyword.value, depth)
        parts.append(value and (f"{keyword.arg}={value}" if keyword.arg is not None else f"**{value}"))
    return f"{func}({', '.join(parts)})" if func and all(parts) else ""


def _write_starred(node: ast.Starred, depth: int) -> str:
    value = _operand(node.value, depth)
    return value and f"*{value}"


def _write_subscript(node: ast.Subscript, depth: int) -> str:
    base = _operand(node.value, depth)
    index = _elements(node.slice, depth) if isinstance(node.slice, ast.Tuple) else _text(node.slice, depth)
    return f"{base}[{index}]" if base and index else ""


def _write_slice(node: ast.Slice, depth: int) -> str:
    parts: list[str] = []
    for part in (node.lower, node.upper) if node.step is None else (node.lower, node.upper, node.step):
        text = "" if part is None else _operand(part, depth)
        if part is not None and not text:
            return ""
        parts.append(text)
    return ":".join(parts)


def _elements(node: ast.Tuple, depth: int) -> str:
    parts = [_text(element, depth) for element in node.elts]
    if len(parts) == 1:
        return parts[0] and parts[0] + ","
    return _join(parts, ", ") if parts else "()"


def _write_tuple(node: ast.Tuple, depth: int) -> str:
    text = _elements(node, depth)
    return f"({text})" if text and node.elts else text


def _write_boolop(node: ast.BoolOp, depth: int) -> str:
    word = " and " if node.op.__class__ is ast.And else " or "
    return _join([_operand(value, depth) for value in node.values], word)


def _write_binop(node: ast.BinOp, depth: int) -> str:
    return _join([_operand(node.left, depth), BINARY[node.op.__class__], _operand(node.right, depth)], " ")


def _write_unaryop(node: ast.UnaryOp, depth: int) -> str:
    operand = _operand(node.operand, depth)
    op = UNARY[node.op.__class__]
    return operand and (f"not {operand}" if op == "not" else op + operand)


_COMPOUND = frozenset((ast.BoolOp, ast.BinOp, ast.Compare, ast.UnaryOp))
_WRITE: dict[type[ast.AST], Callable[[Any, int], str]] = {
    ast.Name: _write_name,
    ast.Attribute: _write_attribute,
    ast.Constant: _write_constant,
    ast.Compare: _write_compare,
    ast.Call: _write_call,
    ast.Starred: _write_starred,
    ast.Subscript: _write_subscript,
    ast.Slice: _write_slice,
    ast.Tuple: _write_tuple,
    ast.BoolOp: _write_boolop,
    ast.BinOp: _write_binop,
    ast.UnaryOp: _write_unaryop,
}


def _annotation(node: ast.AST, depth: int) -> str:
    """Annotations allow fewer forms than keys do, and lists (``Callable[[int], str]``)."""
    if depth > _DEPTH:
        return ""
    depth += 1
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            # A shape such as ``Float[Array, ""]`` is empty and still means something.
            return " ".join(node.value.split()) or ("''" if depth > 1 else "")
        return _write_constant(node, depth)
    if isinstance(node, ast.Attribute):
        base = _annotation(node.value, depth)
        return base and f"{base}.{node.attr}"
    if isinstance(node, ast.Subscript):
        base = _annotation(node.value, depth)
        if isinstance(node.slice, ast.Tuple):
            index = _join([_annotation(element, depth) for element in node.slice.elts], ", ") if node.slice.elts else ""
        else:
            index = _annotation(node.slice, depth)
        return f"{base}[{index}]" if base and index else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _join([_annotation(node.left, depth), _annotation(node.right, depth)], " | ")
    if isinstance(node, ast.UnaryOp):
        return _write_unaryop(node, depth)
    if isinstance(node, ast.Tuple | ast.List):
        inner = [_annotation(element, depth) for element in node.elts]
        if not all(inner):
            return ""
        return f"[{', '.join(inner)}]" if isinstance(node, ast.List) else f"({', '.join(inner)})"
    return ""
