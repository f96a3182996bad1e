"""Programs whose lowered form must compute what CPython computes. Each tells what it does by ``log``."""

from __future__ import annotations

PROGRAMS: dict[str, str] = {}


def _add(text: str) -> None:
    """Each program is headed by ``### name``."""
    for part in text.split("### ")[1:]:
        name, _, source = part.partition("\n")
        assert name not in PROGRAMS
        PROGRAMS[name] = source


_add(
    """
### arithmetic
a, b = 7, 3
log(a + b, a - b, a * b, a / b, a // b, a % b, a ** b, a << b, a >> b, a | b, a ^ b, a & b)
log(-a, +a, ~a, not a, not not a, -1.5, -True)
log(a + b + a - b + a * b * a)
### comparisons
def f(x):
    log("f", x)
    return x
log(f(1) < f(2) < f(3), f(1) < f(1) < f(3), f(1) < f(2) > f(0) == f(0) != f(4))
log(1 in [1], 1 not in [1], None is None, None is not None, 1 == 1.0, 1 != 1)
log(float("nan") != float("nan"))
### boolean values
def f(x):
    log("f", x)
    return x
for a in (0, 1):
    for b in ("", "b"):
        for c in ([], [1]):
            log(f(a) and f(b) and f(c), f(a) or f(b) or f(c), f(a) and f(b) or f(c), f(a) or f(b) and f(c))
            log(not f(a) and f(b), not not f(a) and f(b), (not f(a)) or f(b), a != 1 and f(c), a is not None or f(b))
            log(not a == 1 and b, not a != 1 and b, a not in (1,) and b, not (f(a) and f(b)), (f(a) or f(b)) and f(c))
### branches
def f(x):
    log("f", x)
    return x
def g(a, b, c):
    if f(a) and f(b): log("ab")
    if f(a) and f(b): log("ab")
    else: log("not ab")
    if not f(a): log("not a")
    if not (f(a) or f(b)): log("neither")
    elif f(c): log("c")
    else: log("else")
    if a and not b and (c or a): log("mixed")
    if not a and not b: log("none")
    if a is not None and b != "b" and c not in ([1], 3): log("negations")
    if not not a: log("a")
    elif not b:
        log("not b")
    elif b:
        return "early"
    if a:
        log("first")
    else:
        if b: log("inner")
        else: log("inner else")
        log("after the inner one")
    return "a" if a else "b" if b else "c"
for a in (0, 1):
    for b in ("", "b"):
        for c in ([], [1]):
            log(g(a, b, c))
### loops
for i in range(4):
    if i == 2: continue
    log(i)
else:
    log("else")
for i in range(4):
    if i == 2: break
else:
    log("never")
i = 0
while i < 5:
    i += 1
    if i == 2: continue
    if i == 4: break
    log(i)
else:
    log("never")
while not i > 6 and i != 100:
    i += 1
else:
    log("done", i)
while (n := i - 3) and n > 0:
    i -= 1
log(i, n)
for i in ():
    pass
else:
    log("empty")
for i in range(3):
    for j in range(3):
        if j == i: break
        log(i, j)
    else:
        continue
    if i == 1: break
while True:
    break
for a, (b, *c) in [(1, (2, 3, 4)), (5, (6,))]:
    log(a, b, c)
d = {}
for d["k"] in range(3): pass
log(d)
### unpacking
a, b = 1, 2
a, b = b, a
log(a, b)
a, *b = [1, 2, 3]
*a, b = "xyz"
log(a, b)
a, (b, [*c, d]), e = 1, (2, [3, 4, 5]), 6
log(a, b, c, d, e)
[x, y] = {1: 2, 3: 4}
log(x, y)
for bad in ([1], [1, 2, 3]):
    try:
        p, q = bad
    except ValueError:
        log("bad", bad)
try:
    p, *q, r = [1]
except ValueError:
    log("few")
x = y = z = []
x.append(1)
log(x, y, z)
i = 0
l = [0, 0, 0]
i, l[i] = 1, 9
log(i, l)
(a), = [3]
log(a, [*l, *"ab", 1], (*l,), {*l, 7}, {**{1: 2}, 3: 4, **{1: 5}})
### augmented assignment
class V:
    def __init__(self): self.x, self.items = 1, [0, 1, 2]
    def __getattr__(self, n):
        log("get", n)
        raise AttributeError(n)
def obj(v):
    log("obj")
    return v
def idx(i):
    log("idx")
    return i
v = V()
obj(v).x += 4
obj(v).items[idx(1)] += 10
obj(v).items[idx(0):idx(2)] *= 2
log(v.x, v.items)
l = m = [1]
l += [2]
log(l, m, l is m)
t = u = (1,)
t += (2,)
log(t, u)
n = 100
n -= 1; n *= 2; n //= 3; n %= 50; n **= 2; n <<= 1; n >>= 2; n |= 1; n ^= 7; n &= 255
log(n)
n /= 2
log(n)
try:
    t[0] += 1
except TypeError:
    log("tuple")
try:
    undefined_name += 1
except NameError:
    log("unbound")
class M:
    def __imatmul__(self, o): return ("imatmul", o)
m = M()
m @= 3
log(m)
### indexing
l = list(range(10))
log(l[1], l[-1], l[1:3], l[:3], l[3:], l[::2], l[8:2:-2], l[:])
class G:
    def __getitem__(self, i): return i
log(G()[1:2, ..., None, ::3], G()[()], G()[1,], G()[*l[:2], 5])
l[1:3] = [0]
del l[0], l[-1]
del l[::2]
log(l)
d = {"a": 1, "b": 2}
del d["a"]
log(d)
### deletion
x = 1
del x
try:
    x
except NameError:
    log("gone")
class A: pass
a = A()
a.b = a.c = 1
del a.b, a.c
log(hasattr(a, "b"), vars(a))
def f():
    y = 1
    del y
    try:
        return y
    except UnboundLocalError:
        return "unbound"
log(f())
def g():
    z = 1
    def h(): return z
    log(h())
    del z
    try:
        return h()
    except NameError:
        return "free gone"
log(g())
### calls
def f(a, b=2, *args, c, d=4, **kw): return (a, b, args, c, d, kw)
log(f(1, c=3), f(1, 2, 3, 4, c=5, e=6), f(*[1, 2], *[3], c=1, **{"d": 2}, **{"z": 3}))
def g(a, /, b, *, c=1): return a, b, c
log(g(1, 2), g(1, b=2, c=3))
for bad in (lambda: g(a=1, b=2), lambda: f(1), lambda: g(1, 2, 3), lambda: f(1, c=1, **{"c": 2})):
    try:
        bad()
    except TypeError:
        log("TypeError")
log(max(*[3, 1], key=lambda v: -v), "a-b".split("-"), ", ".join(map(str, [1, 2])))
log((lambda *a, k=3, **kw: (a, k, kw))(1, 2, k=4, z=5), (lambda: None)())
### defaults are evaluated once
def make(l=[]):
    l.append(len(l))
    return l
log(make(), make())
n = 1
def late(x=n, *, y=n + 1): return x, y
n = 5
log(late())
log([f() for f in [lambda i=i: i * 2 for i in range(3)]])
### closures
def counter():
    n = 0
    def up(by=1):
        nonlocal n
        n += by
        return n
    def get(): return n
    return up, get
up, get = counter()
up(); up(5)
log(get())
def outer(x):
    def middle():
        def inner(): return x
        return inner
    x += 1
    return middle()
log(outer(1)())
fs = []
for i in range(3):
    fs.append(lambda: i)
log([f() for f in fs])
def g():
    fs = [lambda: i for i in range(3)]
    return [f() for f in fs], [h() for h in [lambda j=j: j for j in range(3)]]
log(g())
def shadow(x):
    def inner(x): return x
    class K:
        x = "class"
        y = x
        def m(self): return x
    return inner(2), K.y, K().m()
log(shadow(1))
def two(a):
    def b():
        nonlocal a
        a += 1
        def c():
            nonlocal a
            a *= 10
            return a
        return c()
    return b() + a
log(two(1))
def early():
    def f(): return late
    try:
        f()
    except NameError:
        log("not yet")
    late = 1
    return f()
log(early())
### global names
g = 1
def f():
    global g, new
    g += 1
    new = "new"
    def inner(): return g
    return inner()
log(f(), g, new)
def h():
    g = 10
    class C:
        global g
        g = 5
        def m(self): return g
    return C().m(), g
log(h(), g)
def k():
    global g
    for g in range(3): pass
    def g2(): return g
    return g2()
log(k(), g)
def i():
    g = 7
    def j():
        global g
        g = 8
        return (lambda: g)()
    return j(), g
log(i(), g)
"""
)
_add(
    """
### comprehensions
log([x * 2 for x in range(5) if x % 2], {x % 3 for x in range(9)}, {x: y for x, y in zip("ab", (1, 2))})
log(sum(x for x in range(5)), list(x for x in "ab"), [x for x in range(20) if x % 2 if x % 3])
log([(x, y) for x in range(3) for y in range(x) if x + y], [[y for y in range(x)] for x in range(3)])
x = "outer"
[x for x in range(3)]
log(x)
log([x for x in [x for x in x]])
def f(n):
    k = 3
    a = [x + k for x in range(n) if (last := x) > 0]
    return a, last, [y for x in range(n) for y in (x, k)], {i: {j for j in range(i)} for i in range(n)}
log(f(3))
class C:
    n = 3
    items = [i for i in range(n)]
    x = "class"
    fs = [lambda: x for _ in range(1)]
log(C.items, C.fs[0]())
def g():
    fs = [lambda: (x, y) for x in range(2) for y in range(2)]
    return [f() for f in fs]
log(g())
log([a for a, *b in [(1, 2, 3)]], [b for a, *b in [(1, 2, 3)]])
log(any(x > 2 for x in [1, 2, 3]), all([]), dict((k, v) for k, v in {1: 2}.items()))
log([y := 1, y + 1], y)
log(list(map(lambda v: [v + w for w in range(v)], range(3))))
matrix = [[1, 2], [3, 4]]
log([[row[i] for row in matrix] for i in range(2)], [(a, b) for a, b in matrix if a or b and not a])
log({**{k: [v for v in range(k)] for k in range(2)}})
log([x if x else -1 for x in range(2)], [x and y for x, y in ((0, 1), (2, 3))])
def h(xs):
    return [[lambda: (x, y) for y in range(2)] for x in xs]
log([[f() for f in fs] for fs in h([1])])
### exceptions
def f(n):
    try:
        log("try")
        if n == 1: raise ValueError("v")
        if n == 2: raise KeyError("k")
        if n == 3: return "returned"
        if n == 4: raise OSError("o")
        if n == 5: raise SystemExit
    except ValueError as e:
        log("value", e.args)
        return "handled"
    except (KeyError, IndexError) as e:
        log("key", e.args)
    except OSError:
        log("os")
        raise
    except:
        log("bare")
    else:
        log("else")
    finally:
        log("finally")
    return "end"
for n in range(6):
    try:
        log(f(n))
    except OSError as e:
        log("outer", e.args)
try:
    e
except NameError:
    log("e is gone")
def g():
    for i in range(3):
        try:
            if i == 1: continue
            if i == 2: break
            log("body", i)
        finally:
            log("final", i)
    try:
        return log("value")
    finally:
        log("after")
g()
def h():
    try:
        raise ValueError
    finally:
        return "swallowed"
log(h())
def cause():
    try:
        try:
            1 / 0
        except ZeroDivisionError as e:
            raise RuntimeError("r") from e
    except RuntimeError as e:
        return type(e.__cause__).__name__, type(e.__context__).__name__
log(cause())
def context():
    try:
        try:
            1 / 0
        except ZeroDivisionError:
            {}["missing"]
    except KeyError as e:
        return type(e.__context__).__name__
log(context())
def nested():
    try:
        try:
            raise KeyError(1)
        except ValueError:
            log("no")
        finally:
            log("inner finally")
    except KeyError as e:
        log("outer", e.args)
        try:
            raise
        except KeyError as again:
            return again is e
log(nested())
try:
    raise ValueError
except ValueError as e:
    del e
def loop():
    while True:
        try:
            return 1
        finally:
            break
    return 2
log(loop())
def captured():
    try:
        raise ValueError("c")
    except ValueError as e:
        return [lambda: str(e)][0]()
log(captured())
### exception groups
def f(*errors):
    try:
        if errors: raise ExceptionGroup("g", errors)
    except* ValueError as e:
        log("value", [x.args for x in e.exceptions])
    except* (KeyError, OSError) as e:
        log("key", [type(x).__name__ for x in e.exceptions])
    else:
        log("else")
    finally:
        log("finally")
f()
f(ValueError(1), KeyError(2), ValueError(3))
f(OSError(1))
try:
    f(ValueError(1), TypeError(2))
except ExceptionGroup as g:
    log([type(x).__name__ for x in g.exceptions])
try:
    raise ValueError("plain")
except* ValueError as e:
    log(type(e).__name__, e.exceptions[0].args)
### assertions
def f(x, m=None):
    try:
        if m: assert x and x > 1, log("message") or m
        else: assert not x
        return "fine"
    except AssertionError as e:
        return e.args
log(f(0), f(1), f(0, "m"), f(1, "m"), f(2, "m"))
### with statements
class M:
    def __init__(self, n, swallow=False): self.n, self.swallow = n, swallow
    def __enter__(self):
        log("enter", self.n)
        return self.n * 10
    def __exit__(self, kind, *rest):
        log("exit", self.n, kind and kind.__name__)
        return self.swallow
with M(1) as a, M(2) as (b), M(3): log(a, b)
with M(1, True):
    raise ValueError
def f():
    with M(4) as x:
        return x
log(f())
for i in range(2):
    with M(i):
        if i == 0: continue
        break
try:
    with M(5), M(6, True), M(7):
        raise KeyError
    log("swallowed")
    with M(8):
        raise KeyError
except KeyError:
    log("through")
class P:
    def __enter__(self): return (1, [2, 3])
    def __exit__(self, *rest): pass
with P() as (a, [b, c]): log(a, b, c)
with (M(1) as a, M(2) as b,): log(a + b)
### generators
def g(n):
    log("start")
    try:
        for i in range(n):
            got = yield i
            log("got", got)
        return "result"
    finally:
        log("closed")
def d():
    r = yield from g(2)
    log("r", r)
    yield (yield 5)
for x in g(2): log(x)
it = d()
log(next(it), it.send("a"), it.send("b"), it.send("c"), list(it))
it = g(3)
next(it)
it.close()
def e():
    while True:
        try:
            yield 1
        except ValueError:
            log("thrown")
it = e()
next(it)
log(it.throw(ValueError))
def dead():
    raise NotImplementedError
    yield
log(type(dead()).__name__)
try:
    next(dead())
except NotImplementedError:
    log("a generator all the same")
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
log([x for x, _ in zip(fib(), range(8))])
log(list((lambda: (yield 3))()))
def tree(t):
    if t:
        yield from tree(t[0])
        yield t[1]
        yield from tree(t[2])
log(list(tree(((None, 1, None), 2, (None, 3, None)))))
### coroutines
import asyncio
class A:
    async def __aenter__(self):
        log("aenter")
        return self
    async def __aexit__(self, kind, *rest):
        log("aexit", kind and kind.__name__)
        return kind is KeyError
async def agen(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
async def f(x):
    await asyncio.sleep(0)
    return x * 2
async def main():
    log(await f(1) + await f(2))
    async for x in agen(3):
        if x == 2: break
    else:
        log("never")
    log(x)
    async with A() as a, A():
        log(type(a).__name__)
    async with A():
        raise KeyError
    log([x async for x in agen(4) if x % 2], {x: await f(x) async for x in agen(2)}, [await f(x) for x in range(2)])
    log(await asyncio.gather(*[f(i) for i in range(3)]))
    async with A():
        return "returned"
log(asyncio.run(main()))
"""
)
_add(
    '''
### classes
class Base:
    """Doc."""
    kind = "base"
    def __init__(self, x, *rest): self.x = x
    def show(self): return f"{type(self).__name__}({self.x})"
    @property
    def double(self): return self.x * 2
    @double.setter
    def double(self, v): self.x = v // 2
    @classmethod
    def make(cls, x): return cls(x)
    @staticmethod
    def add(a, b): return a + b
class Derived(Base):
    kind = Base.kind + "+"
    def __init__(self, x, y):
        super().__init__(x)
        self.y = y
    def show(self): return super().show() + f"+{self.y!r}"
b = Base.make(3)
b.double = 10
log(b.x, b.double, b.show(), Base.add(1, 2), Base.__doc__, Base.__name__)
d = Derived(1, "y")
log(d.show(), d.kind, isinstance(d, Base), Derived.__mro__[1] is Base)
class Meta(type):
    def __new__(m, name, bases, ns, tag=None):
        cls = super().__new__(m, name, bases, ns)
        cls.tag = tag
        return cls
    def __init__(cls, name, bases, ns, tag=None): super().__init__(name, bases, ns)
class WithMeta(metaclass=Meta, tag="t"): pass
log(WithMeta.tag, type(WithMeta) is Meta)
class Sub:
    def __init_subclass__(cls, **kw): log("subclass", cls.__name__, kw)
class SubSub(Sub, option=1): pass
def factory(n):
    class Made:
        size = n
        def get(self): return n, self.size, Made.__name__
        class Inner:
            value = n + 1
    return Made
log(factory(3)().get(), factory(4).Inner.value)
class Counter:
    total = 0
    for i in range(3): total += i
    if total: label = "nonzero"
    else: label = "zero"
    del i
log(Counter.total, Counter.label, hasattr(Counter, "i"))
class Twice:
    def f(self): return 1
    def f(self): return 2
log(Twice().f())
x = "module"
class Scope:
    x = x + "!"
    y = [x for _ in range(1)]
    def m(self): return x
log(Scope.x, Scope.y, Scope().m())
def local_scope():
    x = "local"
    class S:
        y = x
        z = (lambda: x)()
    return S.y, S.z
log(local_scope())
from dataclasses import dataclass
from enum import Enum
class Colour(Enum):
    RED = 1
    BLUE = 2
log([c.name for c in Colour])
### decorators
def tag(name):
    log("tag", name)
    def wrap(f):
        log("wrap", name)
        def call(*a, **k): return (name, f(*a, **k))
        return call
    return wrap
@tag("a")
@tag("b")
def f(x=log("default")): return x
log(f(3))
@lambda c: c
class C: pass
log(C.__name__)
def register(table, key): return lambda f: table.setdefault(key, f)
table = {}
@register(table, "k")
def handler(): return "handled"
log(table["k"](), handler())
@tag("c")
class D: pass
log(D()[0])
### matching
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
class Sub(Point): pass
class Names: ONE = 1; LIMIT = "limit"
def f(v):
    match v:
        case 0: return "zero"
        case None | True | False: return ("single", v)
        case Names.LIMIT: return "limit"
        case -1 | 2.5 | "a" | b"b": return "value"
        case [] | (): return "empty"
        case [1]: return "one"
        case [1, x]: return ("one and", x)
        case ["head", *rest]: return ("head", rest)
        case [2, *_, 3]: return "two to three"
        case [4, *middle, last]: return (middle, last)
        case [[a, b], c] | [a, [b, c]]: return ("nested", a, b, c)
        case {"kind": "p", "at": [x, y]}: return ("at", x, y)
        case {"kind": str(k), **rest} if rest: return (k, rest)
        case {}: return "mapping"
        case Point(0, y=0): return "origin"
        case Sub(x=x): return ("sub", x)
        case Point(x, y) as p if x == y: return ("diagonal", x, p is v)
        case Point(x=1 | 2 as x, y=y): return ("x", x, y)
        case Point(): return "point"
        case int(n) if n > 100: return ("big", n)
        case int() | float(): return "number"
        case (str() as s) if len(s) > 3: return s
        case str(s): return ("short", s)
        case other: return ("other", other)
for v in (0, None, True, "limit", -1, 2.5, "a", b"b", [], (), [1], [1, 2], ["head"], ("head", 1, 2), [2, 3], [2, 9, 3],
          [2, 9], [4, 5], [4, 1, 2], [[1, 2], 3], [1, [2, 3]], {"kind": "p", "at": [1, 2]}, {"kind": "q"},
          {"kind": "q", "z": 1}, {}, {1: 2}, Point(0, 0), Sub(1, 1), Point(2, 2), Point(1, 2), Point(2, 5), Point(3, 4),
          500, 50, 1.25, "long", "abc", {1, 2}, [7, 7, 7, 7], range(0)):
    log(f(v))
def captures(v):
    match v:
        case [x, 1]: pass
        case [_, x]: x += 10
        case _: x = None
    return x
log(captures([5, 1]), captures([5, 6]), captures(0))
for v in range(4):
    match v:
        case 1: continue
        case 3: break
        case _ if v: log("guarded", v)
    log("after", v)
match 1, 2:
    case a, b: log(a, b)
def closure(v):
    match v:
        case [x]: return (lambda: x)()
        case {"k": x}: return [lambda: x][0]()
log(closure([1]), closure({"k": 2}))
def once():
    log("subject")
    return 3
match once():
    case 1: log("no")
    case 2: log("no")
    case 3: log("yes")
try:
    match Point(1, 2):
        case Point(1, 2, 3): pass
except TypeError:
    log("too many")
### strings
x, w, s = 3.14159, 10, "a"
log(f"{x:.2f}|{x:{w}.{2}f}|{s!r:>5}|{s}{s!a}{{}}{w + 1}", f"", f"{x=:.1f}", f"{w:>{w}}" "tail" f"{s}")
log(f"""multi
{s} {[y for y in range(2)]}
{(lambda v: v)(w)}""")
log("%s-%d" % ("a", 1), "a" "b", b"x" b"y")
### walrus
def f():
    if (n := 10) > 5: log(n)
    l = [y := 1, y ** 2]
    z = [(q := i) for i in range(3)]
    def g(): return (r := n + 1) + r
    return l, q, g(), (lambda: (t := 4) + t)()
log(f())
[(top := i) for i in range(2)]
log(top)
while (top := top + 1) < 5: pass
log(top)
log((lambda x: [x := x + i for i in range(3)] and x)(1)) if False else log("skipped")
def h(xs):
    if any((hit := x) > 2 for x in [3]): return hit
log(h([1]))
### imports
import os.path, math as m
from collections import OrderedDict as O, deque
from string import *
try:
    import no_such_module_at_all as nothing
except ImportError:
    nothing = None
log(os.path.join("a", "b"), m.floor(2.5), len(O()), deque([1])[0], digits, nothing)
def f():
    import json as j
    from functools import reduce
    return j.dumps([1]), reduce(lambda a, b: a + b, [1, 2])
log(f())
### annotations
x: int = 3
y: "str"
class C:
    a: int
    b: list[int] = [1]
def f(p: int, *q: str, r: float = 1.0) -> None:
    z: int
    w: int = 4
    try:
        return z
    except UnboundLocalError:
        return w
log(x, C.b, f(1))
try:
    y
except NameError:
    log("y is not there")
d = {}
d["k"]: int = 5
C.c: int = 6
log(d, C.c)
### conditional expressions
def f(x):
    log("f", x)
    return x
for a in (0, 1):
    log(f("yes") if f(a) else f("no"), (1 if not a else 2), (f(1) if a else f(2)) + f(3))
    log([f(1), f(2)][a] if a else None)
    log((lambda: 1) () if a else (lambda: 2)(), {f(1): f(2)} if a is not None else {})
### order of evaluation
def f(x):
    log(x)
    return x
f(1) + f(2) * f(3)
{f("k1"): f("v1"), f("k2"): f("v2")}
f(print)(*f([]), **f({}), end=f(""))
a = [0, 0]
a[f(0)], a[f(1)] = f(5), f(6)
log(a)
a[f(0)] = a[f(1)] = f(7)
log(a)
f(a)[f(0)] += f(1)
f(a)[f(0):f(1)] = f([1])
def g(x=f("d1"), *, y=f("d2")): pass
f(1) < f(0) < f(2)
lambda q=f("lambda default"): q
class K(f(object), metaclass=f(type)): pass
### try in loops with closures
def run(actions):
    out = []
    for a in actions:
        try:
            out.append(a())
        except ZeroDivisionError as error:
            out.append(str(error))
        else:
            out.append("else")
        finally:
            out.append("finally")
    return out
log(run([lambda: 1, lambda: 1 // 0, lambda: "x"]))
### recursion
def fact(n): return 1 if n < 2 else n * fact(n - 1)
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
def outer():
    def inner(n): return n and inner(n - 1) + n
    return inner(4)
log(fact(6), even(7), odd(7), outer())
def hanoi(n, a, b, c):
    if n:
        hanoi(n - 1, a, c, b)
        moves.append(a + b)
        hanoi(n - 1, c, b, a)
moves = []
hanoi(3, "a", "b", "c")
log(moves)
### a small model
class Layer:
    training = True
    def __init__(self, n): self.weight, self.calls, self.cache = [1.0] * n, 0, {}
    def forward(self, x, scale=None):
        self.calls += 1
        if self.training and scale is not None and scale != 1:
            x = [v * scale for v in x]
        out = sum(w * v for w, v in zip(self.weight, x))
        self.cache[self.calls] = out
        return out if not self.training else (out, self.calls)
    __call__ = forward
class Net(Layer):
    def __init__(self):
        super().__init__(3)
        self.layers = [Layer(2), Layer(3)]
    def forward(self, x):
        total = 0
        for i, layer in enumerate(self.layers):
            y = layer(x[: i + 2], scale=2 if i else None)
            total += y[0] if isinstance(y, tuple) else y
        self.weight[0] -= 0.5 * total
        return total
net = Net()
log(net.forward([1, 2, 3]), net.weight, net.layers[0].cache)
for layer in net.layers: layer.training = False
log(net.forward([1, 2, 3]), [l.calls for l in net.layers])
'''
)
