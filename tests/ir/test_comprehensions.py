"""Lowering of comprehensions."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### list
x = [f(y) for y in ys if y]
---
  %0 = global ys
  %1 = list()
  for %2 in %0:
    store local %y.1 = %2
    %3 = local %y.1
    if %3:  [y]
      %4 = global f
      %5 = local %y.1
      %6 = call f(%5)
      append %1 <- %6
  store global x = %1
### dictionary and set
def f(ys):
    return {k: v for k, v in ys}, {y for y in ys}
---
  %0 = function f
  store global f = %0

function f(ys)
  %0 = local ys
  %1 = dict()
  for %2 in %0:
    (%3, %4) = unpack %2
    store local %k.1 = %3
    store local %v.1 = %4
    %5 = local %k.1
    %6 = local %v.1
    append %1 <- %5: %6
  %7 = local ys
  %8 = set()
  for %9 in %7:
    store local %y.2 = %9
    %10 = local %y.2
    append %8 <- %10
  %11 = tuple(%1, %8)
  return %11
### generator expression
sum(y for y in ys)
---
  %0 = global sum
  %1 = global ys
  %2 = generator()
  for %3 in %1:
    store local %y.1 = %3
    %4 = local %y.1
    append %2 <- %4
  %5 = call sum(%2)
### nested loops, conditions between them
[a for b in c if b if not d for a in b]
---
  %0 = global c
  %1 = list()
  for %2 in %0:
    store local %b.1 = %2
    %3 = local %b.1
    if %3:  [b]
      %4 = global d
      if %4:  [d]
      else:
        %5 = local %b.1
        for %6 in %5:
          store local %a.1 = %6
          %7 = local %a.1
          append %1 <- %7
### nested comprehension
[[x for x in x] for x in x]
---
  %0 = global x
  %1 = list()
  for %2 in %0:
    store local %x.1 = %2
    %3 = local %x.1
    %4 = list()
    for %5 in %3:
      store local %x.2 = %5
      %6 = local %x.2
      append %4 <- %6
    append %1 <- %4
### asynchronous
async def f(ys):
    return [await y async for y in ys]
---
  %0 = function f
  store global f = %0

async function f(ys)
  %0 = local ys
  %1 = list()
  async for %2 in %0:
    store local %y.1 = %2
    %3 = local %y.1
    %4 = await %3
    append %1 <- %4
  return %1
### walrus binds outside
def f(ys):
    [z := y for y in ys]
    return z
---
  %0 = function f
  store global f = %0

function f(ys)
  %0 = local ys
  %1 = list()
  for %2 in %0:
    store local %y.1 = %2
    %3 = local %y.1
    store local z = %3
    append %1 <- %3
  %4 = local z
  return %4
### a captured target is a cell
def f(ys):
    return [lambda: y for y in ys]
---
  %0 = function f
  store global f = %0

function f(ys) [cells %y.1]
  %0 = local ys
  %1 = list()
  for %2 in %0:
    store cell %y.1 = %2
    %3 = function <lambda>:2:12
    append %1 <- %3
  return %1

lambda <lambda>:2:12() [free %y.1]
  %0 = free %y.1
  return %0
### names of a class body are out of sight, but for the first iterable
class C:
    x = 1
    y = [x for _ in x]
---
  %0 = class C()
  store global C = %0

class C()
  assigned x, y

class C.<body>
  %0 = const 1
  store class x = %0
  %1 = class x
  %2 = list()
  for %3 in %1:
    store local %_.1 = %3
    %4 = global x
    append %2 <- %4
  store class y = %2
### captured in a module
[lambda: y for y in ys]
---
module <module> [cells %y.1]
  %0 = global ys
  %1 = list()
  for %2 in %0:
    store cell %y.1 = %2
    %3 = function <lambda>:1:1
    append %1 <- %3

lambda <lambda>:1:1() [free %y.1]
  %0 = free %y.1
  return %0
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
