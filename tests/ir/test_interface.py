"""What `lower_module` promises about a module as a whole."""

from __future__ import annotations

import gc
import warnings

import pytest

from statelint.ir import ModuleIR, lower_module


def lower(source: str, module: str = "pkg.sub.m", is_package: bool = False) -> ModuleIR:
    return lower_module(source, "m.py", module, is_package)


@pytest.mark.parametrize(
    ("source", "module", "is_package", "expected"),
    [
        ("from . import x", "a.b.c", False, ("a.b", "x")),
        ("from . import x", "a.b.c", True, ("a.b.c", "x")),
        ("from .d import x", "a.b.c", True, ("a.b.c.d", "x")),
        ("from ..d import x", "a.b.c", False, ("a.d", "x")),
        ("from ..d import x", "a.b.c", True, ("a.b.d", "x")),
        ("from ... import x", "a.b.c", True, ("a", "x")),
        ("from .d import x", "a", False, ("d", "x")),
        ("from . import x", "a", False, (".", "x")),
        ("from ....d import x", "a.b", False, ("....d", "x")),
        ("from d import y as x", "a", False, ("d", "y")),
        ("import d.e as x", "a", False, ("d.e", "")),
        ("import x.y.z", "a", False, ("x", "")),
    ],
)
def test_imports_are_absolute(source: str, module: str, is_package: bool, expected: tuple[str, str]) -> None:
    assert lower(source, module, is_package).imports == {"x": expected}


def test_the_last_import_counts_and_fallbacks_do_not() -> None:
    assert lower("import a as x\nimport b as x").imports["x"] == ("b", "")
    assert lower("try: import a as x\nexcept ImportError: import b as x").imports["x"] == ("a", "")
    assert lower("if t: import a as x\nelse: import b as x").imports["x"] == ("a", "")
    assert lower("try: pass\nexcept ImportError: import b as x").imports["x"] == ("b", "")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", None),
        ("__all__ = []", ()),
        ("__all__: list[str] = ['a', 'b']", ("a", "b")),
        ("__all__ = ('a',) + ('b',)\n__all__ += ['c']", ("a", "b", "c")),
        ("__all__ = ['a']\n__all__ = ['b']", ("b",)),
        ("if x:\n  __all__ = ['a']", ("a",)),
        ("__all__ = names()", None),
        ("__all__ = ['a', b]", None),
        ("__all__ = ['a']\n__all__.remove('a')", None),
        ("def f():\n  __all__ = ['a']", None),
    ],
)
def test_exports(source: str, expected: tuple[str, ...] | None) -> None:
    assert lower(source).exports == expected


def test_docstrings() -> None:
    module = lower("'''Module.\n\nMore.'''\nclass C:\n  'Class.'\n  def f(self):\n    'Function.'\n")
    assert module.body.docstring == "Module.\n\nMore."
    assert module.classes["C"].docstring == "Class."
    assert module.functions["C.f"].docstring == "Function."
    assert module.functions["C.f"].body == ()


def test_record_of_a_method() -> None:
    module = lower("def f():\n  class C:\n    def m(self): return lambda: 1\n")
    method = module.functions["f.<locals>.C.m"]
    assert (method.name, method.class_qualname, method.parent) == ("m", "f.<locals>.C", "f.<locals>.C.<body>")
    assert module.classes["f.<locals>.C"].parent == "f"
    inner = module.functions["<lambda>:3:24"]
    assert (inner.name, inner.class_qualname, inner.parent) == ("<lambda>", "", "f.<locals>.C.m")


@pytest.mark.parametrize("source", ["x = ", "def f(:", "f'{'", "\x00", "x = 1\x00", "  x", "\ud800"])
def test_errors_of_the_parser_pass(source: str) -> None:
    # Null bytes are a ValueError up to 3.11.3 and a SyntaxError since; a lone surrogate is an encoding error.
    with pytest.raises((SyntaxError, ValueError)):
        lower(source)


def test_the_parser_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lower("x = '\\d'\nif x is 'a': pass\n")


def test_garbage_collection_is_as_before() -> None:
    lower("x")
    assert gc.isenabled()
    gc.disable()
    try:
        lower("x")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_result_is_the_same_each_time() -> None:
    source = "def f(c, b, a):\n  def g(): return a, b, c\n  global z, y\n  y = z = 1\n"
    assert lower(source) == lower(source)
    assert lower(source).functions["f"].cells == ("a", "b", "c")
    assert lower(source).functions["f"].globals_written == ("y", "z")
