"""Deep and long programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statelint.ir import ModuleIR, TooDeep, lower_module
from statelint.ir.check import check_module
from statelint.ir.text import dump_module


def lower(source: str) -> ModuleIR:
    return lower_module(source, "m.py", "m", False)


def nested_blocks(depth: int) -> str:
    heads = ["if a:", "while a:", "for a in b:", "with a as b:", "try:"]
    lines = [" " * level + heads[level % 5] for level in range(depth)] + [" " * depth + "c = 1"]
    lines += [" " * level + "finally: pass" for level in reversed(range(depth)) if level % 5 == 4]
    return "\n".join(lines) + "\n"


LONG: dict[str, Callable[[int], str]] = {
    "sum": lambda n: "x = " + " + ".join(f"a{i}" for i in range(n)),
    "elif": lambda n: "if a: pass\n" + "".join(f"elif a == {i}: b()\n" for i in range(n)) + "else: c()\n",
    "else if": lambda n: (
        "".join(" " * i + "if a: pass\n" + " " * i + "else:\n" for i in range(min(n, 99))) + " " * 99 + "b\n"
    ),
    "or": lambda n: "x = " + " or ".join(f"a{i}" for i in range(n)),
    "and": lambda n: "if " + " and ".join(f"a{i}" for i in range(n)) + ": x = 1",
    "comparison": lambda n: "x = " + " < ".join(f"a{i}" for i in range(n)),
    "methods": lambda n: "x = a" + ".b(1)" * n,
    "attributes": lambda n: "x = a()" + ".b" * n,
    "subscripts": lambda n: "x = a" + "[0]" * n,
    "not": lambda n: "x = " + "not " * n + "a",
    "minus": lambda n: "x = " + "-" * n + "a",
    "power": lambda n: "x = " + " ** ".join("a" for _ in range(n)),
    "conditional": lambda n: "x = " + "".join(f"a{i} if b{i} else " for i in range(n)) + "c",
    "lambda": lambda n: "x = " + "lambda: " * n + "a",
    "cases": lambda n: "match a:\n" + "".join(f"  case {i}: b()\n" for i in range(n)),
    "with items": lambda n: "with " + ", ".join(f"a{i}" for i in range(n)) + ": pass",
    "targets": lambda n: " = ".join(f"a{i}" for i in range(n)) + " = 1",
    "statements": lambda n: "x = f(1)\n" * n,
}


@pytest.mark.parametrize("shape", LONG)
def test_five_hundred(shape: str) -> None:
    module = lower(LONG[shape](500))
    assert check_module(module) == []
    assert dump_module(module)


@pytest.mark.parametrize("shape", LONG)
def test_beyond_all_measure(shape: str) -> None:
    """However long, the answer is a module or `TooDeep`, and the interpreter's limit is as it was."""
    limit = sys.getrecursionlimit()
    for size in (3_000, 20_000):
        # The parser has limits of its own on some nesting, and calls that a syntax error.
        with contextlib.suppress(TooDeep, SyntaxError):
            lower(LONG[shape](size))
    assert sys.getrecursionlimit() == limit


def test_nested_blocks() -> None:
    source = nested_blocks(95)
    module = lower(source)
    assert check_module(module) == []


def test_nested_functions() -> None:
    source = "".join(" " * level + f"def f{level}(a{level}):\n" for level in range(90)) + " " * 90 + "return a0\n"
    module = lower(source)
    assert check_module(module) == []
    assert module.functions["f0.<locals>.f1"].free == ("a0",)


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b.c", "1", "'s'", "d[0]", "e()", "x.y.z(1)"]),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("(lambda a: {})".format, inner),
        st.builds("[{} for a in {} if {}]".format, inner, inner, inner),
        st.builds("{{{}: {} for b, *d in {}}}".format, inner, inner, inner),
        st.builds("f({}, *{}, k={})".format, inner, inner, inner),
        st.builds("({} < {} != {})".format, inner, inner, inner),
        st.builds("(not {}).m({})[{}:]".format, inner, inner, inner),
        st.builds("f'{{{}!r}}'".format, inner.filter(lambda text: not set(text) & set("'{}:!"))),
        st.builds("(w := {})".format, inner),
    ),
    max_leaves=25,
)


def _indent(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


STATEMENTS = st.recursive(
    st.one_of(
        st.builds("{}\n".format, EXPRESSIONS),
        st.builds("a, b = {}, c\n".format, EXPRESSIONS),
        st.builds("self.x += {}\n".format, EXPRESSIONS),
        st.sampled_from(
            ["return a\n", "raise\n", "pass\n", "import a.b as c\n", "del a\n", "global g\n", "x: int\n", "yield a\n"]
        ),
    ),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds(lambda t, b: f"if {t}:\n{_indent(b)}", EXPRESSIONS, inner),
        st.builds(lambda t, b, c: f"while {t}:\n{_indent(b)}else:\n{_indent(c)}", EXPRESSIONS, inner, inner),
        st.builds(lambda t, b: f"for a, self.y in {t}:\n{_indent(b)}  break\n", EXPRESSIONS, inner),
        st.builds(lambda b, c: f"try:\n{_indent(b)}except a as e:\n{_indent(c)}finally:\n{_indent(b)}", inner, inner),
        st.builds(lambda b, c: f"try:\n{_indent(b)}except* a as e:\n{_indent(c)}", inner, inner),
        st.builds(lambda t, b: f"with {t} as (a, *b), c:\n{_indent(b)}", EXPRESSIONS, inner),
        st.builds(lambda t, b: f"match {t}:\n  case [a, {{'k': b}}] if c:\n{_indent(_indent(b))}", EXPRESSIONS, inner),
        st.builds(lambda t, b: f"def f(a, *b, c={t}):\n{_indent(b)}", EXPRESSIONS, inner),
        st.builds(lambda t, b: f"@d({t})\nclass C(B, k={t}):\n{_indent(b)}", EXPRESSIONS, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(STATEMENTS)
def test_any_nesting(source: str) -> None:
    """Whatever parses is lowered into a well-formed module, also what only the compiler would refuse."""
    module = lower(source)
    assert check_module(module) == []
    assert dump_module(module)
