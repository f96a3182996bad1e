"""Lowering of imports, and the table of what a module imports and exports."""

from __future__ import annotations

import ast
from typing import Any

from statelint.ir.dispatch import STATEMENTS, span_of
from statelint.ir.frames import Frame, Unit
from statelint.ir.nodes import Import


def resolve_relative(unit: Unit, module: str | None, level: int) -> str:
    """The absolute name of ``from ..module import``; what leads out of the package keeps its dots."""
    if not level:
        return module or ""
    parts = unit.module.split(".") if unit.module else []
    drop = level - 1 if unit.is_package else level
    if drop > len(parts) or (drop == len(parts) and not module):
        return "." * level + (module or "")
    base = parts[: len(parts) - drop]
    return ".".join([*base, module] if module else base)


def execute_import(f: Frame, node: ast.Import) -> None:
    """``import a.b`` and ``import a.b as c``."""
    for alias in node.names:
        at = span_of(alias)
        dst = f.n
        f.n = dst + 1
        if alias.asname is None:
            root = alias.name.partition(".")[0]
            f.out.append(Import(at, dst, root, ""))
            f.store(at, root, dst)
        else:
            f.out.append(Import(at, dst, alias.name, ""))
            f.store(at, alias.asname, dst)


def execute_import_from(f: Frame, node: ast.ImportFrom) -> None:
    """``from a import b as c`` and ``from a import *``."""
    module = resolve_relative(f.unit, node.module, node.level)
    for alias in node.names:
        at = span_of(alias)
        dst = f.n
        f.n = dst + 1
        f.out.append(Import(at, dst, module, alias.name))
        if alias.name != "*":
            f.store(at, alias.asname or alias.name, dst)


class Interface:
    """What a module's own statements import and export."""

    __slots__ = ("exports", "imports", "stars")

    def __init__(self) -> None:
        self.imports: dict[str, tuple[str, str]] = {}
        self.stars: list[str] = []
        self.exports: list[str] | None = None


def module_interface(unit: Unit, body: list[ast.stmt]) -> Interface:
    """Read imports and ``__all__``, also under ``if``, ``try``, ``with`` and loops of the module.

    Where branches disagree, the first alternative counts: ``except ImportError`` and ``else`` are the fallbacks.
    """
    found = Interface()
    unknown = False
    pending: list[tuple[list[ast.stmt], bool]] = [(body, True)]
    while pending:
        statements, first = pending.pop(0)
        for node in statements:
            if isinstance(node, ast.Import | ast.ImportFrom):
                _note_import(found, unit, node, first)
            elif isinstance(node, ast.Try | ast.TryStar):
                pending.append((node.body, first))
                pending += [(handler.body, False) for handler in node.handlers]
                pending += [(node.orelse, False), (node.finalbody, first)]
            elif isinstance(node, ast.If | ast.For | ast.While | ast.AsyncFor):
                pending += [(node.body, first), (node.orelse, False)]
            elif isinstance(node, ast.With | ast.AsyncWith):
                pending.append((node.body, first))
            elif not unknown:
                unknown = _note_exports(found, node)
    if unknown:
        found.exports = None
    return found


def _note_import(found: Interface, unit: Unit, node: ast.Import | ast.ImportFrom, first: bool) -> None:
    entries: list[tuple[str, tuple[str, str]]] = []
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            entries.append((alias.asname, (alias.name, "")) if alias.asname else (root, (root, "")))
    else:
        module = resolve_relative(unit, node.module, node.level)
        for alias in node.names:
            if alias.name == "*":
                found.stars.append(module)
            else:
                entries.append((alias.asname or alias.name, (module, alias.name)))
    for name, origin in entries:
        if first or name not in found.imports:
            found.imports[name] = origin


def _note_exports(found: Interface, node: Any) -> bool:
    """Follow one statement's effect on ``__all__``; True if it is no literal any more."""
    target = value = None
    extends = False
    if isinstance(node, ast.Assign):
        if not any(_is_all(target) for target in node.targets):
            return False
        value = node.value
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        if not _is_all(node.target) or node.value is None:
            return False
        value = node.value
        extends = isinstance(node, ast.AugAssign)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        target, method = node.value.func.value, node.value.func.attr
        if not _is_all(target):
            return False
        if len(node.value.args) != 1 or method not in ("extend", "append"):
            return True
        value = node.value.args[0] if method == "extend" else ast.List(node.value.args)
        extends = True
    else:
        return False
    names = _literal_names(value)
    if names is None:
        return True
    found.exports = (found.exports or []) + names if extends else names
    return False


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"


def _literal_names(node: Any) -> list[str] | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal_names(node.left), _literal_names(node.right)
        return None if left is None or right is None else left + right
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    names: list[str] = []
    for element in node.elts:
        if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
            return None
        names.append(element.value)
    return names


STATEMENTS[ast.Import] = execute_import
STATEMENTS[ast.ImportFrom] = execute_import_from
