"""Lowering of tests and short circuits, with the keys of branches."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### and
x = a and b
---
  %0 = global a
  store local %bool.1 = %0
  if %0:  [a]
    %1 = global b
    store local %bool.1 = %1
  %2 = local %bool.1
  store global x = %2
### or
x = a or b or c
---
  %0 = global a
  store local %bool.1 = %0
  if %0:  [a]
  else:
    %1 = global b
    store local %bool.1 = %1
    if %1:  [b]
    else:
      %2 = global c
      store local %bool.1 = %2
  %3 = local %bool.1
  store global x = %3
### not in a value
x = not a and b
---
  %0 = global a
  %1 = not %0
  store local %bool.1 = %1
  if %0:  [a]
  else:
    %2 = global b
    store local %bool.1 = %2
  %3 = local %bool.1
  store global x = %3
### negated comparison in a value
x = a is not None and b
---
  %0 = global a
  %1 = const None
  %2 = %0 is not %1
  %3 = not %2
  store local %bool.1 = %2
  if %3:  [a is None]
  else:
    %4 = global b
    store local %bool.1 = %4
  %5 = local %bool.1
  store global x = %5
### chained comparison
x = a < b < c
---
  %0 = global a
  %1 = global b
  %2 = %0 < %1
  store local %bool.1 = %2
  if %2:
    %3 = global c
    %4 = %1 < %3
    store local %bool.1 = %4
  %5 = local %bool.1
  store global x = %5
### conditional expression
x = a if t else b
---
  %0 = global t
  if %0:  [t]
    %1 = global a
    store local %if.1 = %1
  else:
    %2 = global b
    store local %if.1 = %2
  %3 = local %if.1
  store global x = %3
### negated test swaps the branches
if not a:
    f()
else:
    g()
---
  %0 = global a
  if %0:  [a]
    %3 = global g
    %4 = call g()
  else:
    %1 = global f
    %2 = call f()
### negated comparisons are their opposites
if a is not None: f()
if a != b: g()
if a not in b: h()
if not a == b: i()
---
module <module> [repeated a == b]
  %0 = global a
  %1 = const None
  %2 = %0 is %1
  if %2:  [a is None]
  else:
    %3 = global f
    %4 = call f()
  %5 = global a
  %6 = global b
  %7 = %5 == %6
  if %7:  [a == b]
  else:
    %8 = global g
    %9 = call g()
  %10 = global a
  %11 = global b
  %12 = %10 in %11
  if %12:  [a in b]
  else:
    %13 = global h
    %14 = call h()
  %15 = global a
  %16 = global b
  %17 = %15 == %16
  if %17:  [a == b]
  else:
    %18 = global i
    %19 = call i()
### conjunction without else is nested
if a and not b.c:
    f()
---
  %0 = global a
  if %0:  [a]
    %1 = path b.c
    if %1:  [b.c]
    else:
      %2 = global f
      %3 = call f()
### conjunction with else is a value
if a and b:
    f()
else:
    g()
---
  %0 = global a
  store local %bool.1 = %0
  if %0:  [a]
    %1 = global b
    store local %bool.1 = %1
  %2 = local %bool.1
  if %2:  [a and b]
    %3 = global f
    %4 = call f()
  else:
    %5 = global g
    %6 = call g()
### repeated keys
def f(self, x):
    if self.training:
        x = g(x)
    if not self.training:
        x = h(x)
    if x is None:
        return x
---
  %0 = function f
  store global f = %0

function f(self, x) [repeated self.training]
  %0 = local self
  %1 = %0.training
  if %1:  [self.training]
    %2 = global g
    %3 = local x
    %4 = call g(%3)
    store local x = %4
  %5 = local self
  %6 = %5.training
  if %6:  [self.training]
  else:
    %7 = global h
    %8 = local x
    %9 = call h(%8)
    store local x = %9
  %10 = local x
  %11 = const None
  %12 = %10 is %11
  if %12:  [x is None]
    %13 = local x
    return %13
### keys of calls and subscripts
if isinstance(a, b) or c[1:, "k"]: f()
if (a + b) * -c > d(1, *e, k=2, **g): f()
---
  %0 = global isinstance
  %1 = global a
  %2 = global b
  %3 = call isinstance(%1, %2)
  store local %bool.1 = %3
  if %3:  [isinstance(a, b)]
  else:
    %4 = global c
    %5 = const 1
    %6 = slice(%5, _, _)
    %7 = const 'k'
    %8 = tuple(%6, %7)
    %9 = %4[%8]
    store local %bool.1 = %9
  %10 = local %bool.1
  if %10:  [isinstance(a, b) or c[1:, 'k']]
    %11 = global f
    %12 = call f()
  %13 = global a
  %14 = global b
  %15 = %13 + %14
  %16 = global c
  %17 = - %16
  %18 = %15 * %17
  %19 = global d
  %20 = const 1
  %21 = global e
  %22 = const 2
  %23 = global g
  %24 = call d(%20, *%21, k=%22, **%23)
  %25 = %18 > %24
  if %25:  [((a + b) * (-c)) > d(1, *e, k=2, **g)]
    %26 = global f
    %27 = call f()
### what has no key
if [a]: f()
if (lambda: a): f()
if aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa < bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: f()
---
  %0 = global a
  %1 = list(%0)
  if %1:
    %2 = global f
    %3 = call f()
  %4 = function <lambda>:2:4
  if %4:
    %5 = global f
    %6 = call f()
  %7 = global aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  %8 = global bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  %9 = %7 < %8
  if %9:
    %10 = global f
    %11 = call f()

lambda <lambda>:2:4()
  %0 = global a
  return %0
### assert
assert a
assert not a, b
---
module <module> [repeated a]
  %0 = global a
  if %0:  [a]
  else:
    %1 = global AssertionError
    raise %1
  %2 = global a
  if %2:  [a]
    %3 = global AssertionError
    %4 = global b
    %5 = call AssertionError(%4)
    raise %5
### elif
if a: f()
elif b: g()
else: h()
---
  %0 = global a
  if %0:  [a]
    %1 = global f
    %2 = call f()
  else:
    %3 = global b
    if %3:  [b]
      %4 = global g
      %5 = call g()
    else:
      %6 = global h
      %7 = call h()
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
