"""Lowering of expressions that neither branch nor open a scope.

The commonest nodes are typed ``Any``: their fields are read without the assertions that their declared types would ask
for (an end position may be None there, and a child any expression).
"""

from __future__ import annotations

import ast
import sys
from typing import Any, Literal

from statelint.ir.dispatch import EXPRESSIONS, span_of
from statelint.ir.frames import Frame
from statelint.ir.nodes import (
    Await,
    Binary,
    Build,
    BuildDict,
    BuildSlice,
    BuildString,
    Call,
    CallMethod,
    Const,
    GetAttr,
    GetItem,
    Load,
    LoadPath,
    Reg,
    Unary,
    Yield,
)
from statelint.ir.operators import BINARY, UNARY


def lower_name(f: Frame, node: Any) -> Reg:
    """A name's value. (Written out: `Frame.load` is the same.)"""
    dst = f.n
    f.n = dst + 1
    name = node.id
    at = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    entry = f.names.get(name)
    if entry is None:
        f.out.append(Load(at, dst, name, "global"))
    else:
        name, scope = entry
        if scope == "free":
            f.free.add(name)
        f.out.append(Load(at, dst, name, scope))
    return dst


def lower_constant(f: Frame, node: Any) -> Reg:
    """A literal."""
    dst = f.n
    f.n = dst + 1
    at = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    f.out.append(Const(at, dst, node.value))
    return dst


def lower_attribute(f: Frame, node: Any) -> Reg:
    """``a.b.c``: a path from an import or builtin, else one `GetAttr` per step."""
    value: Any = node.value
    kind = value.__class__
    if kind is ast.Name:
        name = value.id
        if name not in f.names and name not in f.unit.assigned:
            dst = f.n
            f.n = dst + 1
            at = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            f.out.append(LoadPath(at, dst, name, (node.attr,)))
            return dst
        obj = lower_name(f, value)
        dst = f.n
        f.n = dst + 1
        at = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        f.out.append(GetAttr(at, dst, obj, node.attr))
        return dst
    spine = [node]
    while kind is ast.Attribute:
        spine.append(value)
        value = value.value
        kind = value.__class__
    if kind is ast.Name and value.id not in f.names and value.id not in f.unit.assigned:
        dst = f.n
        f.n = dst + 1
        f.out.append(LoadPath(span_of(node), dst, value.id, tuple([part.attr for part in reversed(spine)])))
        return dst
    dst = EXPRESSIONS[kind](f, value)
    while spine:
        part = spine.pop()
        obj = dst
        dst = f.n
        f.n = dst + 1
        f.out.append(GetAttr(span_of(part), dst, obj, part.attr))
    return dst


def lower_call(f: Frame, node: Any) -> Reg:
    """A call of a function or method."""
    func: Any = node.func
    table = EXPRESSIONS
    method = ""
    if func.__class__ is ast.Attribute:
        root = func.value
        while root.__class__ is ast.Attribute:
            root = root.value
        if root.__class__ is ast.Name and root.id not in f.names and root.id not in f.unit.assigned:
            callee = lower_attribute(f, func)
        else:
            method = func.attr
            callee = table[func.value.__class__](f, func.value)
    else:
        callee = table[func.__class__](f, func)
    starred = 0
    args: list[Reg] = []
    for argument in node.args:
        kind = argument.__class__
        if kind is ast.Starred:
            starred |= 1 << len(args)
            argument = argument.value
            kind = argument.__class__
        args.append(table[kind](f, argument))
    keywords = lower_keywords(f, node.keywords) if node.keywords else ()
    dst = f.n
    f.n = dst + 1
    at = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    if method:
        f.out.append(CallMethod(at, dst, callee, method, tuple(args), starred, keywords))
    else:
        f.out.append(Call(at, dst, callee, tuple(args), starred, keywords))
    return dst


def lower_keywords(f: Frame, keywords: list[ast.keyword]) -> tuple[tuple[str | None, Reg], ...]:
    """The keyword arguments of a call or class."""
    table = EXPRESSIONS
    return tuple([(keyword.arg, table[keyword.value.__class__](f, keyword.value)) for keyword in keywords])


def lower_items(f: Frame, nodes: list[ast.expr]) -> tuple[tuple[Reg, ...], int]:
    """Values in order, and the mask of the starred ones."""
    starred = 0
    items: list[Reg] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            starred |= 1 << len(items)
            node = node.value
        items.append(EXPRESSIONS[node.__class__](f, node))
    return tuple(items), starred


def lower_binop(f: Frame, node: Any) -> Reg:
    """``a + b``; a chain ``a + b + c`` leans left and may be long, so its spine is no recursion."""
    table = EXPRESSIONS
    left: Any = node.left
    spine: list[Any] = []
    while left.__class__ is ast.BinOp:
        spine.append(node)
        node = left
        left = node.left
    value = table[left.__class__](f, left)
    while True:
        right = table[node.right.__class__](f, node.right)
        dst = f.n
        f.n = dst + 1
        at = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        f.out.append(Binary(at, dst, BINARY[node.op.__class__], value, right))
        if not spine:
            return dst
        value = dst
        node = spine.pop()


def lower_unaryop(f: Frame, node: Any) -> Reg:
    """``-a``; a negative number is a constant."""
    operand = node.operand
    if operand.__class__ is ast.Constant and node.op.__class__ is ast.USub:
        number: Any = operand.value
        if type(number) is int or type(number) is float:
            return f.const(span_of(node), -number)
    value = EXPRESSIONS[operand.__class__](f, operand)
    dst = f.n
    f.n = dst + 1
    f.out.append(Unary(span_of(node), dst, UNARY[node.op.__class__], value))
    return dst


def lower_subscript(f: Frame, node: Any) -> Reg:
    """``a[i]``."""
    obj = EXPRESSIONS[node.value.__class__](f, node.value)
    index = EXPRESSIONS[node.slice.__class__](f, node.slice)
    dst = f.n
    f.n = dst + 1
    at = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    f.out.append(GetItem(at, dst, obj, index))
    return dst


def lower_slice(f: Frame, node: ast.Slice) -> Reg:
    """``a:b:c`` in an index."""
    table = EXPRESSIONS
    parts = [-1 if part is None else table[part.__class__](f, part) for part in (node.lower, node.upper, node.step)]
    dst = f.n
    f.n = dst + 1
    f.out.append(BuildSlice(span_of(node), dst, *parts))
    return dst


def _lower_build(f: Frame, node: ast.Tuple | ast.List | ast.Set) -> Reg:
    items, starred = lower_items(f, node.elts)
    dst = f.n
    f.n = dst + 1
    kind = node.__class__
    word: Literal["tuple", "list", "set"] = "tuple" if kind is ast.Tuple else "list" if kind is ast.List else "set"
    f.out.append(Build(span_of(node), dst, word, items, starred))
    return dst


def lower_dict(f: Frame, node: ast.Dict) -> Reg:
    """``{k: v, **m}``."""
    table = EXPRESSIONS
    keys: list[Reg] = []
    values: list[Reg] = []
    for key, value in zip(node.keys, node.values, strict=True):
        keys.append(-1 if key is None else table[key.__class__](f, key))
        values.append(table[value.__class__](f, value))
    dst = f.n
    f.n = dst + 1
    f.out.append(BuildDict(span_of(node), dst, tuple(keys), tuple(values)))
    return dst


def lower_joined(f: Frame, node: Any) -> Reg:
    """An f-string, or a template string."""
    if sys.version_info < (3, 12):
        _pin(node)
    # Python 3.12 alone puts empty constants between the parts of a format.
    parts = [EXPRESSIONS[part.__class__](f, part) for part in node.values if getattr(part, "value", None) != ""]
    dst = f.n
    f.n = dst + 1
    f.out.append(BuildString(span_of(node), dst, tuple(parts)))
    return dst


def _pin(node: Any) -> None:
    """Before 3.12 the positions inside an f-string were guesses: what is outside of it, or in one of several lines,
    gets the position of the whole."""
    whole = span_of(node)
    several = whole[0] != whole[2]
    for part in ast.walk(node):
        if isinstance(part, ast.expr):
            line, col, end_line, end_col = span_of(part)
            if several or not line == end_line == whole[0] or not whole[1] <= col <= end_col <= whole[3]:
                part.lineno, part.col_offset, part.end_lineno, part.end_col_offset = whole


def lower_formatted(f: Frame, node: Any) -> Reg:
    """``{value!r:spec}`` in an f-string; plain ``{value}`` is the value."""
    value = EXPRESSIONS[node.value.__class__](f, node.value)
    if node.conversion == -1 and node.format_spec is None:
        return value
    what = "format" if node.conversion == -1 else f"format !{chr(node.conversion)}"
    if node.format_spec is None:
        return f.opaque(span_of(node), what, (value,))
    return f.opaque(span_of(node), what, (value, lower_joined(f, node.format_spec)))


def lower_walrus(f: Frame, node: ast.NamedExpr) -> Reg:
    """``(name := value)``."""
    value = EXPRESSIONS[node.value.__class__](f, node.value)
    f.store(span_of(node.target), node.target.id, value)
    return value


def lower_await(f: Frame, node: ast.Await) -> Reg:
    """``await value``."""
    value = EXPRESSIONS[node.value.__class__](f, node.value)
    dst = f.n
    f.n = dst + 1
    f.out.append(Await(span_of(node), dst, value))
    return dst


def lower_yield(f: Frame, node: ast.Yield | ast.YieldFrom) -> Reg:
    """``yield value`` and ``yield from value``."""
    f.is_generator = True
    at = span_of(node)
    value = f.const(at, None) if node.value is None else EXPRESSIONS[node.value.__class__](f, node.value)
    dst = f.n
    f.n = dst + 1
    f.out.append(Yield(at, dst, value, node.__class__ is ast.YieldFrom))
    return dst


def lower_stray_star(f: Frame, node: ast.Starred) -> Reg:
    """A ``*value`` where only the compiler would object."""
    return f.opaque(span_of(node), "starred", (EXPRESSIONS[node.value.__class__](f, node.value),))


EXPRESSIONS.update(
    {
        ast.Name: lower_name,
        ast.Constant: lower_constant,
        ast.Attribute: lower_attribute,
        ast.Call: lower_call,
        ast.BinOp: lower_binop,
        ast.UnaryOp: lower_unaryop,
        ast.Subscript: lower_subscript,
        ast.Slice: lower_slice,
        ast.Tuple: _lower_build,
        ast.List: _lower_build,
        ast.Set: _lower_build,
        ast.Dict: lower_dict,
        ast.JoinedStr: lower_joined,
        ast.FormattedValue: lower_formatted,
        ast.NamedExpr: lower_walrus,
        ast.Await: lower_await,
        ast.Yield: lower_yield,
        ast.YieldFrom: lower_yield,
        ast.Starred: lower_stray_star,
    }
)
if sys.version_info >= (3, 14):
    EXPRESSIONS[ast.TemplateStr] = lower_joined
    EXPRESSIONS[ast.Interpolation] = lower_formatted
