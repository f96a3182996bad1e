"""Functions and classes: qualified names, headers, evaluation at the definition."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    '''
### parameters
def f(a, /, b: int, c: "T" = 1, *d: list[int], e, g=2, **h) -> tuple[int, ...] | None:
    """Doc."""
---
  %0 = const 1
  %1 = const 2
  %2 = function f(%0, g=%1)
  store global f = %2

function f(a, /, b: int, c: T=..., *d: list[int], e, g=..., **h) -> tuple[int, ...] | None
### decorators
@a
@b.c(1)
@d[0]
def f(): pass
---
  %0 = global a
  %1 = path b.c
  %2 = const 1
  %3 = call b.c(%2)
  %4 = global d
  %5 = const 0
  %6 = %4[%5]
  %7 = function f
  %8 = call %6(%7)
  %9 = call %3(%8)
  %10 = call a(%9)
  store global f = %10

function f() [decorators a, b.c, d]
### class
@a
class C(B, m.D[int], k(), metaclass=M, x=1):
    """Doc."""
    y: int = 1
    z = 2
    def f(self): pass
---
  %0 = global a
  %1 = global B
  %2 = path m.D
  %3 = global int
  %4 = %2[%3]
  %5 = global k
  %6 = call k()
  %7 = global M
  %8 = const 1
  %9 = class C(%1, %4, %6, metaclass=%7, x=%8)
  %10 = call a(%9)
  store global C = %10

class C(B, m.D, k)
  metaclass M
  decorator a
  method f = C.f
  annotation y: int
  assigned y, z

class C.<body> [decorators a] [annotations y: int]
  %0 = const 1
  store class y = %0
  %1 = const 2
  store class z = %1
  %2 = function C.f
  store class f = %2

function C.f(self)
### redefinition
class C:
    @property
    def x(self): pass
    @x.setter
    def x(self, v): pass
class C:
    def x(self): pass
---
  %0 = class C()
  store global C = %0
  %1 = class C#2()
  store global C = %1

class C()
  method x = C.x#2

class C.<body>
  %0 = global property
  %1 = function C.x
  %2 = call property(%1)
  store class x = %2
  %3 = class x
  %4 = %3.setter
  %5 = function C.x#2
  %6 = call %4(%5)
  store class x = %6

function C.x(self) [decorators property]

function C.x#2(self, v) [decorators x.setter]

class C#2()
  method x = C#2.x

class C#2.<body>
  %0 = function C#2.x
  store class x = %0

function C#2.x(self)
### nested names
def f():
    class C:
        def m(self):
            def g(): pass
            return lambda: g
---
  %0 = function f
  store global f = %0

function f()
  %0 = class f.<locals>.C()
  store local C = %0

class f.<locals>.C()
  method m = f.<locals>.C.m

class f.<locals>.C.<body>
  %0 = function f.<locals>.C.m
  store class m = %0

function f.<locals>.C.m(self) [cells g]
  %0 = function f.<locals>.C.m.<locals>.g
  store cell g = %0
  %1 = function <lambda>:5:19
  return %1

function f.<locals>.C.m.<locals>.g()

lambda <lambda>:5:19() [free g]
  %0 = free g
  return %0
### conditional definition
if a:
    def f(): pass
else:
    def f(x): pass
---
  %0 = global a
  if %0:  [a]
    %1 = function f
    store global f = %1
  else:
    %2 = function f#2
    store global f = %2

function f()

function f#2(x)
### starred bases
class C(*a, **k): pass
---
  %0 = global a
  %1 = opaque <starred>(%0)
  %2 = global k
  %3 = class C(%1, **%2)
  store global C = %3

class C(?)

class C.<body>
### annotations
def f(a: Float[Array, "b c"], b: Float[Array, ""], c: Callable[[int], str]): pass
def g(d: a.b.C, e: x + y, f: None, g: Literal[1, -1], h: [int]):
    h: Dict["str", int] = {}
    i: f()
---
  %0 = function f
  store global f = %0
  %1 = function g
  store global g = %1

function f(a: Float[Array, b c], b: Float[Array, ''], c: Callable[[int], str])

function g(d: a.b.C, e, f: None, g: Literal[1, -1], h: [int]) [annotations h: Dict[str, int], i: ]
  %0 = dict()
  store local h = %0
'''
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
