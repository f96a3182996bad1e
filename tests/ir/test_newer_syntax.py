"""Syntax that came after Python 3.11. What the running Python cannot parse is skipped."""

from __future__ import annotations

import sys

import pytest

from .golden import show
from .test_semantics import assert_same

since_312 = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
since_313 = pytest.mark.skipif(sys.version_info < (3, 13), reason="syntax of Python 3.13")
since_314 = pytest.mark.skipif(sys.version_info < (3, 14), reason="syntax of Python 3.14")

TYPE_PARAMETERS = """\
def f[T: int, *Ts, **P](x: T, y=1) -> T:
    return T, x
class C[T](Base[T]):
    def m(self):
        return T
type A[T] = list[T]
"""
TYPE_PARAMETERS_DUMP = """\
module <module> [cells %P.3, %T.1, %T.4, %Ts.2]
  %0 = const 1
  %1 = opaque <type parameter>()
  store cell %T.1 = %1
  %2 = opaque <type parameter>()
  store cell %Ts.2 = %2
  %3 = opaque <type parameter>()
  store cell %P.3 = %3
  %4 = function f(%0)
  store global f = %4
  %5 = opaque <type parameter>()
  store cell %T.4 = %5
  %6 = global Base
  %7 = cell %T.4
  %8 = %6[%7]
  %9 = class C(%8)
  store global C = %9
  %10 = opaque <type alias>()
  store global A = %10

function f(x: T, y=...) -> T [free %T.1]
  %0 = free %T.1
  %1 = local x
  %2 = tuple(%0, %1)
  return %2

class C(Base)
  method m = C.m

class C.<body> [free %T.4]
  %0 = function C.m
  store class m = %0

function C.m(self) [free %T.4]
  %0 = free %T.4
  return %0
"""


@since_312
def test_type_parameters() -> None:
    assert show(TYPE_PARAMETERS) == TYPE_PARAMETERS_DUMP


@since_312
@pytest.mark.parametrize(
    "source",
    [
        "def f[T](x: T, y=2) -> T: return x + y\nlog(f(1))",
        "T = 'outer'\nclass C[T]:\n  log(T is None)\n  def m(self): return T is None\nlog(C().m(), T)",
        "def g():\n  def f[T](x):\n    def h(): return T is None\n    return h()\n  return f(1)\nlog(g())",
        "def g(a):\n  class C[T]:\n    def m(self): return a, T is None\n  return C().m()\nlog(g(1))",
        "class B:\n  def __class_getitem__(c, f): log(f() is None); return c\n"
        "class D(B): pass\nclass C[T](D[lambda: T], B[[T for T in (T, 1)][1] and (lambda: T)]): pass",
        "def f[T](): return [lambda: T for T in (T, 1)][1]()\nlog(f())",
        "type X = undefined\nlog(X is None)",
        "@lambda f: f\ndef f[T](): return [T is None for _ in range(2)], (lambda: T is None)()\nlog(f())",
        "x = {'a': [1]}\nlog(f'{x['a'][0]}{f'{'nested'}'}{'\\n'.join('ab')}')",
    ],
)
def test_semantics_312(source: str) -> None:
    assert_same(source)


@since_313
def test_default_of_a_type_parameter() -> None:
    assert "cell %T.1" in show("class C[T = int]: pass")


@since_314
def test_template_string() -> None:
    assert "string(%0, %1)" in show('t"a{x}"')


@since_314
def test_handlers_without_parentheses() -> None:
    assert_same("try: {}[1]\nexcept ValueError, KeyError: log('caught')")
