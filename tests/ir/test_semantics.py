"""The lowered program computes what CPython computes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from statelint.ir import lower_module
from statelint.ir.check import check_module

from .executor import run_module
from .programs import PROGRAMS

# A comprehension's names are local in the IR, and free in CPython before 3.12.
UNBOUND = re.compile(r"cannot access (local|free) variable '[^']*'[a-z ]*")


def plain(text: str) -> str:
    return UNBOUND.sub("unbound", text).replace("UnboundLocalError", "NameError")


def trace(run: Any) -> tuple[list[str], str]:
    """What a program logs, and how it ends."""
    events: list[str] = []
    namespace: dict[str, Any] = {"__name__": "main", "log": lambda *values: events.append(plain(repr(values)))}
    try:
        run(namespace)
    except Exception as error:
        return events, plain(f"{type(error).__name__}{error.args}")
    return events, ""


def assert_same(source: str) -> None:
    """Compare the IR's run with CPython's."""
    module = lower_module(source, "main.py", "main", False)
    assert check_module(module) == []
    expected = trace(lambda namespace: exec(compile(source, "main.py", "exec"), namespace))
    assert trace(lambda namespace: run_module(module, namespace)) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    source = PROGRAMS[name]
    assert_same(source)
    events, end = trace(lambda namespace: exec(source, namespace))
    assert events, "a program that tells nothing proves nothing"
    assert not end


# Not those that speak of globals, or whose strings would be indented too.
INSIDE = [
    name for name, text in PROGRAMS.items() if not any(word in text for word in ("global ", "import *", '"""multi'))
]


@pytest.mark.parametrize("name", INSIDE)
def test_program_inside_function(name: str) -> None:
    """The same with all names local, so that captures matter."""
    body = "".join("    " + line for line in PROGRAMS[name].splitlines(keepends=True))
    assert_same(f"def main():\n{body}\nmain()\n")
