"""Golden cases: a program, a line ``---``, and the dump of its lowering without positions."""

from __future__ import annotations

from statelint.ir import lower_module
from statelint.ir.check import check_module
from statelint.ir.text import dump_module

Case = tuple[str, str]


def cases(text: str) -> dict[str, Case]:
    """Cases by name, each headed by ``### name``."""
    found: dict[str, Case] = {}
    for part in text.split("### ")[1:]:
        name, _, rest = part.partition("\n")
        source, _, expected = rest.partition("---\n")
        assert name not in found
        found[name] = (source, expected)
    return found


def show(source: str) -> str:
    """The dump of a program, after a check of it."""
    module = lower_module(source, "pkg/m.py", "pkg.m", False)
    assert check_module(module) == []
    return dump_module(module, positions=False).removeprefix("module pkg.m\n\n").replace("module <module>\n", "")
