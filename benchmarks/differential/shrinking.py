"""Making a program that disagrees as small as it gets: statements are dropped while it still disagrees in the same way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from benchmarks.differential.kinds import Kind, Result

Same = Callable[[Result], bool]


def shrink(kind: Kind, text: str) -> str:
    """A smallest program with a disagreement like the given one's."""
    first = kind.check([text])[0]
    same = _like(first)
    changed = True
    while changed:
        changed = False
        candidates = list(_smaller(text))
        for at in range(0, len(candidates), 8):
            batch = candidates[at : at + 8]
            for candidate, result in zip(batch, kind.check(batch), strict=True):
                if not result.discarded and same(result):
                    text, changed = candidate, True
                    break
            if changed:
                break
    return text


def _like(first: Result) -> Same:
    def code(entries: tuple[object, ...]) -> set[object]:
        return {entry[0] if str(entry[0]).startswith("SL") else "" for entry in entries}  # type: ignore[index]

    if first.missing:
        return lambda r: bool(code(r.missing) & code(first.missing)) and bool(r.found) == bool(first.found)
    return lambda r: bool(code(r.stray) & code(first.stray)) and bool(r.expected) == bool(first.expected)


def _smaller(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    total = sum(1 for _ in _bodies(tree))
    for number in range(total - 1, -1, -1):
        copy = ast.parse(text)
        body, at = list(_bodies(copy))[number]
        statement = body[at]
        if isinstance(statement, (ast.Import, ast.ImportFrom)) or statement is copy.body[-1]:
            continue  # the last statement runs the program
        if isinstance(statement, (ast.With, ast.If, ast.For, ast.While)):
            lifted = ast.parse(text)
            body_, at_ = list(_bodies(lifted))[number]
            body_[at_ : at_ + 1] = body_[at_].body  # type: ignore[attr-defined]
            yield ast.unparse(ast.fix_missing_locations(lifted)) + "\n"
        del body[at]
        if not body:
            body.append(ast.Pass())
        yield ast.unparse(ast.fix_missing_locations(copy)) + "\n"


def _bodies(tree: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                for at in range(len(body)):
                    if not isinstance(body[at], ast.Pass):
                        yield body, at
