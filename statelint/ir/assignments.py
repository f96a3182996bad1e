"""Lowering of assignment in all its forms, and of ``del``."""

from __future__ import annotations

import ast
from typing import Any

from statelint.ir.dispatch import EXPRESSIONS, STATEMENTS, span_of
from statelint.ir.frames import Frame
from statelint.ir.nodes import (
    DelAttr,
    DelItem,
    GetAttr,
    GetItem,
    InPlace,
    Reg,
    SetAttr,
    SetItem,
    Store,
    Unpack,
)
from statelint.ir.operators import BINARY
from statelint.ir.source_text import annotation_text, target_text


def assign(f: Frame, target: Any, src: Reg) -> None:
    """Store a register into a target: a name, attribute, item, or a pattern of these."""
    kind = target.__class__
    at = (target.lineno, target.col_offset, target.end_lineno, target.end_col_offset)
    if kind is ast.Name:
        name = target.id
        entry = f.names.get(name)
        if entry is None:
            f.out.append(Store(at, name, "global", src))
        else:
            name, scope = entry
            if scope == "free":
                f.free.add(name)
            f.out.append(Store(at, name, scope, src))
    elif kind is ast.Attribute:
        obj = EXPRESSIONS[target.value.__class__](f, target.value)
        f.out.append(SetAttr(at, obj, target.attr, src))
    elif kind is ast.Subscript:
        obj = EXPRESSIONS[target.value.__class__](f, target.value)
        index = EXPRESSIONS[target.slice.__class__](f, target.slice)
        f.out.append(SetItem(at, obj, index, src))
    elif kind is ast.Starred:
        assign(f, target.value, src)
    else:
        _unpack(f, target, src)


def _unpack(f: Frame, target: ast.Tuple | ast.List, src: Reg) -> None:
    star = -1
    first = f.n
    for index, element in enumerate(target.elts):
        if isinstance(element, ast.Starred) and star < 0:
            star = index
    f.n = first + len(target.elts)
    f.out.append(Unpack(span_of(target), tuple(range(first, f.n)), src, star))
    for index, element in enumerate(target.elts):
        assign(f, element, first + index)


def execute_assign(f: Frame, node: ast.Assign) -> None:
    """``a = b = value``."""
    value: Any = node.value
    targets = node.targets
    if len(targets) == 1:
        target: Any = targets[0]
        if (
            target.__class__ is ast.Tuple
            and value.__class__ is ast.Tuple
            and len(target.elts) == len(value.elts)
            and _plain(target.elts)
            and _plain(value.elts)
        ):
            # ``a, b = c, d`` makes no tuple that anyone can see.
            sources = [EXPRESSIONS[element.__class__](f, element) for element in value.elts]
            for element, source in zip(target.elts, sources, strict=True):
                assign(f, element, source)
            return
        assign(f, target, EXPRESSIONS[value.__class__](f, value))
        return
    src = EXPRESSIONS[value.__class__](f, value)
    for target in targets:
        assign(f, target, src)


def _plain(nodes: list[ast.expr]) -> bool:
    return ast.Starred not in [node.__class__ for node in nodes]


def execute_augmented(f: Frame, node: ast.AugAssign) -> None:
    """``target op= value``: the target's parts are evaluated once."""
    table = EXPRESSIONS
    target: Any = node.target
    at = span_of(node)
    place = span_of(target)
    obj = index = -1
    if isinstance(target, ast.Name):
        old = f.load(place, target.id)
    else:
        obj = table[target.value.__class__](f, target.value)
        if isinstance(target, ast.Subscript):
            index = table[target.slice.__class__](f, target.slice)
        old = f.n
        f.n = old + 1
        f.out.append(GetItem(place, old, obj, index) if index >= 0 else GetAttr(place, old, obj, target.attr))
    right = table[node.value.__class__](f, node.value)
    dst = f.n
    f.n = dst + 1
    f.out.append(InPlace(at, dst, BINARY[node.op.__class__], old, right, target_text(target)))
    if obj < 0:
        f.store(place, target.id, dst)
    elif index >= 0:
        f.out.append(SetItem(place, obj, index, dst))
    else:
        f.out.append(SetAttr(place, obj, target.attr, dst))


def execute_annotated(f: Frame, node: ast.AnnAssign) -> None:
    """``target: annotation = value``; the annotation is text."""
    target: Any = node.target
    if isinstance(target, ast.Name):
        f.annotations[target.id] = annotation_text(node.annotation)
    if node.value is not None:
        assign(f, target, EXPRESSIONS[node.value.__class__](f, node.value))
    elif not isinstance(target, ast.Name):
        EXPRESSIONS[target.value.__class__](f, target.value)
        if isinstance(target, ast.Subscript):
            EXPRESSIONS[target.slice.__class__](f, target.slice)


def execute_delete(f: Frame, node: ast.Delete) -> None:
    """``del a, b.c, d[e]``."""
    for target in node.targets:
        _delete(f, target)


def _delete(f: Frame, target: Any) -> None:
    at = span_of(target)
    if isinstance(target, ast.Name):
        f.delete(at, target.id)
    elif isinstance(target, ast.Attribute):
        obj = EXPRESSIONS[target.value.__class__](f, target.value)
        f.out.append(DelAttr(at, obj, target.attr))
    elif isinstance(target, ast.Subscript):
        obj = EXPRESSIONS[target.value.__class__](f, target.value)
        index = EXPRESSIONS[target.slice.__class__](f, target.slice)
        f.out.append(DelItem(at, obj, index))
    else:
        for element in target.elts:
            _delete(f, element)


STATEMENTS.update(
    {
        ast.Assign: execute_assign,
        ast.AugAssign: execute_augmented,
        ast.AnnAssign: execute_annotated,
        ast.Delete: execute_delete,
    }
)
