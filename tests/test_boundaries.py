"""What may import what: the tape nothing of the linter, and of the linter only ``verify`` the tape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "statelint"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _part(name: str) -> str:
    return name.split(".")[1] if name.startswith("statelint.") else ""


def test_the_tape_imports_nothing_of_the_linter() -> None:
    for path in (PACKAGE / "tape").rglob("*.py"):
        assert {_part(name) for name in _imported(path)} <= {"", "tape"}, path


def test_only_verify_imports_the_tape() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] not in ("tape", "verify"):
            assert "tape" not in {_part(name) for name in _imported(path)}, path


def test_only_verbs_import_verify() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] not in ("cli", "verify"):
            assert "verify" not in {_part(name) for name in _imported(path)}, path
