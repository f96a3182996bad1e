"""JAX programs of random keys: which consumption uses a key that was used up, by the keys' data, against SL602.

The programs run eagerly with `jax.random` replaced by functions that note the data of the keys that they consume;
`scan`, `fori_loop`, `vmap` and `jit` are replaced by what they mean, one concrete step after the other.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy

from benchmarks.differential.judging import judge
from benchmarks.differential.kinds import Result
from benchmarks.differential.live import RejectedError
from benchmarks.differential.truth import NAME, Fault, Truth, program_lines

CODES = frozenset(("SL602",))
RUNS = 12
HEADER = "import jax\nimport jax.numpy as jnp\nfrom jax import random\n\n\n"
DRAWS = """
jax.random.normal({k}, (2,))
random.normal({k})
jax.random.uniform({k})
random.bernoulli({k}, 0.5)
jax.random.randint({k}, (2,), 0, 5)
jax.random.permutation({k}, 4)
random.categorical({k}, jnp.zeros(3))
jax.random.normal(key={k}, shape=(2,))
random.choice({k}, 4)
jax.random.exponential({k})
random.gumbel({k}, (2,))
jax.random.truncated_normal({k}, -1.0, 1.0)
jax.random.laplace({k})
random.beta({k}, 1.0, 2.0)
jax.random.dirichlet({k}, jnp.ones(2))
""".strip().split("\n")


class _Fake:
    """A key: its data is a path from its root, its rows are further keys."""

    def __init__(self, data: tuple[Any, ...], shape: tuple[int, ...] = ()) -> None:
        self.data, self.shape = data, shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a key")
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        return _rows(self, index)

    def __bool__(self) -> bool:
        return True

    def reshape(self, *shape: Any) -> _Fake:
        return self._of(
            numpy.reshape(self._grid(), shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape)
        )

    def _grid(self) -> Any:
        if isinstance(self.data, numpy.ndarray):
            return self.data
        grid = numpy.empty((), dtype=object)
        grid[()] = self.data
        return grid

    @staticmethod
    def _of(grid: Any) -> _Fake:
        return _Fake(grid, grid.shape) if grid.shape else _Fake(grid[()])


def _rows(key: _Fake, index: Any) -> _Fake:
    found = key._grid()[index]
    return _Fake._of(found) if isinstance(found, numpy.ndarray) else _Fake(found)


def _table(shape: tuple[int, ...], make: Callable[[int], Any]) -> _Fake:
    grid = numpy.empty(shape, dtype=object)
    for number, place in enumerate(numpy.ndindex(*shape)):
        grid[place] = make(number)
    return _Fake._of(grid)


_DRAWN: dict[str, Any] = {}
"""What a call gives: its shape is what matters."""


class _Random:
    """Stands for ``jax.random``."""

    def __init__(self) -> None:
        self.used: dict[Any, list[int]] = {}
        self.faults: list[Fault] = []
        self.allowed: set[tuple[str, int]] = set()
        self.draws = 0
        self.splits = 0
        self.returns: list[tuple[int, int, list[int]]] = []

    def consume(self, key: Any) -> None:
        if not isinstance(key, _Fake) or key.shape:
            raise TypeError("one key is needed")
        lines = program_lines()
        if key.data in self.used:
            self.faults.append(Fault("SL602", frozenset(lines), self.advance([*lines, *self.used[key.data]])))
        self.used.setdefault(key.data, lines)

    def advance(self, lines: list[int]) -> frozenset[tuple[str, int]]:
        """A key that a function has used up and returns (SL603)."""
        inside = [lines_ for first, last, lines_ in self.returns if any(first <= line <= last for line in lines)]
        return frozenset(("SL603", line) for each in inside for line in each)

    def forget(self) -> None:
        self.used, self.faults = {}, []

    def key(self, seed: Any) -> _Fake:
        return _Fake(("root", seed))

    PRNGKey = key

    def split(self, key: Any, num: Any = 2) -> _Fake:
        again = isinstance(key, _Fake) and not key.shape and key.data in self.used
        self.consume(key)
        self.splits += again  # what a key that was used up gives is another fault's consequence
        turn = self.splits if again else 0
        shape = tuple(num) if isinstance(num, (tuple, list)) else (int(num),)
        return _table(shape, lambda i: ("split", key.data, shape, turn, i))

    def fold_in(self, key: Any, data: Any) -> _Fake:
        if not isinstance(key, _Fake) or key.shape:
            raise TypeError("one key is needed")
        return _Fake(("fold", key.data, int(data)))

    def clone(self, key: Any) -> _Fake:
        return _Fake(("clone", key.data, len(self.used), self.draws))

    def __getattr__(self, name: str) -> Any:
        real = getattr(jax.random, name)

        def draw(*args: Any, **kwargs: Any) -> Any:
            key = kwargs.pop("key", None)
            if key is None:
                key, *rest = args
                args = tuple(rest)
            self.consume(key)
            self.draws += 1
            call = repr((name, args, kwargs))
            if call not in _DRAWN:
                made = jax.eval_shape(lambda: real(jax.random.key(0), *args, **kwargs))
                _DRAWN[call] = numpy.zeros(made.shape)
            return _DRAWN[call]

        return draw


class _Jax:
    """Stands for ``jax``, with transformations as their meaning."""

    def __init__(self, source: _Random) -> None:
        self.random = source
        self.numpy = numpy
        self.nn = jax.nn
        self.lax = _Lax()
        self.jit = lambda f=None, **_: f if f is not None else (lambda g: g)
        self.vmap = _vmap
        self.checkpoint = lambda f: f
        self.grad = lambda f: f
        self.value_and_grad = lambda f: f


def _vmap(function: Any, in_axes: Any = 0) -> Any:
    def mapped(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
        size = next(len(a) for a, axis in zip(args, axes, strict=True) if axis == 0)
        rows: list[Any] = [
            function(*(a if axis is None else a[i] for a, axis in zip(args, axes, strict=True))) for i in range(size)
        ]
        return rows[0] if isinstance(rows[0], _Total) else numpy.stack(rows)

    return mapped


class _Lax:
    @staticmethod
    def scan(f: Any, init: Any, xs: Any = None, length: Any = None) -> Any:
        ys = []
        for i in range(length if xs is None else len(xs[0] if isinstance(xs, tuple) else xs)):
            x = None if xs is None else tuple(p[i] for p in xs) if isinstance(xs, tuple) else xs[i]
            init, y = f(init, x)
            ys.append(y)
        return init, (ys[-1] if ys else None)

    @staticmethod
    def fori_loop(low: Any, high: Any, body: Any, init: Any) -> Any:
        for i in range(low, high):
            init = body(i, init)
        return init

    @staticmethod
    def cond(test: Any, yes: Any, no: Any, *operands: Any) -> Any:
        return yes(*operands) if test else no(*operands)

    @staticmethod
    def while_loop(test: Any, body: Any, init: Any) -> Any:
        while test(init):
            init = body(init)
        return init


class _Total:
    """A number of which only a coin knows whether it is large."""

    def __init__(self, coin: random.Random) -> None:
        self.coin = coin

    def __add__(self, other: Any) -> _Total:
        return self

    def __gt__(self, other: Any) -> bool:
        return self.coin.random() < 0.5

    def sum(self) -> _Total:
        return self


def run(text: str) -> Truth:
    """Run each function of a program by itself, with either flag, several times."""
    body = text.replace("import jax\nimport jax.numpy as jnp\nfrom jax import random\n", "\n\n\n", 1)
    lines = body.rstrip("\n").split("\n")
    code = compile("\n".join(lines[:-1]), NAME, "exec")  # without the call
    found: dict[frozenset[int], Fault] = {}
    returns = [
        (node.lineno, node.end_lineno or 0, [n.lineno for n in ast.walk(node) if isinstance(n, ast.Return)])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name != "main"
    ]
    for number in range(RUNS):
        source = _Random()
        source.returns = returns
        space: dict[str, Any] = {"__name__": NAME, "jax": _Jax(source), "jnp": numpy, "random": source}
        exec(code, space)
        coin = random.Random(number)
        for name, function in list(space.items()):
            if not (name == "main" or name.startswith("helper")):
                continue
            source.forget()
            flag = number % 2 == 0
            try:
                if name == "main":
                    function(flag, _Total(coin))
                else:
                    takes = function.__code__.co_varnames[0]
                    key = source.key(name)
                    if takes == "keys":
                        key = source.split(key, 2)
                        source.forget()
                    function(key, _Total(coin), flag)
            except Exception as error:
                return Truth(discarded=f"{type(error).__name__}: {error}"[:100])
            for fault in source.faults:
                found.setdefault(fault.any_of, fault)
    # A line that is at fault by itself explains the calls that lead to it.
    return Truth([fault for lines, fault in found.items() if not any(other < lines for other in found)])


class Program:
    """Writes one program: functions that take keys, and a main that makes them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.counter = 0
        self.functions: list[tuple[str, str, int]] = []  # name, what it takes, keys
        self.careful = rng.random()

    def pick(self, options: Sequence[Any]) -> Any:
        if not options:
            raise RejectedError
        return options[self.rng.randrange(len(options))]

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def fresh(self, stem: str) -> str:
        self.counter += 1
        return f"{stem}{self.counter}"

    # a scope is a list of usable keys (texts) and of tables of keys (text, size); a careful writer drops what it uses

    def take(self, keys: list[str]) -> str:
        key = self.pick(keys)
        if self.rng.random() < self.careful:
            keys.remove(key)
        return key

    def block(
        self, keys: list[str], tables: list[tuple[str, int]], depth: int, size: int, indent: str, tail: bool = False
    ) -> list[str]:
        lines: list[str] = []
        for _ in range(size):
            try:
                lines += self.statement(keys, tables, depth, indent)
            except RejectedError:
                continue
        return lines or [f"{indent}pass"]

    def statement(self, keys: list[str], tables: list[tuple[str, int]], depth: int, indent: str) -> list[str]:
        rng = self.rng
        kind = rng.random()
        if kind < 0.24:
            return [f"{indent}total = total + {self.pick(DRAWS).format(k=self.take(keys))}.sum()"]
        if kind < 0.36:
            source = self.take(keys)
            a, b = self.fresh("k"), self.fresh("k")
            if self.chance(0.5) and source.isidentifier():
                keys += [b] + ([source] if source not in keys else [])
                return [f"{indent}{source}, {b} = {self.pick(['jax.random', 'random'])}.split({source})"]
            keys += [a, b]
            return [f"{indent}{a}, {b} = jax.random.split({source})"]
        if kind < 0.46:
            source, name, n = self.take(keys), self.fresh("ks"), rng.randint(2, 4)
            tables.append((name, n))
            return [
                f"{indent}{name} = {self.pick(['jax.random', 'random'])}.split({source}, {self.pick([str(n), f'num={n}'])})"
            ]
        if kind < 0.56:
            name, n = self.pick(tables)
            used = self.pick([f"{name}[{i}]" for i in range(n)] + [f"{name}[-1]"])
            if self.chance(0.5):
                k = self.fresh("k")
                keys.append(k)
                return [f"{indent}{k} = {used}"]
            if self.rng.random() < self.careful:
                tables.remove((name, n))
            return [f"{indent}total = total + {self.pick(DRAWS).format(k=used)}.sum()"]
        if kind < 0.63:
            source = self.pick(keys)
            k = self.fresh("k")
            keys.append(k)
            return [
                f"{indent}{k} = jax.random.fold_in({source}, {self.pick([rng.randint(0, 3), rng.randint(0, 9), 7])})"
            ]
        if kind < 0.66:
            k = self.fresh("k")
            keys.append(k)
            return (
                [f"{indent}{k} = {self.pick(keys[:-1] or keys)}"]
                if len(keys) > 1
                else [f"{indent}{k} = jax.random.key({self.counter})"]
            )
        if kind < 0.7:
            k = self.fresh("k")
            keys.append(k)
            return [f"{indent}{k} = jax.random.{self.pick(['key', 'PRNGKey'])}({1000 + self.counter})"]
        if kind < 0.78 and self.functions:
            name, takes, _ = self.pick(self.functions)
            if takes == "table":
                table, n = self.pick(tables)
                if self.rng.random() < self.careful:
                    tables.remove((table, n))
                return [f"{indent}total = total + {name}({table}, total)"]
            if takes == "returns":
                source = self.take(keys)
                k = self.fresh("k")
                keys.append(k)
                return [f"{indent}{k}, total = {name}({source}, total)"]
            return [f"{indent}total = total + {name}({self.take(keys)}, total)"]
        if depth >= 2:
            raise RejectedError
        if kind < 0.86:
            return self.loop(keys, tables, depth, indent)
        if kind < 0.92:
            return self.branch(keys, tables, depth, indent)
        if kind < 0.96:
            return self.mapped(keys, tables, indent)
        return self.scanned(keys, tables, indent)

    def loop(self, keys: list[str], tables: list[tuple[str, int]], depth: int, indent: str) -> list[str]:
        form = self.rng.random()
        inner, more = list(keys), list(tables)
        if self.careful > 0.5:
            inner = []
        deeper = indent + "    "
        i = self.fresh("i")
        if form < 0.3:
            name, n = self.pick(tables)
            k = self.fresh("k")
            if self.rng.random() < self.careful:
                tables.remove((name, n))
                more = [t for t in more if t[0] != name]
            return [
                f"{indent}for {k} in {name}:",
                *self.block([*inner, k, k], more if self.careful < 0.5 else [], depth + 1, 2, deeper),
            ]
        if form < 0.5:
            source = self.take(keys)
            if source in inner and self.careful > 0.3:
                inner.remove(source)
            k = self.fresh("k")
            n = self.rng.randint(2, 3)
            if not source.isidentifier():
                raise RejectedError
            keys.append(source)
            head = self.pick([f"for {i} in range({n}):", f"for _ in range({n}):"])
            return [
                f"{indent}{head}",
                f"{deeper}{source}, {k} = jax.random.split({source})",
                *self.block([*inner, k, k], [], depth + 1, 2, deeper),
            ]
        if form < 0.65:
            source = self.pick(keys)
            k = self.fresh("k")
            return [
                f"{indent}for {i} in range({self.rng.randint(2, 3)}):",
                f"{deeper}{k} = jax.random.fold_in({source}, {self.pick([i, i, i, 0, f'{i} + 1', f'{i} * 2'])})",
                *self.block([*inner, k, k], [], depth + 1, 2, deeper),
            ]
        if form < 0.8:
            name, n = self.pick(tables)
            low = self.pick([n, n, max(1, n - 1)])
            k = f"{name}[{i}]"
            if self.rng.random() < self.careful:
                tables.remove((name, n))
            return [
                f"{indent}for {i} in range({low}):",
                *self.block([*inner, k, k], [], depth + 1, self.rng.randint(1, 2), deeper),
            ]
        if form < 0.9:
            source, n = self.take(keys), self.rng.randint(2, 3)
            k = self.fresh("k")
            head = self.pick(
                [
                    f"for {k} in jax.random.split({source}, {n}):",
                    f"for {i}, {k} in enumerate(random.split({source}, {n})):",
                    f"for {k}, {i} in zip(random.split({source}, {n}), range({n})):",
                ]
            )
            return [f"{indent}{head}", *self.block([*inner, k, k], [], depth + 1, 2, deeper)]
        return [
            f"{indent}for {i} in range({self.rng.randint(1, 3)}):",
            *self.block(list(keys), list(tables), depth + 1, 2, deeper),
        ]

    def branch(self, keys: list[str], tables: list[tuple[str, int]], depth: int, indent: str) -> list[str]:
        deeper = indent + "    "
        test = self.pick(["flag", "not flag", "total > 100.0", "flag"])
        left, right = list(keys), list(keys)
        lines = [f"{indent}if {test}:", *self.block(left, list(tables), depth + 1, self.rng.randint(1, 2), deeper)]
        if self.chance(0.6):
            lines += [f"{indent}else:", *self.block(right, list(tables), depth + 1, self.rng.randint(1, 2), deeper)]
        kept = [k for k in keys if k in left and k in right]
        if self.careful > 0.5:
            keys[:] = kept
        return lines

    def mapped(self, keys: list[str], tables: list[tuple[str, int]], indent: str) -> list[str]:
        draw = self.pick(
            ["jax.random.normal({k})", "random.uniform({k})", "jax.random.normal({k}) + jax.random.uniform({k})"]
            if self.careful < 0.7
            else ["jax.random.normal({k})", "random.uniform({k})"]
        )
        if self.chance(0.5):
            table, n = self.pick(tables)
            if self.rng.random() < self.careful:
                tables.remove((table, n))
        else:
            table = f"jax.random.split({self.take(keys)}, {self.rng.randint(2, 3)})"
        if self.functions and self.chance(0.3):
            plain = [f for f, takes, _ in self.functions if takes == "key"]
            return [f"{indent}total = total + jax.vmap({self.pick(plain)}, in_axes=(0, None))({table}, total).sum()"]
        return [f"{indent}total = total + jax.vmap(lambda k: {draw.format(k='k')})({table}).sum()"]

    def scanned(self, keys: list[str], tables: list[tuple[str, int]], indent: str) -> list[str]:
        name = self.fresh("step")
        deeper = indent + "    "
        source = self.take(keys)
        if self.chance(0.5):
            inner = ["k"]
            body = self.block(
                [*inner, *([k for k in keys if k.isidentifier()] if self.careful < 0.4 else [])],
                [],
                2,
                self.rng.randint(1, 2),
                deeper,
            )
            return [
                f"{indent}def {name}(total, k):",
                *body,
                f"{deeper}return total, total",
                "",
                f"{indent}total, _ = jax.lax.scan({name}, total, jax.random.split({source}, 3))",
            ]
        return [
            f"{indent}def {name}(carry, _):", f"{deeper}key, total = carry", f"{deeper}{self.pick(['key, sub', 'key, sub', 'sub, _k'])} = jax.random.split(key)", *self.block(["sub"], [], 2, self.rng.randint(1, 2), deeper),
            f"{deeper}return (key, total), None", "", f"{indent}({self.fresh('k')}, total), _ = jax.lax.scan({name}, ({source}, total), None, length=2)",
        ]  # fmt: skip

    def function(self) -> list[str]:
        name = self.fresh("helper")
        takes = self.pick(["key", "key", "key", "table", "returns"])
        keys, tables = (["key"], []) if takes != "table" else ([], [("keys", 2)])
        body = self.block(keys, tables, 1, self.rng.randint(1, 4), "    ")
        head = f"def {name}({'keys' if takes == 'table' else 'key'}, total, flag=True):"
        result = f"{keys[-1]}, total" if takes == "returns" and keys else "total"
        if takes == "returns" and not keys:
            takes, result = "key", "total"
        self.functions.append((name, takes, 1))
        decorator = ["@jax.jit"] if self.chance(0.15) else []
        return [*decorator, head, *body, f"    return {result}", "", ""]

    def program(self) -> str:
        lines: list[str] = []
        for _ in range(self.rng.randint(0, 3)):
            lines += self.function()
        keys = ["key"]
        body = self.block(keys, [], 0, self.rng.randint(4, 10), "    ")
        lines += [
            "def main(flag, total):",
            f"    key = jax.random.{self.pick(['key', 'PRNGKey'])}(0)",
            *body,
            "    return total",
            "",
            "",
            f"main({self.pick(['True', 'False'])}, jnp.zeros(()))",
        ]
        return HEADER + "\n".join(lines) + "\n"


def generate(rng: random.Random) -> str:
    for _ in range(20):
        text = Program(rng).program()
        if not run(text).discarded:
            return text
    return text


def check(texts: Sequence[str]) -> list[Result]:
    return judge(texts, run, CODES)
