"""The checker finds what is wrong with a module that no lowering made."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from statelint.ir import FunctionIR, ModuleIR, lower_module
from statelint.ir import nodes as ir
from statelint.ir.check import check_module

AT = (1, 0, 1, 1)
PROGRAM = """\
class C:
    def m(self):
        return self
def f(a, b=1):
    def g():
        return a
    for x in a:
        b.c(x)
    return g
"""


def lowered() -> ModuleIR:
    module = lower_module(PROGRAM, "m.py", "m", False)
    assert check_module(module) == []
    return module


def with_function(name: str, **changes: Any) -> list[str]:
    module = lowered()
    module.functions[name] = msgspec.structs.replace(module.functions[name], **changes)
    return check_module(module)


def body(*block: ir.Instr, **changes: Any) -> list[str]:
    """The violations of a module body."""
    module = lower_module("x" * 50, "m.py", "m", False)
    function: FunctionIR = msgspec.structs.replace(module.body, body=block, **{"registers": 10, **changes})
    return check_module(msgspec.structs.replace(module, body=function))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ((ir.Store(AT, "x", "global", 0),), "register 0 is not in scope"),
        ((ir.Const(AT, 0, 1), ir.Const(AT, 0, 1)), "register 0 is assigned twice"),
        ((ir.Const(AT, 10, 1),), "register 10 is out of range"),
        ((ir.Load(AT, 0, "x", "local"),), "x is local in a module"),
        ((ir.Load(AT, 0, "x", "free"),), "x is free, and free names are ()"),
        ((ir.Load(AT, 0, "x", "cell"),), "x is cell, and cells are ()"),
        ((ir.Load(AT, 0, "x", "class"),), "x has class scope in a module"),
        ((ir.Load(AT, 0, "%x.1", "local"),), "%x.1 is never stored"),
        ((ir.LoadPath(AT, 0, "x", ()),), "an empty path"),
        ((ir.Const((2, 0, 1, 0), 0, 1),), "outside"),
        ((ir.Const((9, 0, 9, 1), 0, 1),), "outside"),
        ((ir.Raise(AT, -1, -1), ir.Const(AT, 0, 1)), "code after an abrupt exit"),
        ((ir.Break(AT),), "jump outside of a loop"),
        ((ir.Const(AT, 0, 1), ir.Return(AT, 0)), "return outside of a function"),
        ((ir.Const(AT, 0, 1), ir.Call(AT, 1, 0, (0,), 2, ())), "starred argument out of range"),
        ((ir.Build(AT, 0, "list", (), 1),), "starred item out of range"),
        ((ir.BuildDict(AT, 0, (-1,), ()),), "keys and values differ"),
        ((ir.Const(AT, 0, 1), ir.Append(AT, 0, -1, 0)), "no container"),
        ((ir.Const(AT, 0, 1), ir.Unpack(AT, (1, 2), 0, 2)), "starred target out of range"),
        ((ir.Const(AT, 0, 1), ir.Binary(AT, 1, "and", 0, 0)), "no operator and"),
        ((ir.Const(AT, 0, 1), ir.Compare(AT, 1, "<>", 0, 0)), "no comparison <>"),
        ((ir.Const(AT, 0, 1), ir.Unary(AT, 1, "!", 0)), "no operator !"),
        ((ir.Function(AT, 0, "nobody", (), ()),), "no function nobody"),
        ((ir.Class(AT, 0, "Nobody", (), ()),), "no class Nobody"),
        ((ir.Const(AT, 0, 1), ir.If(AT, 0, "not x", (), ())), "the key is not normal"),
        (
            (ir.Const(AT, 0, 1), ir.If(AT, 0, "", (ir.Const(AT, 1, 1),), ()), ir.Unary(AT, 2, "-", 1)),
            "register 1 is not",
        ),
        ((ir.Const(AT, 0, 1), ir.For(AT, 0, 1, (), (ir.Unary(AT, 2, "-", 1),), False)), "register 1 is not in scope"),
        ((ir.While(AT, (), 0, (), ()),), "register 0 is not in scope"),
        ((ir.Try(AT, (), (ir.Handler(AT, (), 3, 4, ()),), (), ()),), "register 3 is not in scope"),
        ((ir.Try(AT, (), (ir.Handler((5, 0, 5, 1), (), -1, 4, ()),), (), ()),), "handler outside of its try"),
    ],
)
def test_block(block: tuple[ir.Instr, ...], message: str) -> None:
    problems = body(*block)
    assert any(message in problem for problem in problems), problems


def test_repeated_keys() -> None:
    block = [ir.Const(AT, 0, 1), ir.If(AT, 0, "x", (), ()), ir.If(AT, 0, "x", (), ())]
    assert "repeated keys are ['x']" in body(*block)[0]
    assert body(*block, repeated=frozenset({"x"})) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"free": ("z",)}, "does not provide ['z']"),
        ({"parent": "nobody"}, "no parent nobody"),
        ({"qualname": "h"}, "filed under another name"),
        ({"class_qualname": "D"}, "no class D"),
        ({"at": (1, 0, 99, 0)}, "outside of f"),
        ({"name_at": (9, 0, 9, 1)}, "the name is outside"),
        ({"cells": ("a",)}, "both free and cell"),
        ({"globals_written": ("z",)}, "global_writes is not the union"),
    ],
)
def test_function(changes: dict[str, Any], message: str) -> None:
    problems = with_function("f.<locals>.g", **changes)
    assert any(message in problem for problem in problems), problems


def test_defaults_must_fit() -> None:
    assert any("the defaults of f do not fit" in problem for problem in with_function("f", params=()))


def test_scopes_must_agree() -> None:
    assert any("cells are ()" in problem for problem in with_function("f", cells=(), free=("b",)))


def test_classes() -> None:
    module = lowered()
    record = module.classes["C"]
    module.classes["C"] = msgspec.structs.replace(record, methods={"m": "C.n"})
    assert "C: no function for the method C.n" in check_module(module)
    module = lowered()
    del module.functions["C.<body>"]
    assert any("no such class body" in problem for problem in check_module(module))
