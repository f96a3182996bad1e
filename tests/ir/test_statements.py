"""Lowering of control flow."""

from __future__ import annotations

import pytest

from .golden import Case, cases, show

CASES = cases(
    """
### for
for x in xs:
    if x: continue
    break
else:
    done()
---
  %0 = global xs
  for %1 in %0:
    store global x = %1
    %2 = global x
    if %2:  [x]
      continue
    break
  else:
    %3 = global done
    %4 = call done()
### for with unpacking
for a, b.c in xs: pass
---
  %0 = global xs
  for %1 in %0:
    (%2, %3) = unpack %1
    store global a = %2
    %4 = global b
    set %4.c = %3
### while
while x < 3:
    x += 1
else:
    done()
---
  while:
    %0 = global x
    %1 = const 3
    %2 = %0 < %1
  test %2:
    %3 = global x
    %4 = const 1
    %5 = %3 += %4  (x)
    store global x = %5
  else:
    %6 = global done
    %7 = call done()
### while not
while not a: f()
---
  while:
    %0 = global a
    %1 = not %0
  test %1:
    %2 = global f
    %3 = call f()
### code after an abrupt exit is left out
def f():
    return 1
    g()
---
  %0 = function f
  store global f = %0

function f()
  %0 = const 1
  return %0
### a dead yield still makes a generator
def f():
    raise E
    yield
---
  %0 = function f
  store global f = %0

generator f()
  %0 = global E
  raise %0
### raise
def f(a, b):
    raise
def g(a, b):
    raise a from b
---
  %0 = function f
  store global f = %0
  %1 = function g
  store global g = %1

function f(a, b)
  raise

function g(a, b)
  %0 = local a
  %1 = local b
  raise %0 from %1
### try
try:
    a()
except E as e:
    b(e)
except (F, m.G):
    raise
except:
    c()
else:
    d()
finally:
    h()
---
  try:
    %0 = global a
    %1 = call a()
  except:
    %2 = global E
  catch %2 as %3:
    store global e = %3
    %4 = global b
    %5 = global e
    %6 = call b(%5)
    delete global e
  except:
    %7 = global F
    %8 = path m.G
    %9 = tuple(%7, %8)
  catch %9 as %10:
    raise
  except as %11:
    %12 = global c
    %13 = call c()
  else:
    %14 = global d
    %15 = call d()
  finally:
    %16 = global h
    %17 = call h()
### except group
try:
    a()
except* E as e:
    b(e)
except* F:
    c()
---
  try:
    %0 = global a
    %1 = call a()
  except as %2:
    %3 = global E
    %4 = opaque <except* part>(%2, %3)
    %5 = opaque <except* rest>(%2, %3)
    if %4:
      store global e = %4
      %6 = global b
      %7 = global e
      %8 = call b(%7)
      delete global e
    %9 = global F
    %10 = opaque <except* part>(%5, %9)
    %11 = opaque <except* rest>(%5, %9)
    if %10:
      %12 = global c
      %13 = call c()
    if %11:
      raise %11
### with
with a() as b, c:
    d()
---
  %0 = global a
  %1 = call a()
  with %1 as %2:
    store global b = %2
    %3 = global c
    with %3 as %4:
      %5 = global d
      %6 = call d()
### async
async def f(xs):
    async for x in xs:
        async with x as y:
            await y
---
  %0 = function f
  store global f = %0

async function f(xs)
  %0 = local xs
  async for %1 in %0:
    store local x = %1
    %2 = local x
    async with %2 as %3:
      store local y = %3
      %4 = local y
      %5 = await %4
### jump outside of a loop, return outside of a function
for x in y: pass
break
return 1
---
  %0 = global y
  for %1 in %0:
    store global x = %1
  %2 = opaque <jump outside loop>()
"""
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_dump(case: Case) -> None:
    source, expected = case
    assert show(source) == expected
