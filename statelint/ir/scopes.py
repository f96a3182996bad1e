"""Which names a code block binds, and which of them the functions inside it capture.

`bindings` looks at statements only. Expressions bind names just by a walrus and capture them just by a lambda, and both
leave a mark in the text; where there is one, `expression_facts` walks the expressions too.
"""

from __future__ import annotations

import ast
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Bindings:
    """The names that a code block binds, its declarations, and the functions and classes right inside it."""

    __slots__ = ("definitions", "globals", "imported", "names", "nonlocals")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.imported: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.definitions: list[Definition] = []


def bindings(statements: Iterable[ast.stmt]) -> Bindings:
    """Collect what the statements bind, without entering functions and classes."""
    found = Bindings()
    pending = [iter(statements)]
    table = _SCAN
    while pending:
        for statement in pending[-1]:
            scan = table.get(statement.__class__)
            if scan is not None:
                inner = scan(found, statement)
                if inner is not None:
                    pending.append(iter(inner))
                    break
        else:
            pending.pop()
    return found


def bind_target(names: set[str], target: Any) -> None:
    """Add the names that an assignment target binds."""
    kind = target.__class__
    if kind is ast.Name:
        names.add(target.id)
    elif kind is ast.Tuple or kind is ast.List:
        for element in target.elts:
            bind_target(names, element)
    elif kind is ast.Starred:
        bind_target(names, target.value)


def _scan_assign(found: Bindings, node: Any) -> None:
    for target in node.targets:
        if target.__class__ is ast.Name:
            found.names.add(target.id)
        else:
            bind_target(found.names, target)


def _scan_target(found: Bindings, node: ast.AugAssign) -> None:
    bind_target(found.names, node.target)


def _scan_annotated(found: Bindings, node: ast.AnnAssign) -> None:
    if node.simple or node.value is not None:
        bind_target(found.names, node.target)


def _scan_delete(found: Bindings, node: ast.Delete) -> None:
    for target in node.targets:
        bind_target(found.names, target)


def _scan_import(found: Bindings, node: ast.Import | ast.ImportFrom) -> None:
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        if name != "*":
            found.imported.add(name)


def _scan_definition(found: Bindings, node: Definition) -> None:
    found.names.add(node.name)
    found.definitions.append(node)


def _scan_if(found: Bindings, node: ast.If | ast.While) -> list[ast.stmt]:
    return node.body + node.orelse if node.orelse else node.body


def _scan_for(found: Bindings, node: ast.For | ast.AsyncFor) -> list[ast.stmt]:
    bind_target(found.names, node.target)
    return node.body + node.orelse if node.orelse else node.body


def _scan_with(found: Bindings, node: ast.With | ast.AsyncWith) -> list[ast.stmt]:
    for item in node.items:
        if item.optional_vars is not None:
            bind_target(found.names, item.optional_vars)
    return node.body


def _scan_try(found: Bindings, node: ast.Try) -> list[ast.stmt]:
    inner = list(node.body)
    for handler in node.handlers:
        if handler.name is not None:
            found.names.add(handler.name)
        inner += handler.body
    return inner + node.orelse + node.finalbody


def _scan_match(found: Bindings, node: ast.Match) -> list[ast.stmt]:
    inner: list[ast.stmt] = []
    for case in node.cases:
        for part in ast.walk(case.pattern):
            name = getattr(part, "rest" if isinstance(part, ast.MatchMapping) else "name", None)
            if isinstance(part, ast.pattern) and name is not None:
                found.names.add(name)
        inner += case.body
    return inner


def _scan_global(found: Bindings, node: ast.Global) -> None:
    found.globals.update(node.names)


def _scan_nonlocal(found: Bindings, node: ast.Nonlocal) -> None:
    found.nonlocals.update(node.names)


def _scan_alias(found: Bindings, node: Any) -> None:
    bind_target(found.names, node.name)


_SCAN: dict[type[ast.AST], Callable[[Bindings, Any], list[ast.stmt] | None]] = {
    ast.Assign: _scan_assign,
    ast.AugAssign: _scan_target,
    ast.AnnAssign: _scan_annotated,
    ast.Delete: _scan_delete,
    ast.Import: _scan_import,
    ast.ImportFrom: _scan_import,
    ast.FunctionDef: _scan_definition,
    ast.AsyncFunctionDef: _scan_definition,
    ast.ClassDef: _scan_definition,
    ast.If: _scan_if,
    ast.While: _scan_if,
    ast.For: _scan_for,
    ast.AsyncFor: _scan_for,
    ast.With: _scan_with,
    ast.AsyncWith: _scan_with,
    ast.Try: _scan_try,
    ast.TryStar: _scan_try,
    ast.Match: _scan_match,
    ast.Global: _scan_global,
    ast.Nonlocal: _scan_nonlocal,
}
if sys.version_info >= (3, 12):
    _SCAN[ast.TypeAlias] = _scan_alias


def declared_globals(definitions: Iterable[Definition]) -> set[str]:
    """The names that functions and classes, at any depth, declare global and bind."""
    names: set[str] = set()
    pending = list(definitions)
    while pending:
        found = bindings(pending.pop().body)
        names |= found.globals & (found.names | found.imported)
        pending += found.definitions
    return names


class ExpressionFacts:
    """What the expressions of a code block bind by walrus and capture by lambda."""

    __slots__ = ("captured", "walrus")

    def __init__(self) -> None:
        self.captured: set[str] = set()
        self.walrus: set[str] = set()


class Marks:
    """Where a text has a lambda or walrus, or what looks like one; and what lambdas capture, so far as it is known."""

    __slots__ = ("free", "lines")

    def __init__(self, text: str) -> None:
        lines: list[int] = []
        # A search for a fixed string is some ten times faster than a pattern.
        for mark in ("lambda", ":="):
            line, last = 1, 0
            at = text.find(mark)
            while at >= 0:
                line += text.count("\n", last, at)
                last = at
                lines.append(line)
                at = text.find(mark, at + 2)
        lines.sort()
        self.lines = lines
        self.free: dict[ast.Lambda, set[str]] = {}

    def within(self, node: Any) -> bool:
        """Whether one of the lines of ``node`` is marked."""
        at = bisect_left(self.lines, node.lineno)
        return at < len(self.lines) and self.lines[at] <= (node.end_lineno or node.lineno)


def expression_facts(nodes: Iterable[ast.AST], marks: Marks) -> ExpressionFacts:
    """Walk the expressions that run in the code block of ``nodes``; bodies of functions and classes do not."""
    facts = ExpressionFacts()
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Lambda):
            facts.captured |= free_names(node, marks)
            pending += _defaults(node.args)
        elif isinstance(node, _COMPREHENSIONS):
            pending.append(node.generators[0].iter)
            inner = expression_facts(comprehension_parts(node), marks)
            facts.captured |= inner.captured - comprehension_targets(node)
            facts.walrus |= inner.walrus
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += node.decorator_list + _defaults(node.args)
        elif isinstance(node, ast.ClassDef):
            pending += node.decorator_list + node.bases + [keyword.value for keyword in node.keywords]
        elif not isinstance(node, ast.stmt) or marks.within(node):
            if isinstance(node, ast.NamedExpr):
                facts.walrus.add(node.target.id)
            pending.extend(ast.iter_child_nodes(node))
    return facts


def comprehension_targets(node: Any) -> set[str]:
    """The names that a comprehension binds for itself."""
    names: set[str] = set()
    for generator in node.generators:
        bind_target(names, generator.target)
    return names


def comprehension_parts(node: Any) -> list[ast.AST]:
    """The parts that run in the comprehension's own scope: all but the first iterable."""
    parts: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    for index, generator in enumerate(node.generators):
        parts.append(generator.target)
        parts += generator.ifs
        if index:
            parts.append(generator.iter)
    return parts


def free_names(node: ast.Lambda, marks: Marks) -> set[str]:
    """The names that a lambda's body takes from around it."""
    found = marks.free.get(node)
    if found is not None:
        return found
    arguments = node.args
    names = _used_names([node.body], marks)
    for group in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs):
        for argument in group:
            names.discard(argument.arg)
    for extra in (arguments.vararg, arguments.kwarg):
        if extra is not None:
            names.discard(extra.arg)
    names -= expression_facts([node.body], marks).walrus
    marks.free[node] = names
    return names


def _used_names(nodes: list[ast.AST], marks: Marks) -> set[str]:
    names: set[str] = set()
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Lambda):
            names |= free_names(node, marks)
            pending += _defaults(node.args)
        elif isinstance(node, _COMPREHENSIONS):
            pending.append(node.generators[0].iter)
            names |= _used_names(comprehension_parts(node), marks) - comprehension_targets(node)
        else:
            pending.extend(ast.iter_child_nodes(node))
    return names


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return arguments.defaults + [default for default in arguments.kw_defaults if default is not None]
