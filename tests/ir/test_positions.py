"""Source ranges: of instructions, names of definitions, parts of f-strings."""

from __future__ import annotations

import pytest

from statelint.ir import lower_module
from statelint.ir import nodes as ir
from statelint.ir.check import check_module
from statelint.ir.structure import walk_instructions


def slices(source: str, kind: type[ir.Instr]) -> list[str]:
    """The source of each instruction of a kind."""
    module = lower_module(source, "m.py", "m", False)
    assert check_module(module) == []
    lines = source.encode().split(b"\n")
    found: list[str] = []
    for function in (module.body, *module.functions.values()):
        for instruction in walk_instructions(function.body):
            if isinstance(instruction, kind):
                found.append(cut(lines, instruction.at))
    return found


def cut(lines: list[bytes], at: ir.Span) -> str:
    line, col, end_line, end_col = at
    if line == end_line:
        return lines[line - 1][col:end_col].decode()
    parts = [lines[line - 1][col:], *lines[line : end_line - 1], lines[end_line - 1][:end_col]]
    return b"\n".join(parts).decode()


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        ("x = f(a, b)", ir.Call, ["f(a, b)"]),
        ("x = a.f(b).g(c)", ir.CallMethod, ["a.f(b).g(c)"]),
        ("a = 1\nx = a.f(b).g(c)", ir.CallMethod, ["a.f(b)", "a.f(b).g(c)"]),
        ("x = é.ñ(ü) + b", ir.Binary, ["é.ñ(ü) + b"]),
        ("x = (a +\n  b)", ir.Binary, ["a +\n  b"]),
        ("a.b += c", ir.InPlace, ["a.b += c"]),
        ("a.b += c", ir.SetAttr, ["a.b"]),
        ("x, (y, *z) = a", ir.Store, ["x", "y", "z"]),
        ("def f(a):\n  return a", ir.Store, ["f"]),
        ("class  C: pass", ir.Store, ["C"]),
        ("@d\nasync def  g(): pass", ir.Store, ["g"]),
        ("@d(1)\ndef g(): pass", ir.Call, ["d(1)", "d(1)"]),
        ("if a:\n  b\nelif c: d", ir.If, ["if a:\n  b\nelif c: d", "elif c: d"]),
        ("x = [a for a in b if c]", ir.For, ["[a for a in b if c]"]),
        ("x = a and b", ir.If, ["a and b"]),
        ("import a.b as c, d", ir.Import, ["a.b as c", "d"]),
        ("from . import a as b", ir.Store, ["a as b"]),
        ("x = f'{a}{ b.c() !r:>{w}}'", ir.CallMethod, []),
        ("match a:\n  case [b, {'k': 1}]: pass", ir.GetItem, ["b", "{'k': 1}", "1"]),
    ],
)
def test_range(source: str, kind: type[ir.Instr], expected: list[str]) -> None:
    assert slices(source, kind) == expected


def test_strings_of_several_lines_stay_inside() -> None:
    """Before 3.12 Python guesses positions inside f-strings, and guesses wrong."""
    source = 'def f(a, b):\n    return g(f"""\n{a}\n  {b.c(1)}""", f"{a}" "x" f"{b.d()}")\n'
    for text in slices(source, ir.CallMethod):
        assert "b." in text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(): pass", (1, 4, 1, 5)),
        ("async  def   f(): pass", (1, 13, 1, 14)),
        ("if x:\n  def é(): pass", (2, 6, 2, 8)),
        ("def \\\n  f(): pass", (1, 0, 1, 3)),
        ("@d\ndef f(): pass", (2, 4, 2, 5)),
    ],
)
def test_name_of_a_function(source: str, expected: ir.Span) -> None:
    module = lower_module(source, "m.py", "m", False)
    assert check_module(module) == []
    assert [function.name_at for function in module.functions.values()] == [expected]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    source = end.join(["x = 1", "def f(y):", "    return lambda: y", ""])
    module = lower_module(source, "m.py", "m", False)
    assert check_module(module) == []
    assert module.functions["f"].name_at == (2, 4, 2, 5)
    assert module.functions["f"].cells == ("y",)


@pytest.mark.parametrize("source", ["", "\n", "# comment", "x", "\n\n  \n", "x\n", "\f\nx"])
def test_module_range(source: str) -> None:
    module = lower_module(source, "m.py", "m", False)
    assert check_module(module) == []
    assert module.body.at[:2] == (1, 0)


def test_parameters() -> None:
    module = lower_module("def f(a, b: int = 1, *c): pass", "m.py", "m", False)
    assert [param.at for param in module.functions["f"].params] == [(1, 6, 1, 7), (1, 9, 1, 15), (1, 22, 1, 23)]
