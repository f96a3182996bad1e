"""Lowering of expressions that neither branch nor open a scope."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### literals
x = 1
y = -2.5, None, ..., b"b", 2j
---
  %0 = const 1
  store global x = %0
  %1 = const -2.5
  %2 = const None
  %3 = const Ellipsis
  %4 = const b'b'
  %5 = const 2j
  %6 = tuple(%1, %2, %3, %4, %5)
  store global y = %6
### operators
a + b - c * d
-a, ~b, +c
not a
---
  %0 = global a
  %1 = global b
  %2 = %0 + %1
  %3 = global c
  %4 = global d
  %5 = %3 * %4
  %6 = %2 - %5
  %7 = global a
  %8 = - %7
  %9 = global b
  %10 = ~ %9
  %11 = global c
  %12 = + %11
  %13 = tuple(%8, %10, %12)
  %14 = global a
  %15 = not %14
### comparison
a < b
a is not b
a not in b
---
  %0 = global a
  %1 = global b
  %2 = %0 < %1
  %3 = global a
  %4 = global b
  %5 = %3 is not %4
  %6 = global a
  %7 = global b
  %8 = %6 not in %7
### attributes of a value
def f(self):
    return self.layer.weight.data
---
  %0 = function f
  store global f = %0

function f(self)
  %0 = local self
  %1 = %0.layer
  %2 = %1.weight
  %3 = %2.data
  return %3
### path from an import
import torch.nn.functional as F
import numpy
def f(x):
    return F.relu, numpy.random.rand
---
module pkg.m
  import F = torch.nn.functional
  import numpy = numpy

  %0 = import torch.nn.functional
  store global F = %0
  %1 = import numpy
  store global numpy = %1
  %2 = function f
  store global f = %2

function f(x)
  %0 = path F.relu
  %1 = path numpy.random.rand
  %2 = tuple(%0, %1)
  return %2
### path from a builtin
str.join
---
  %0 = path str.join
### no path from what the module binds
torch = load()
torch.relu
---
  %0 = global load
  %1 = call load()
  store global torch = %1
  %2 = global torch
  %3 = %2.relu
### call of a path, a method and a value
import torch
def f(x, g):
    torch.relu(x)
    x.relu().add_(1)
    g(x)
---
module pkg.m
  import torch = torch

  %0 = import torch
  store global torch = %0
  %1 = function f
  store global f = %1

function f(x, g)
  %0 = path torch.relu
  %1 = local x
  %2 = call torch.relu(%1)
  %3 = local x
  %4 = call %3.relu()
  %5 = const 1
  %6 = call %4.add_(%5)
  %7 = local g
  %8 = local x
  %9 = call g(%8)
### arguments
f(a, *b, c, k=d, **e)
---
  %0 = global f
  %1 = global a
  %2 = global b
  %3 = global c
  %4 = global d
  %5 = global e
  %6 = call f(%1, *%2, %3, k=%4, **%5)
### subscripts
a[0]
a[1:]
a[::2, ..., None]
a[*b]
---
  %0 = global a
  %1 = const 0
  %2 = %0[%1]
  %3 = global a
  %4 = const 1
  %5 = slice(%4, _, _)
  %6 = %3[%5]
  %7 = global a
  %8 = const 2
  %9 = slice(_, _, %8)
  %10 = const Ellipsis
  %11 = const None
  %12 = tuple(%9, %10, %11)
  %13 = %7[%12]
  %14 = global a
  %15 = global b
  %16 = tuple(*%15)
  %17 = %14[%16]
### displays
(1, *a)
[1]
{1, 2}
{1: a, **b}
()
---
  %0 = const 1
  %1 = global a
  %2 = tuple(%0, *%1)
  %3 = const 1
  %4 = list(%3)
  %5 = const 1
  %6 = const 2
  %7 = set(%5, %6)
  %8 = const 1
  %9 = global a
  %10 = global b
  %11 = dict(%8: %9, **%10)
  %12 = tuple()
### strings
f"a{x}{y!r:>{w}}"
---
  %0 = const 'a'
  %1 = global x
  %2 = global y
  %3 = const '>'
  %4 = global w
  %5 = string(%3, %4)
  %6 = opaque <format !r>(%2, %5)
  %7 = string(%0, %1, %6)
### walrus
f(y := 1)
---
  %0 = global f
  %1 = const 1
  store global y = %1
  %2 = call f(%1)
### await and yield
async def f(x):
    await x
    yield 1
def g(x):
    y = yield
    return (yield from x)
---
  %0 = function f
  store global f = %0
  %1 = function g
  store global g = %1

async generator f(x)
  %0 = local x
  %1 = await %0
  %2 = const 1
  %3 = yield %2

generator g(x)
  %0 = const None
  %1 = yield %0
  store local y = %1
  %2 = local x
  %3 = yield from %2
  return %3
### lambda
f = lambda x, *a, k=1: x + k
---
  %0 = const 1
  %1 = function <lambda>:1:4(k=%0)
  store global f = %1

lambda <lambda>:1:4(x, *a, k=...)
  %0 = local x
  %1 = local k
  %2 = %0 + %1
  return %2
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
