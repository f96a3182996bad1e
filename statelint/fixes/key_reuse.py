"""SL602: the key is split before its first use, and the second use takes the new one.

Splitting between the two uses would be wrong: ``split`` consumes its argument as well, and the first use already has.
Split before the first use, that one draws from the advanced key and the second from the fresh subkey, and what comes
after (also the next turn of a loop) carries the advanced key on::

    a = jax.random.normal(key)         key, subkey = jax.random.split(key)
    b = jax.random.normal(key)   ->    a = jax.random.normal(key)
                                       b = jax.random.normal(subkey)

Draws change, so the fix is unsafe. It is withheld where the split would not reach both uses: where the name belongs to
an enclosing scope, and where the second use is run many times by a comprehension, a lambda or a nested function.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.source import SourceFile
from statelint.source.text import Lines

CODES = ("SL602",)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_REPEATED = (*_SCOPES, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BLOCKS = ("body", "orelse", "finalbody")


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Insert the split before the first use, and replace the key in the second.

    Hints: ``key`` (a plain name), ``insert_line`` (a line of the first use), ``use_span`` (the second use's argument),
    ``fresh`` (a name that is not taken), ``split`` (how this file spells the function), ``loop`` (it is one use, in
    each turn of a loop).
    """
    hint = draft.hint
    if any(each not in hint for each in ("key", "insert_line", "use_span", "split")) or not hint["key"].isidentifier():
        return None
    key = hint["key"]
    line, column, end_line, end_column = (int(each) for each in hint["use_span"].split(","))
    start, end = (line, source.column(line, column)), (end_line, source.column(end_line, end_column))
    if source.text[source.lines.offset(*start) : source.lines.offset(*end)] != key:
        return None
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    statement = _before(tree, int(hint["insert_line"]), (line, column), key, bool(hint.get("loop")))
    if statement is None:
        return None
    first = min((each.lineno for each in getattr(statement, "decorator_list", [])), default=statement.lineno)
    text = source.lines.line(first)
    indent = text[: len(text) - len(text.lstrip())]
    if len(indent.encode()) != statement.col_offset:
        return None
    fresh = _fresh(hint.get("fresh", "subkey"), source.text)
    inserted = f"{indent}{key}, {fresh} = {hint['split']}({key}){_line_end(source.lines)}"
    edits = (Edit(first, 1, first, 1, inserted), Edit(*start, *end, fresh))
    return Fix(Applicability.UNSAFE, f"Split `{key}` before its first use", edits)


def _line_end(lines: Lines) -> str:
    return lines.line_end(1) or "\n"


def _fresh(name: str, text: str) -> str:
    taken = set(re.findall(rf"\b{re.escape(name)}(?:_\d+)?\b", text))
    candidates = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in candidates if each not in taken)


def _before(tree: ast.Module, first_line: int, use: tuple[int, int], key: str, loop: bool) -> ast.stmt | None:
    """Return the statement before which the split reaches both uses and rebinds the right name; with ``loop`` one that
    runs in each turn.
    """
    path = list(_path(tree, use))
    if not path or not isinstance(path[-1], ast.Name):
        return None
    found: tuple[int, ast.stmt] | None = None
    for depth, node in enumerate(path):
        for name in _BLOCKS:
            for statement in getattr(node, name, None) or () if not isinstance(node, ast.expr) else ():
                if (
                    isinstance(statement, ast.stmt)
                    and _holds(statement, first_line)
                    and _inside(node, name, path, depth)
                ):
                    found = depth, statement
    if found is None or found[1].lineno > use[0]:
        return None
    depth, statement = found
    if any(isinstance(node, _REPEATED) for node in path[depth + 1 :]):
        return None
    if loop and not any(isinstance(node, (ast.For, ast.AsyncFor, ast.While)) for node in path[: depth + 1]):
        return None
    owner = next((node for node in reversed(path[: depth + 1]) if isinstance(node, (*_SCOPES, ast.ClassDef))), tree)
    return statement if _binds(owner, key) else None


def _path(node: ast.AST, use: tuple[int, int]) -> Iterator[ast.AST]:
    """Yield the nodes around a position, from the module to the innermost."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.expr, ast.stmt, ast.ExceptHandler, ast.keyword)):
            start = (child.lineno, child.col_offset)
            end = (child.end_lineno or child.lineno, child.end_col_offset or child.col_offset)
            if start <= use < end:
                yield from _path(child, use)
                return
        elif isinstance(child, (ast.withitem, ast.match_case, ast.comprehension, ast.arguments)):
            inner = list(_path(child, use))
            if len(inner) > 1:
                yield from inner
                return


def _inside(node: ast.AST, block: str, path: list[ast.AST], depth: int) -> bool:
    """Say whether the use is in (or is) this block of a node, and not in another block or in its head."""
    following = path[depth + 1] if depth + 1 < len(path) else None
    return any(statement is following for statement in getattr(node, block))


def _holds(statement: ast.stmt, line: int) -> bool:
    first = min((each.lineno for each in getattr(statement, "decorator_list", [])), default=statement.lineno)
    return first <= line <= (statement.end_lineno or statement.lineno)


def _binds(owner: ast.AST, key: str) -> bool:
    """Say whether a scope itself binds a name: a parameter, an assignment, or a declared global or nonlocal."""
    if isinstance(owner, _SCOPES):
        arguments = owner.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if any(each.arg == key for each in every):
            return True
    waiting: list[ast.AST] = list(ast.iter_child_nodes(owner))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id == key and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, (ast.Global, ast.Nonlocal)) and key in node.names:
            return True
        if not isinstance(node, _REPEATED):
            waiting.extend(ast.iter_child_nodes(node))
    return False
