"""Scopes: local, cell, free, global, class."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### local and global
def f(a):
    b = a
    return c
---
  %0 = function f
  store global f = %0

function f(a)
  %0 = local a
  store local b = %0
  %1 = global c
  return %1
### captured
def f(a):
    b = 1
    def g():
        return a
    return b
---
  %0 = function f
  store global f = %0

function f(a) [cells a]
  %0 = const 1
  store local b = %0
  %1 = function f.<locals>.g
  store local g = %1
  %2 = local b
  return %2

function f.<locals>.g() [free a]
  %0 = free a
  return %0
### passed through
def f(a):
    def g():
        def h():
            return a
---
  %0 = function f
  store global f = %0

function f(a) [cells a]
  %0 = function f.<locals>.g
  store local g = %0

function f.<locals>.g() [free a]
  %0 = function f.<locals>.g.<locals>.h
  store local h = %0

function f.<locals>.g.<locals>.h() [free a]
  %0 = free a
  return %0
### nonlocal
def f():
    n = 0
    def g():
        nonlocal n
        n += 1
---
  %0 = function f
  store global f = %0

function f() [cells n]
  %0 = const 0
  store cell n = %0
  %1 = function f.<locals>.g
  store local g = %1

function f.<locals>.g() [free n]
  %0 = free n
  %1 = const 1
  %2 = %0 += %1  (n)
  store free n = %2
### global
def f():
    global n, m
    n = 1
    def g():
        return n
    return m
---
module pkg.m
  written by functions: n

  %0 = function f
  store global f = %0

function f() [globals n]
  %0 = const 1
  store global n = %0
  %1 = function f.<locals>.g
  store local g = %1
  %2 = global m
  return %2

function f.<locals>.g()
  %0 = global n
  return %0
### global cuts the enclosing function off
def f():
    x = 1
    def g():
        global x
        def h():
            return x
    return x
---
  %0 = function f
  store global f = %0

function f()
  %0 = const 1
  store local x = %0
  %1 = function f.<locals>.g
  store local g = %1
  %2 = local x
  return %2

function f.<locals>.g()
  %0 = function f.<locals>.g.<locals>.h
  store local h = %0

function f.<locals>.g.<locals>.h()
  %0 = global x
  return %0
### lambda
def f(a, b):
    return lambda c=b: a + c
---
  %0 = function f
  store global f = %0

function f(a, b) [cells a]
  %0 = local b
  %1 = function <lambda>:2:11(%0)
  return %1

lambda <lambda>:2:11(c=...) [free a]
  %0 = free a
  %1 = local c
  %2 = %0 + %1
  return %2
### lambda in a lambda
def f(a):
    return lambda: lambda: a
---
  %0 = function f
  store global f = %0

function f(a) [cells a]
  %0 = function <lambda>:2:11
  return %0

lambda <lambda>:2:11() [free a]
  %0 = function <lambda>:2:19
  return %0

lambda <lambda>:2:19() [free a]
  %0 = free a
  return %0
### class body
class C:
    a = 1
    b = a
    def m(self):
        return a
---
  %0 = class C()
  store global C = %0

class C()
  method m = C.m
  assigned a, b

class C.<body>
  %0 = const 1
  store class a = %0
  %1 = class a
  store class b = %1
  %2 = function C.m
  store class m = %2

function C.m(self)
  %0 = global a
  return %0
### class in a function
def f(a):
    class C:
        x = a
        def m(self):
            return a, C
---
  %0 = function f
  store global f = %0

function f(a) [cells C, a]
  %0 = class f.<locals>.C()
  store cell C = %0

class f.<locals>.C()
  method m = f.<locals>.C.m
  assigned x

class f.<locals>.C.<body> [free C, a]
  %0 = free a
  store class x = %0
  %1 = function f.<locals>.C.m
  store class m = %1

function f.<locals>.C.m(self) [free C, a]
  %0 = free a
  %1 = free C
  %2 = tuple(%0, %1)
  return %2
### walrus makes a local
def f(a):
    if (b := a): pass
    return (lambda: b)
---
  %0 = function f
  store global f = %0

function f(a) [cells b]
  %0 = local a
  store cell b = %0
  if %0:
  %1 = function <lambda>:3:12
  return %1

lambda <lambda>:3:12() [free b]
  %0 = free b
  return %0
### walrus in a lambda is its own
def f(b):
    return lambda: (b := 1)
---
  %0 = function f
  store global f = %0

function f(b)
  %0 = function <lambda>:2:11
  return %0

lambda <lambda>:2:11()
  %0 = const 1
  store local b = %0
  return %0
### import, for, with, except, match, del bind
def f(s):
    import a.b
    for c in s: pass
    with s as d: pass
    try: pass
    except E as e: pass
    match s:
        case [g, *h] | {"k": g, **h}: pass
    del i
    return a, c, d, e, g, h, i
---
  %0 = function f
  store global f = %0

function f(s)
  %0 = import a
  store local a = %0
  %1 = local s
  for %2 in %1:
    store local c = %2
  %3 = local s
  with %3 as %4:
    store local d = %4
  try:
  except:
    %5 = global E
  catch %5 as %6:
    store local e = %6
    delete local e
  %7 = local s
  %8 = const False
  store local %or.1 = %8
  %9 = opaque <match sequence 1+>(%7)
  if %9:
    %10 = const 0
    %11 = %7[%10]
    %12 = const 1
    %13 = slice(%12, _, _)
    %14 = %7[%13]
    %15 = list(*%14)
    store local g = %11
    store local h = %15
    %16 = const True
    store local %or.1 = %16
  %17 = local %or.1
  if %17:
  else:
    %18 = const 'k'
    %19 = opaque <match mapping>(%7, %18)
    if %19:
      %20 = %7[%18]
      %21 = opaque <match rest>(%7, %18)
      store local g = %20
      store local h = %21
      %22 = const True
      store local %or.1 = %22
  %23 = local %or.1
  if %23:
  delete local i
  %24 = local a
  %25 = local c
  %26 = local d
  %27 = local e
  %28 = local g
  %29 = local h
  %30 = local i
  %31 = tuple(%24, %25, %26, %27, %28, %29, %30)
  return %31
### an annotation alone makes a local
def f():
    x: int
    (y): int
    return x, y
---
  %0 = function f
  store global f = %0

function f() [annotations x: int, y: int]
  %0 = local x
  %1 = global y
  %2 = tuple(%0, %1)
  return %2
### default and decorator belong outside
def f(a):
    @d(lambda: a)
    def g(a=a):
        return a
---
  %0 = function f
  store global f = %0

function f(a) [cells a]
  %0 = global d
  %1 = function <lambda>:2:7
  %2 = call d(%1)
  %3 = cell a
  %4 = function f.<locals>.g(%3)
  %5 = call %2(%4)
  store local g = %5

lambda <lambda>:2:7() [free a]
  %0 = free a
  return %0

function f.<locals>.g(a=...) [decorators d]
  %0 = local a
  return %0
### name of a handler inside a closure
def f():
    try: pass
    except E as e:
        return lambda: e
---
  %0 = function f
  store global f = %0

function f() [cells e]
  try:
  except:
    %0 = global E
  catch %0 as %1:
    store cell e = %1
    %2 = function <lambda>:4:15
    return %2

lambda <lambda>:4:15() [free e]
  %0 = free e
  return %0
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
