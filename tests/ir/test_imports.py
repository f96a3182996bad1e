"""Imports and the interface of a module."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### forms
import a
import b.c
import d.e as f
from g import h, i as j
from k import *
---
module pkg.m
  import a = a
  import b = b
  import f = d.e
  import h = g:h
  import j = g:i
  import * from k

  %0 = import a
  store global a = %0
  %1 = import b
  store global b = %1
  %2 = import d.e
  store global f = %2
  %3 = import g:h
  store global h = %3
  %4 = import g:i
  store global j = %4
  %5 = import k:*
### relative
from . import a
from .b import c
from ..d import e
from .. import g
---
module pkg.m
  import a = pkg:a
  import c = pkg.b:c
  import e = d:e
  import g = ..:g

  %0 = import pkg:a
  store global a = %0
  %1 = import pkg.b:c
  store global c = %1
  %2 = import d:e
  store global e = %2
  %3 = import ..:g
  store global g = %3
### conditional
try:
    import a as x
except ImportError:
    import b as x
if TYPE_CHECKING:
    from t import T
else:
    T = U = None
with w:
    import z
---
module pkg.m
  import x = a
  import T = t:T
  import z = z

  try:
    %0 = import a
    store global x = %0
  except:
    %1 = global ImportError
  catch %1 as %2:
    %3 = import b
    store global x = %3
  %4 = global TYPE_CHECKING
  if %4:  [TYPE_CHECKING]
    %5 = import t:T
    store global T = %5
  else:
    %6 = const None
    store global T = %6
    store global U = %6
  %7 = global w
  with %7 as %8:
    %9 = import z
    store global z = %9
### exports
__all__ = ["a"] + ["b"]
__all__ += ("c",)
__all__.extend(["d"])
__all__.append("e")
---
module pkg.m
  exports a, b, c, d, e

  %0 = const 'a'
  %1 = list(%0)
  %2 = const 'b'
  %3 = list(%2)
  %4 = %1 + %3
  store global __all__ = %4
  %5 = global __all__
  %6 = const 'c'
  %7 = tuple(%6)
  %8 = %5 += %7  (__all__)
  store global __all__ = %8
  %9 = global __all__
  %10 = const 'd'
  %11 = list(%10)
  %12 = call %9.extend(%11)
  %13 = global __all__
  %14 = const 'e'
  %15 = call %13.append(%14)
### exports that are no literal
__all__ = ["a"]
__all__ += other.__all__
---
  %0 = const 'a'
  %1 = list(%0)
  store global __all__ = %1
  %2 = global __all__
  %3 = path other.__all__
  %4 = %2 += %3  (__all__)
  store global __all__ = %4
### global writes
import n
def f():
    global x, n, y
    x = 1
    import n
x.y
n.y
---
module pkg.m
  import n = n
  written by functions: n, x

  %0 = import n
  store global n = %0
  %1 = function f
  store global f = %1
  %2 = global x
  %3 = %2.y
  %4 = path n.y

function f() [globals n, x]
  %0 = const 1
  store global x = %0
  %1 = import n
  store global n = %1
### inside a function
def f():
    import torch.nn
    return torch.nn.relu
---
  %0 = function f
  store global f = %0

function f()
  %0 = import torch
  store local torch = %0
  %1 = local torch
  %2 = %1.nn
  %3 = %2.relu
  return %3
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
