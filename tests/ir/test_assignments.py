"""Lowering of assignment in all its forms, and of ``del``."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### name, attribute, item
x = 1
a.b = x
a[0] = x
---
  %0 = const 1
  store global x = %0
  %1 = global x
  %2 = global a
  set %2.b = %1
  %3 = global x
  %4 = global a
  %5 = const 0
  set %4[%5] = %3
### several targets
x = a.b = c()
---
  %0 = global c
  %1 = call c()
  store global x = %1
  %2 = global a
  set %2.b = %1
### unpacking
a, *b = c
[a, (b, c.d)] = e
---
  %0 = global c
  (%1, *%2) = unpack %0
  store global a = %1
  store global b = %2
  %3 = global e
  (%4, %5) = unpack %3
  store global a = %4
  (%6, %7) = unpack %5
  store global b = %6
  %8 = global c
  set %8.d = %7
### exchange without a tuple
a, b = b, a
---
  %0 = global b
  %1 = global a
  store global a = %0
  store global b = %1
### augmented
x += 1
a.b -= c
a[i] *= 2
f().x[i + 1] @= c
---
  %0 = global x
  %1 = const 1
  %2 = %0 += %1  (x)
  store global x = %2
  %3 = global a
  %4 = %3.b
  %5 = global c
  %6 = %4 -= %5  (a.b)
  set %3.b = %6
  %7 = global a
  %8 = global i
  %9 = %7[%8]
  %10 = const 2
  %11 = %9 *= %10  (a[i])
  set %7[%8] = %11
  %12 = global f
  %13 = call f()
  %14 = %13.x
  %15 = global i
  %16 = const 1
  %17 = %15 + %16
  %18 = %14[%17]
  %19 = global c
  %20 = %18 @= %19  (f().x[i + 1])
  set %14[%17] = %20
### annotated
x: int = 1
y: "list[str]"
a.b: int
f()[0]: int = 3
---
module <module> [annotations x: int, y: list[str]]
  %0 = const 1
  store global x = %0
  %1 = global a
  %2 = const 3
  %3 = global f
  %4 = call f()
  %5 = const 0
  set %4[%5] = %2
### delete
del x, a.b, (c[0], d)
---
  delete global x
  %0 = global a
  delete %0.b
  %1 = global c
  %2 = const 0
  delete %1[%2]
  delete global d
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
