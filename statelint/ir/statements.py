"""Lowering of control flow and of the simple statements that remain."""

from __future__ import annotations

import ast
import sys
from typing import Any

from statelint.ir.assignments import assign
from statelint.ir.conditions import Test, emit_branch, lower_guarded, lower_test
from statelint.ir.dispatch import EXPRESSIONS, STATEMENTS, span_of
from statelint.ir.frames import Frame
from statelint.ir.nodes import (
    Block,
    Break,
    Call,
    Continue,
    Delete,
    For,
    Handler,
    Instr,
    Raise,
    Return,
    Span,
    Try,
    Unary,
    While,
    With,
)


def execute_expression(f: Frame, node: ast.Expr) -> None:
    """An expression for its effect; a lone literal has none."""
    kind = node.value.__class__
    if kind is not ast.Constant:
        EXPRESSIONS[kind](f, node.value)


def execute_return(f: Frame, node: ast.Return) -> None:
    """``return value``."""
    at = span_of(node)
    value = f.const(at, None) if node.value is None else EXPRESSIONS[node.value.__class__](f, node.value)
    if f.kind == "function":
        f.out.append(Return(at, value))
    else:
        f.opaque(at, "return outside function", (value,))


def execute_raise(f: Frame, node: ast.Raise) -> None:
    """``raise exc from cause``."""
    exc = -1 if node.exc is None else EXPRESSIONS[node.exc.__class__](f, node.exc)
    cause = -1 if node.cause is None else EXPRESSIONS[node.cause.__class__](f, node.cause)
    f.out.append(Raise(span_of(node), exc, cause))


def execute_jump(f: Frame, node: ast.Break | ast.Continue) -> None:
    """``break`` and ``continue``."""
    at = span_of(node)
    if not f.loops:
        f.opaque(at, "jump outside loop")
    else:
        f.out.append(Break(at) if node.__class__ is ast.Break else Continue(at))


def execute_nothing(f: Frame, node: ast.stmt) -> None:
    """``pass``, ``global``, ``nonlocal``."""


def execute_assert(f: Frame, node: ast.Assert) -> None:
    """``assert test, message`` raises where the test fails."""
    at = span_of(node)
    test = lower_test(f, node.test)
    outer = f.out
    f.out = []
    exc = f.load(at, "AssertionError")
    if node.msg is not None:
        message = EXPRESSIONS[node.msg.__class__](f, node.msg)
        dst = f.n
        f.n = dst + 1
        f.out.append(Call(at, dst, exc, (message,), 0, ()))
        exc = dst
    f.out.append(Raise(at, exc, -1))
    block = tuple(f.out)
    f.out = outer
    emit_branch(f, at, test, (), block)


def execute_if(f: Frame, node: ast.If) -> None:
    """``if``; a conjunction without ``else`` becomes nested branches, and an ``elif`` chain is no recursion."""
    if not node.orelse:
        test: Any = node.test
        if test.__class__ is ast.BoolOp and test.op.__class__ is ast.And:
            lower_guarded(f, span_of(node), [test], lambda: f.run(node.body))
        else:
            lowered = lower_test(f, test)
            emit_branch(f, span_of(node), lowered, f.block(node.body), ())
        return
    opened: list[tuple[list[Instr], Span, Test, Block]] = []
    while True:
        lowered = lower_test(f, node.test)
        opened.append((f.out, span_of(node), lowered, f.block(node.body)))
        orelse = node.orelse
        f.out = []
        if len(orelse) == 1 and isinstance(orelse[0], ast.If) and orelse[0].orelse:
            node = orelse[0]
            continue
        f.run(orelse)
        break
    for outer, at, lowered, then in reversed(opened):
        block = tuple(f.out)
        f.out = outer
        emit_branch(f, at, lowered, then, block)


def execute_for(f: Frame, node: ast.For | ast.AsyncFor) -> None:
    """``for target in iterable``."""
    iterable = EXPRESSIONS[node.iter.__class__](f, node.iter)
    item = f.n
    f.n = item + 1
    outer = f.out
    f.out = []
    assign(f, node.target, item)
    f.loops += 1
    f.run(node.body)
    f.loops -= 1
    body = tuple(f.out)
    f.out = outer
    orelse = f.block(node.orelse) if node.orelse else ()
    f.out.append(For(span_of(node), iterable, item, body, orelse, node.__class__ is ast.AsyncFor))


def execute_while(f: Frame, node: ast.While) -> None:
    """``while test``: the test is evaluated by the head of each turn."""
    outer = f.out
    f.out = []
    test, _, swap = lower_test(f, node.test)
    if swap:
        negated = f.n
        f.n = negated + 1
        f.out.append(Unary(span_of(node.test), negated, "not", test))
        test = negated
    head = tuple(f.out)
    f.out = outer
    f.loops += 1
    body = f.block(node.body)
    f.loops -= 1
    orelse = f.block(node.orelse) if node.orelse else ()
    f.out.append(While(span_of(node), head, test, body, orelse))


def execute_with(f: Frame, node: ast.With | ast.AsyncWith) -> None:
    """``with a as b, c as d``: one nested in the other."""
    at = span_of(node)
    is_async = node.__class__ is ast.AsyncWith
    opened: list[tuple[list[Instr], int, int]] = []
    for item in node.items:
        context = EXPRESSIONS[item.context_expr.__class__](f, item.context_expr)
        entered = f.n
        f.n = entered + 1
        opened.append((f.out, context, entered))
        f.out = []
        if item.optional_vars is not None:
            assign(f, item.optional_vars, entered)
    f.run(node.body)
    for outer, context, entered in reversed(opened):
        body = tuple(f.out)
        f.out = outer
        f.out.append(With(at, context, entered, body, is_async))


def execute_try(f: Frame, node: ast.Try) -> None:
    """``try``; a handler's name is deleted where the handler ends."""
    body = f.block(node.body)
    handlers = tuple([_lower_handler(f, handler) for handler in node.handlers])
    orelse = f.block(node.orelse) if node.orelse else ()
    final = f.block(node.finalbody) if node.finalbody else ()
    f.out.append(Try(span_of(node), body, handlers, orelse, final))


def _lower_handler(f: Frame, node: ast.ExceptHandler) -> Handler:
    at = span_of(node)
    outer = f.out
    f.out = []
    kind = -1 if node.type is None else EXPRESSIONS[node.type.__class__](f, node.type)
    head = tuple(f.out)
    exception = f.n
    f.n = exception + 1
    f.out = []
    if node.name is not None:
        f.store(at, node.name, exception)
    f.run(node.body)
    if node.name is not None:
        _forget(f, at, node.name)
    body = tuple(f.out)
    f.out = outer
    return Handler(at, head, kind, exception, body)


_ENDS = (Return, Raise, Break, Continue)


def _forget(f: Frame, at: Span, name: str) -> None:
    """Delete a handler's name unless the handler has left already or done so itself."""
    last = f.out[-1]
    if isinstance(last, _ENDS):
        return
    own = f.names.get(name, (name, "global"))[0]
    for instruction in f.out:
        if isinstance(instruction, Delete) and instruction.name == own:
            return
    f.delete(at, name)


def execute_try_star(f: Frame, node: Any) -> None:
    """``except*``: one bare handler splits the group, runs each clause on its part and raises the rest."""
    body = f.block(node.body)
    at = span_of(node)
    outer = f.out
    f.out = []
    rest = exception = f.n
    f.n = exception + 1
    for handler in node.handlers:
        place = span_of(handler)
        kind = EXPRESSIONS[handler.type.__class__](f, handler.type)
        part = f.opaque(place, "except* part", (rest, kind))
        rest = f.opaque(place, "except* rest", (rest, kind))
        inside = f.out
        f.out = []
        if handler.name is not None:
            f.store(place, handler.name, part)
        f.run(handler.body)
        if handler.name is not None:
            _forget(f, place, handler.name)
        block = tuple(f.out)
        f.out = inside
        f.branch(place, part, "", block, ())
    f.branch(at, rest, "", (Raise(at, rest, -1),), ())
    handler_body = tuple(f.out)
    f.out = outer
    orelse = f.block(node.orelse) if node.orelse else ()
    final = f.block(node.finalbody) if node.finalbody else ()
    f.out.append(Try(at, body, (Handler(at, (), -1, exception, handler_body),), orelse, final))


def execute_alias(f: Frame, node: Any) -> None:
    """``type X = value``: the value is evaluated when asked for, if ever."""
    at = span_of(node)
    assign(f, node.name, f.opaque(at, "type alias"))


STATEMENTS.update(
    {
        ast.Expr: execute_expression,
        ast.Return: execute_return,
        ast.Raise: execute_raise,
        ast.Break: execute_jump,
        ast.Continue: execute_jump,
        ast.Pass: execute_nothing,
        ast.Global: execute_nothing,
        ast.Nonlocal: execute_nothing,
        ast.Assert: execute_assert,
        ast.If: execute_if,
        ast.For: execute_for,
        ast.AsyncFor: execute_for,
        ast.While: execute_while,
        ast.With: execute_with,
        ast.AsyncWith: execute_with,
        ast.Try: execute_try,
        ast.TryStar: execute_try_star,
    }
)
if sys.version_info >= (3, 12):
    STATEMENTS[ast.TypeAlias] = execute_alias
