"""Lowering of ``match``."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### values
match x:
    case 1: a()
    case None: b()
    case m.C: c()
    case _: d()
---
  %0 = global x
  %1 = const 1
  %2 = %0 == %1
  if %2:
    %3 = global a
    %4 = call a()
  else:
    %5 = const None
    %6 = %0 is %5
    if %6:
      %7 = global b
      %8 = call b()
    else:
      %9 = path m.C
      %10 = %0 == %9
      if %10:
        %11 = global c
        %12 = call c()
      else:
        %13 = global d
        %14 = call d()
### capture
match f():
    case y: a(y)
---
  %0 = global f
  %1 = call f()
  store global y = %1
  %2 = global a
  %3 = global y
  %4 = call a(%3)
### guard
match x:
    case y if y > 1: a()
    case _: b()
---
  %0 = global x
  store global y = %0
  %1 = global y
  %2 = const 1
  %3 = %1 > %2
  if %3:  [y > 1]
    %4 = global a
    %5 = call a()
  else:
    %6 = global b
    %7 = call b()
### sequence
match x:
    case [a, *b, c]: d()
    case (_, _): e()
    case [*_]: g()
---
  %0 = global x
  %1 = opaque <match sequence 2+>(%0)
  if %1:
    %2 = const 0
    %3 = %0[%2]
    %4 = const 1
    %5 = const -1
    %6 = slice(%4, %5, _)
    %7 = %0[%6]
    %8 = list(*%7)
    %9 = const -1
    %10 = %0[%9]
    store global a = %3
    store global b = %8
    store global c = %10
    %11 = global d
    %12 = call d()
  else:
    %13 = opaque <match sequence 2>(%0)
    if %13:
      %14 = global e
      %15 = call e()
    else:
      %16 = opaque <match sequence 0+>(%0)
      if %16:
        %17 = global g
        %18 = call g()
### mapping
match x:
    case {"k": 1, **rest}: a()
---
  %0 = global x
  %1 = const 'k'
  %2 = opaque <match mapping>(%0, %1)
  %7 = const False
  store local %case.1 = %7
  if %2:
    %3 = %0[%1]
    %4 = const 1
    %5 = %3 == %4
    if %5:
      %6 = opaque <match rest>(%0, %1)
      store global rest = %6
      %8 = const True
      store local %case.1 = %8
  %9 = local %case.1
  if %9:
    %10 = global a
    %11 = call a()
### class
match x:
    case C(a, k=b): d()
    case str(): e()
---
  %0 = global x
  %1 = global C
  %2 = opaque <match class 1 k>(%0, %1)
  if %2:
    %3 = opaque <match argument 0>(%0, %1)
    %4 = %0.k
    store global a = %3
    store global b = %4
    %5 = global d
    %6 = call d()
  else:
    %7 = global str
    %8 = opaque <match class 0>(%0, %7)
    if %8:
      %9 = global e
      %10 = call e()
### alternatives
match x:
    case 1 | 2: a()
    case [y] | y: b()
---
  %0 = global x
  %1 = const False
  store local %or.1 = %1
  %2 = const 1
  %3 = %0 == %2
  if %3:
    %4 = const True
    store local %or.1 = %4
  %5 = local %or.1
  if %5:
  else:
    %6 = const 2
    %7 = %0 == %6
    if %7:
      %8 = const True
      store local %or.1 = %8
  %9 = local %or.1
  if %9:
    %10 = global a
    %11 = call a()
  else:
    %12 = const False
    store local %or.2 = %12
    %13 = opaque <match sequence 1>(%0)
    if %13:
      %14 = const 0
      %15 = %0[%14]
      store global y = %15
      %16 = const True
      store local %or.2 = %16
    %17 = local %or.2
    if %17:
    else:
      store global y = %0
      %18 = const True
      store local %or.2 = %18
    %19 = local %or.2
    if %19:
      %20 = global b
      %21 = call b()
### nested with a guard
match x:
    case {"k": [y]} if y: a()
    case _: b()
---
  %0 = global x
  %1 = const 'k'
  %2 = opaque <match mapping>(%0, %1)
  %7 = const False
  store local %case.1 = %7
  if %2:
    %3 = %0[%1]
    %4 = opaque <match sequence 1>(%3)
    if %4:
      %5 = const 0
      %6 = %3[%5]
      store global y = %6
      %8 = global y
      if %8:  [y]
        %9 = const True
        store local %case.1 = %9
  %10 = local %case.1
  if %10:
    %11 = global a
    %12 = call a()
  else:
    %13 = global b
    %14 = call b()
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
