"""Lowering of comprehensions and generator expressions: loops in place, with targets renamed apart."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, Literal

from statelint.ir.assignments import assign
from statelint.ir.conditions import lower_guarded
from statelint.ir.dispatch import EXPRESSIONS, span_of
from statelint.ir.frames import Entry, Frame
from statelint.ir.nodes import Append, Build, BuildDict, For, Reg
from statelint.ir.scopes import comprehension_parts, comprehension_targets, expression_facts

_KINDS: dict[type[ast.AST], Literal["list", "set", "generator"]] = {
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.GeneratorExp: "generator",
}


def lower_comprehension(f: Frame, node: Any) -> Reg:
    """Build an empty accumulator and fill it in nested loops."""
    at = span_of(node)
    generators: list[ast.comprehension] = node.generators
    first = generators[0].iter
    iterable = EXPRESSIONS[first.__class__](f, first)
    accumulator = f.n
    f.n = accumulator + 1
    if isinstance(node, ast.DictComp):
        f.out.append(BuildDict(at, accumulator, (), ()))
    else:
        f.out.append(Build(at, accumulator, _KINDS[node.__class__], (), 0))

    outside = f.names, f.visible
    _enter_scope(f, node)

    def fill() -> None:
        key = -1
        if isinstance(node, ast.DictComp):
            key = EXPRESSIONS[node.key.__class__](f, node.key)
            value = EXPRESSIONS[node.value.__class__](f, node.value)
        else:
            value = EXPRESSIONS[node.elt.__class__](f, node.elt)
        f.out.append(Append(at, accumulator, key, value))

    def loop(index: int, iterable: Reg) -> None:
        generator = generators[index]
        item = f.n
        f.n = item + 1
        outer = f.out
        f.out = []
        assign(f, generator.target, item)
        body: Callable[[], None] = fill if index + 1 == len(generators) else lambda: inner(index + 1)
        if generator.ifs:
            lower_guarded(f, at, generator.ifs, body)
        else:
            body()
        block = tuple(f.out)
        f.out = outer
        f.out.append(For(at, iterable, item, block, (), bool(generator.is_async)))

    def inner(index: int) -> None:
        source = generators[index].iter
        loop(index, EXPRESSIONS[source.__class__](f, source))

    loop(0, iterable)
    f.names, f.visible = outside
    f.inside -= 1
    return accumulator


def _enter_scope(f: Frame, node: Any) -> None:
    """Give the comprehension's targets names of their own. They are cells where a lambda captures them, and the names
    of a class body are out of sight."""
    f.count += 1
    suffix = f".{f.count}"
    targets = comprehension_targets(node)
    captured = expression_facts(comprehension_parts(node), f.unit.marks).captured & targets if f.marked else frozenset()
    names = dict(f.visible if f.kind == "class" and not f.inside else f.names)
    visible = dict(f.visible)
    for target in targets:
        name = f"%{target}{suffix}"
        entry: Entry = (name, "local")
        if target in captured:
            f.cells.add(name)
            f.bound.add(name)
            entry = (name, "cell")
        names[target] = entry
        visible[target] = (name, "free")
    f.names, f.visible = names, visible
    f.inside += 1


for _kind in (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp):
    EXPRESSIONS[_kind] = lower_comprehension
