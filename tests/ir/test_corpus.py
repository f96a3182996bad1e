"""Real code: the standard library is lowered without a crash into well-formed modules."""

from __future__ import annotations

import sysconfig
import tokenize
from pathlib import Path

import pytest

from statelint.ir import TooDeep, lower_module
from statelint.ir.check import check_module
from statelint.ir.text import dump_module

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = (
    "ast",
    "asyncio/tasks",
    "collections/__init__",
    "contextlib",
    "dataclasses",
    "enum",
    "functools",
    "heapq",
    "inspect",
    "random",
    "statistics",
    "types",
    "typing",
    "unittest/mock",
)


def assert_well_formed(path: Path) -> None:
    try:
        with tokenize.open(path) as file:
            text = file.read()
        module = lower_module(text, str(path), "lib.m", path.name == "__init__.py")
    except (SyntaxError, ValueError, TooDeep):
        # Test data of the parser itself.
        assert "test" in str(path)
        return
    assert check_module(module) == [], path
    assert dump_module(module)


@pytest.mark.parametrize("name", SAMPLE)
def test_sample(name: str) -> None:
    assert_well_formed(LIBRARY / f"{name}.py")


@pytest.mark.slow
def test_whole_library() -> None:
    """All of it, with its tests: pytest -m slow tests/ir"""
    paths = sorted(path for path in LIBRARY.rglob("*.py") if "site-packages" not in path.parts)
    assert len(paths) > 500
    for path in paths:
        assert_well_formed(path)
