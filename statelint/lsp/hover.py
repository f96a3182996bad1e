"""What is shown where the pointer rests: a function's boundary on its name, a rule's page on a finding."""

from __future__ import annotations

import ast
import re

from lsprotocol import types

from statelint import catalogue
from statelint.lsp.boundary import boundary_text
from statelint.lsp.linting import Linted
from statelint.lsp.positions import contains

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_SHOWN = ("What it does", "Why it is wrong", "Use instead")


def hover(linted: Linted, position: types.Position) -> types.Hover | None:
    """Return what there is to say of a position; None if nothing."""
    place = linted.positions.place(position)
    named = _function_at(linted, place)
    parts: list[str] = []
    shown: types.Range | None = None
    if named is not None:
        qualname, span = named
        text = boundary_text(linted, qualname)
        if text:
            parts.append(text)
            shown = linted.positions.range(*span)
    for row in linted.rows:
        if contains(row.diagnostic.range, position):
            parts.append(rule_text(row.finding.code))
            shown = shown or row.diagnostic.range
    if not parts:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(dict.fromkeys(parts)))
    return types.Hover(content, shown)


def rule_text(code: str) -> str:
    """Return the short form of a rule's page, as Markdown."""
    entry = catalogue.entries().get(code)
    if entry is None:
        return f"**{code}**"
    rule = catalogue.load(code)
    text = [f"**{rule.name}** ([{code}]({entry.url})): {rule.summary}"]
    pieces = _SECTION.split(catalogue.page(code))
    sections = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    for title in _SHOWN:
        body = sections.get(title, "").strip()
        if body:
            text.append(f"*{title}.* {body}" if not body.startswith("```") else f"*{title}.*\n\n{body}")
    return "\n\n".join(text)


def _function_at(linted: Linted, place: tuple[int, int]) -> tuple[str, tuple[int, int, int, int]] | None:
    """Return the qualified name of the function whose name in its ``def`` is at a place, and where that name is."""
    file = linted.file
    if file is None or file.problem is not None:
        return None
    line = file.lines.line(place[0])
    found = next(
        (each for each in re.finditer(r"\bdef\s+(\w+)", line) if each.start(1) + 1 <= place[1] <= each.end(1) + 1),
        None,
    )
    if found is None:
        return None
    try:
        tree = ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    qualname = _qualname(tree, place[0], found.group(1))
    return (qualname, (place[0], found.start(1) + 1, place[0], found.end(1) + 1)) if qualname else None


def _qualname(tree: ast.Module, line: int, name: str) -> str | None:
    """Return the qualified name of the function of a name that is defined on a line."""
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, prefix = waiting.pop()
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                own = f"{prefix}{child.name}"
                if not isinstance(child, ast.ClassDef):
                    if child.lineno == line and child.name == name:
                        return own
                    inner = f"{own}.<locals>."
                else:
                    inner = f"{own}."
            if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                waiting.append((child, inner))
    return None
