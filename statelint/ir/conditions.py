"""Lowering of tests and short circuits: ``and``, ``or``, ``not``, chained comparisons, conditional expressions."""

from __future__ import annotations

import ast
from typing import Any

from statelint.ir.dispatch import EXPRESSIONS, span_of
from statelint.ir.frames import Frame
from statelint.ir.nodes import Block, Compare, Instr, Reg, Span, Store, Unary
from statelint.ir.operators import COMPARE, NEGATED
from statelint.ir.source_text import key_text

Test = tuple[Reg, str, bool]
"""The register of a test, its key, and whether the branches swap."""


def lower_test(f: Frame, node: Any) -> Test:
    """Lower an expression whose truth alone matters. ``not t`` is ``t`` with branches swapped; so are ``!=``,
    ``is not`` and ``not in``."""
    swap = False
    kind = node.__class__
    while kind is ast.UnaryOp and node.op.__class__ is ast.Not:
        swap = not swap
        node = node.operand
        kind = node.__class__
    if kind is ast.Compare and len(node.ops) == 1:
        opposite = NEGATED.get(node.ops[0].__class__)
        op = COMPARE[node.ops[0].__class__] if opposite is None else opposite
        left, right = node.left, node.comparators[0]
        a = EXPRESSIONS[left.__class__](f, left)
        b = EXPRESSIONS[right.__class__](f, right)
        dst = f.n
        f.n = dst + 1
        f.out.append(Compare(span_of(node), dst, op, a, b))
        return dst, _comparison_key(node, op), swap is (opposite is None)
    return EXPRESSIONS[kind](f, node), key_text(node), swap


def _comparison_key(node: ast.Compare, op: str) -> str:
    if node.ops[0].__class__ not in NEGATED:
        return key_text(node)
    sides = ast.Compare(node.left, [_OPPOSITE[op]], node.comparators)
    return key_text(sides)


_OPPOSITE: dict[str, ast.cmpop] = {"==": ast.Eq(), "is": ast.Is(), "in": ast.In()}


def emit_branch(f: Frame, at: Span, test: Test, then: Block, orelse: Block) -> None:
    """Emit the `If` of a lowered test."""
    register, key, swap = test
    if swap:
        then, orelse = orelse, then
    f.branch(at, register, key, then, orelse)


def lower_guarded(f: Frame, at: Span, tests: list[ast.expr], body: Any) -> None:
    """Run ``body()`` where all tests hold, as nested branches without an else."""
    opened: list[tuple[list[Instr], Test]] = []
    for node in conjuncts(tests):
        test = lower_test(f, node)
        opened.append((f.out, test))
        f.out = []
    body()
    close(f, at, opened)


def close(f: Frame, at: Span, opened: list[tuple[list[Instr], Test]]) -> None:
    """Close nested branches, innermost first."""
    for outer, test in reversed(opened):
        inner = tuple(f.out)
        f.out = outer
        emit_branch(f, at, test, inner, ())


def conjuncts(tests: list[ast.expr]) -> list[ast.expr]:
    """The operands of a conjunction, also nested ones."""
    flat: list[ast.expr] = []
    pending = tests[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            pending += node.values[::-1]
        else:
            flat.append(node)
    return flat


def _lower_operand(f: Frame, node: Any) -> tuple[Reg, Test]:
    """The value of an operand together with its test."""
    if node.__class__ is ast.UnaryOp and node.op.__class__ is ast.Not:
        inner = node.operand
        register = EXPRESSIONS[inner.__class__](f, inner)
        value = f.n
        f.n = value + 1
        f.out.append(Unary(span_of(node), value, "not", register))
        # A doubled negation or negated comparison has no normal key here: its value is needed as it is written.
        plain = inner.__class__ is not ast.UnaryOp and inner.__class__ is not ast.Compare
        return value, (register, key_text(inner) if plain else "", True)
    value = EXPRESSIONS[node.__class__](f, node)
    if node.__class__ is ast.Compare and len(node.ops) == 1 and node.ops[0].__class__ in NEGATED:
        negated = f.n
        f.n = negated + 1
        f.out.append(Unary(span_of(node), negated, "not", value))
        return value, (negated, _comparison_key(node, NEGATED[node.ops[0].__class__]), True)
    return value, (value, key_text(node), False)


def lower_boolop(f: Frame, node: ast.BoolOp) -> Reg:
    """``a and b``, ``a or b``: each operand but the last decides whether the next one runs."""
    at = span_of(node)
    name = f.temporary("bool")
    either = node.op.__class__ is ast.Or
    opened: list[tuple[list[Instr], Test]] = []
    last = len(node.values) - 1
    for index, operand in enumerate(node.values):
        if index < last:
            value, (register, key, swap) = _lower_operand(f, operand)
            store_temporary(f, at, name, value)
            opened.append((f.out, (register, key, swap is not either)))
            f.out = []
        else:
            store_temporary(f, at, name, EXPRESSIONS[operand.__class__](f, operand))
    close(f, at, opened)
    return f.load_temporary(at, name)


def lower_compare(f: Frame, node: ast.Compare) -> Reg:
    """``a < b``; in a chain each result but the last decides whether the next operand is evaluated."""
    table = EXPRESSIONS
    left = table[node.left.__class__](f, node.left)
    right_node: Any = node.comparators[0]
    right = table[right_node.__class__](f, right_node)
    at = span_of(node)
    dst = f.n
    f.n = dst + 1
    f.out.append(Compare(at, dst, COMPARE[node.ops[0].__class__], left, right))
    if len(node.ops) == 1:
        return dst
    name = f.temporary("bool")
    opened: list[tuple[list[Instr], Test]] = []
    for op, right_node in zip(node.ops[1:], node.comparators[1:], strict=True):
        store_temporary(f, at, name, dst)
        opened.append((f.out, (dst, "", False)))
        f.out = []
        left = right
        right = table[right_node.__class__](f, right_node)
        dst = f.n
        f.n = dst + 1
        f.out.append(Compare(at, dst, COMPARE[op.__class__], left, right))
    store_temporary(f, at, name, dst)
    close(f, at, opened)
    return f.load_temporary(at, name)


def lower_conditional(f: Frame, node: ast.IfExp) -> Reg:
    """``a if test else b``."""
    at = span_of(node)
    test = lower_test(f, node.test)
    name = f.temporary("if")
    outer = f.out
    blocks: list[Block] = []
    for branch in (node.body, node.orelse):
        f.out = []
        store_temporary(f, at, name, EXPRESSIONS[branch.__class__](f, branch))
        blocks.append(tuple(f.out))
    f.out = outer
    emit_branch(f, at, test, blocks[0], blocks[1])
    return f.load_temporary(at, name)


def store_temporary(f: Frame, at: Span, name: str, src: Reg) -> None:
    """Emit the store of a compiler name."""
    f.out.append(Store(at, name, "local", src))


EXPRESSIONS.update(
    {
        ast.BoolOp: lower_boolop,
        ast.Compare: lower_compare,
        ast.IfExp: lower_conditional,
    }
)
