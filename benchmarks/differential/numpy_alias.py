"""NumPy programs of views: the pairs of names that share memory at exit, against those of the storage-identity graph."""

from __future__ import annotations

import ast
import itertools
import random
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy

from benchmarks.differential.kinds import Result
from benchmarks.differential.live import RejectedError, Writer
from statelint.config import Configurations
from statelint.explain import open_session, require
from statelint.graph import function_graph

HEADER = ["import numpy as np", ""]
SHAPES = ((6,), (4,), (3, 4), (4, 4), (2, 3), (2, 3, 4), (1, 4), (5,))
Pairs = set[tuple[str, str]]

VIEWS = """
{a}.reshape(-1)
np.reshape({a}, -1)
{a}.ravel()
np.ravel({a})
{a}.T
{a}.transpose()
np.transpose({a})
{a}.swapaxes(0, -1)
np.swapaxes({a}, 0, -1)
np.moveaxis({a}, 0, -1)
{a}.squeeze()
np.squeeze({a})
np.expand_dims({a}, 0)
{a}[None]
{a}[np.newaxis, ...]
{a}[...]
{a}[:]
np.broadcast_to({a}, (2, *{a}.shape))
np.asarray({a})
np.asanyarray({a})
np.ascontiguousarray({a})
np.array({a}, copy=False)
np.array({a}, copy=None)
{a}.view()
{a}.view(np.ndarray)
np.atleast_1d({a})
np.atleast_2d({a})
np.diagonal({a})
{a}.diagonal()
np.flip({a}, 0)
np.flipud({a})
np.rot90({a})
{a}[::-1]
{a}.real
np.real({a})
{a}.astype(float, copy=False)
np.lib.stride_tricks.sliding_window_view({a}, 1, axis=0)
np.lib.stride_tricks.as_strided({a}, (2,), (8,))
np.rollaxis({a}, -1)
np.require({a})
np.split({a}, 1)[0]
np.array_split({a}, 2)[0]
np.array_split({a}, 2)[1]
np.nan_to_num({a}, copy=False)
np.hsplit({a}, 1)[0]
np.broadcast_arrays({a}, {a})[0]
np.asfortranarray({a})
{a}.reshape({a}.shape)
np.vsplit({a}, 1)[0]
{a}.T.T
{a}.T.reshape(-1)
{a}[:, None]
{a}.reshape({a}.shape, order='F')
np.fliplr({a})
{a}.squeeze(axis=None)
{a}.base
np.lib.stride_tricks.as_strided({a})
""".strip().split("\n")
COPIES = """
{a}.copy()
np.copy({a})
np.array({a})
{a} + 1.0
{a} * 2.0
-{a}
np.exp({a} * 0.1)
{a}.flatten()
{a}.astype(float)
{a}[[0, 0]]
{a}[{a} > 0.5]
np.where({a} > 0.5, {a}, 0.0)
np.concatenate([{a}, {a}])
np.stack([{a}, {a}])
np.take({a}, [0], axis=0)
{a}.take([0])
np.repeat({a}, 2)
np.tile({a}, 2)
np.sort({a})
{a}.cumsum()
np.abs({a})
{a}.clip(0.0, 1.0)
np.zeros_like({a})
np.maximum({a}, 0.3)
np.vstack([{a}, {a}])
np.roll({a}, 1)
np.pad({a}, 1)
{a}.mean(axis=0)
{a}.sum(0)
np.append({a}, 1.0)
np.delete({a}, 0, axis=0)
{a}[np.array([0])]
np.compress([True], {a}, axis=0)
{a}.repeat(2)
np.nan_to_num({a})
np.array({a}.tolist())
np.triu({a})
{a} @ {a}.T
np.diag({a})
np.empty_like({a})
{a} % 2.0
abs({a})
np.round({a}, 1)
{a} ** 2
np.outer({a}, {a})
{a}[..., [0]]
""".strip().split("\n")
PAIRED = """
{a} + {b}
{a} * {b}
np.add({a}, {b}, out={a})
np.multiply({a}, {b}, {a})
np.where({a} > 0.5, {a}, {b})
np.maximum({a}, {b})
{a} @ {b}.T
np.concatenate([{a}, {b}])
{a} - {b}
np.hstack([{a}, {b}])
np.copyto({a}, {b})
np.clip({a}, 0.0, 1.0, out={a})
np.exp({a} * 0.01, out={b})
""".strip().split("\n")


def _is_array(value: Any) -> bool:
    return isinstance(value, numpy.ndarray)


class Program(Writer):
    def __init__(self, rng: random.Random) -> None:
        self.helpers: list[str] = []
        super().__init__(rng, HEADER)

    def reset(self) -> None:
        numpy.random.seed(0)

    def acceptable(self) -> bool:
        arrays = [v for v in self.env.values() if _is_array(v)]
        return all(v.size <= 60 and v.dtype == float and v.size and v.base is not v for v in arrays)

    def array(self) -> str:
        found = self.names(_is_array)
        if self.chance(0.4):
            return found[max(0, len(found) - 1 - int(self.rng.expovariate(0.6)))]
        return self.pick(found)

    def selector(self, n: int) -> str:
        ints = self.names(lambda v: type(v) is int and 0 <= v < n)
        low = self.number(0, max(0, n - 2))
        options = [
            str(self.number(0, n - 1)),
            "-1",
            ":",
            f"{self.number(0, n - 1)}:",
            f":{self.number(1, n)}",
            f"{low}:{self.number(low + 1, n)}",
            "::2",
            "1::2",
            ":-1",
            "-2:",
            "::-1",
            f"{low}:{low + 1}",
            f":{max(1, n // 2)}",
            f"{max(1, n // 2)}:",
        ]
        if ints and self.chance(0.6):
            i = self.pick(ints)
            options = [
                i,
                f"{i}:",
                f":{i}",
                f"{i}:{i} + 1",
                f"{i} - {n}",
                f"{i} + 1",
                f"{i} - 1",
                f":{i} + 1",
                f"{i} + 1:",
            ]
        return self.pick(options)

    def index(self, shape: tuple[int, ...]) -> str:
        if not shape:
            return "..."
        parts = [self.selector(n) for n in shape[: self.number(1, len(shape))]]
        if self.chance(0.1):
            parts = ["...", parts[-1]]
        elif self.chance(0.06):
            parts.insert(0, "None")
        return ", ".join(parts)

    def value(self, a: str) -> str:
        shape = self.env[a].shape
        kind = self.rng.random()
        if kind < 0.42:
            return f"{a}[{self.index(shape)}]"
        if kind < 0.5:
            return f"{a}[{self.index(shape)}]{self.pick(['.T', '.reshape(-1)', '.copy()', '.ravel()', '[0]', '[1:]', '[:-1]', '[-1:]', '[::2]', '.view()'])}"
        if kind < 0.8:
            return self.pick(VIEWS).format(a=a)
        return self.pick(COPIES).format(a=a)

    def statement(self) -> str:
        a, b = self.array(), self.array()
        kind = self.rng.random()
        if kind < 0.55:
            return f"{self.fresh('v')} = {self.value(a)}"
        if kind < 0.61:
            return f"{self.array()} = {self.value(a)}"
        if kind < 0.66:
            return f"{self.fresh('v')} = {self.pick(PAIRED).format(a=a, b=b)}"
        if kind < 0.7:
            first, second = self.fresh("v"), self.fresh("v")
            return self.pick([f"{first}, {second} = np.array_split({a}, 2)", f"{first}, {second} = {a}[:2]", f"{first}, {second} = {a}, {b}", f"{a}, {b} = {b}, {a}", f"{first}, {second} = np.broadcast_arrays({a}, {b})", f"{first}, *{second} = {a}", f"{first}, {second} = np.split({a}, 2)", f"{first}, {second} = np.meshgrid({a}, {a}, copy=False)"])  # fmt: skip
        if kind < 0.76:
            return self.pick(
                [
                    f"{a}[{self.index(self.env[a].shape)}] = 0.5",
                    f"{a} += 1.0",
                    f"{a} *= {b}",
                    f"{a}[{self.index(self.env[a].shape)}] += 1.0",
                    f"{a}[...] = {b}",
                ]
            )
        if kind < 0.82:
            shape = self.pick(SHAPES)
            return f"{self.fresh('v')} = {self.pick([f'np.zeros({shape})', f'np.ones({shape})', f'np.arange({int(numpy.prod(shape))}.0).reshape({shape})', f'np.random.rand(*{shape})', f'np.empty({shape})', f'np.full({shape}, 0.3)', f'np.linspace(0.0, 1.0, {int(numpy.prod(shape))})'])}"  # fmt: skip
        if kind < 0.87:
            n = self.env[a].shape[0] if self.env[a].ndim else 1
            return f"{self.fresh('k')} = {self.pick([f'{a}.shape[0] // 2', f'len({a}) - 1', f'int({a}.flat[0]) % {n}', str(self.number(0, 3)), f'n % {n}'])}"
        if kind < 0.93:
            c = self.fresh("c")
            build = self.pick(
                [
                    f"[{a}, {b}]",
                    f"({a}, {a}[1:])",
                    f"{{'p': {a}, 'q': {b}}}",
                    f"[r for r in {a}]",
                    f"list({a})",
                    f"{{'p': {a}[:1], 'q': {a}[1:]}}",
                    f"[{a}[:2].copy(), {b}]",
                ]
            )
            read = (
                self.pick([f"{c}['p']", f"{c}['q']"])
                if build[0] == "{"
                else self.pick([f"{c}[0]", f"{c}[-1]", f"{c}[1]"])
            )
            return f"{c} = {build}\n{self.fresh('v')} = {read}"
        if kind < 0.96:
            v, w = self.fresh("v"), self.fresh("v")
            test = self.pick(["flag", "n > 1", "not flag"])
            return f"if {test}:\n    {v} = {self.value(a)}\nelse:\n    {v} = {self.value(b)}" + (
                f"\n{w} = {v}[:1]" if self.chance(0.3) else ""
            )
        if kind < 0.98:
            v = self.fresh("v")
            return self.pick([f"for {v} in {a}:\n    pass", f"for {self.fresh('k')}, {v} in enumerate({a}):\n    {v} *= 1.0", f"{v} = {a}\nfor {self.fresh('k')} in range(2):\n    {v} = {v}[{self.pick(['1:', ':-1', '...', '::-1'])}]", f"for {v}, {self.fresh('v')} in zip({a}, {b}):\n    pass"])  # fmt: skip
        return f"{self.fresh('v')} = {self.pick(['first', 'twice', 'pair', 'keep'])}({a}, {b})"

    def program(self) -> str:
        for name in ("a", "b"):
            shape = self.pick(SHAPES)
            self.header.append(f"{name} = np.arange({int(numpy.prod(shape))}.0).reshape({shape})")
        functions = (
            "def first(x, y):\n    return x[0:1]\n\n\ndef twice(x, y):\n    z = x.reshape(-1)\n    return z * 2.0\n\n\n"
            "def pair(x, y):\n    both = [x, y]\n    return both[1]\n\n\ndef keep(x, y):\n    if x.sum() > 3.0:\n        return x\n    return y.T\n"
        )
        makers = [f"{line.replace(' = ', ' = ', 1)}" for line in self.header if line.startswith(("a =", "b ="))]
        self.header = ["import numpy as np", *functions.split("\n"), *makers, "flag, n = True, 2"]
        self._replay()
        for _ in range(self.number(5, 14)):
            try:
                self.emit(self.statement())
            except RejectedError:
                continue
        body = "\n".join(f"    {line}" for line in self.lines) or "    pass"
        arrays = "\n".join(makers).replace("\n", "\n")
        return f"import numpy as np\n\n\n{functions}\n\ndef program(a, b, flag, n):\n{body}\n\n\n{arrays}\nprogram(a, b, True, 2)\n"


def generate(rng: random.Random) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(30):
            text = Program(rng).program()
            if not isinstance(truth(text), str):
                break
        return text


def truth(text: str) -> tuple[Pairs, Pairs] | str:
    """The pairs that share memory at the exit for some arguments, and all pairs of arrays; or why it cannot be told."""
    tree = ast.parse(text)
    function = next((s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == "program"), None)
    if function is None or not {"a", "b", "flag", "n"} <= {arg.arg for arg in function.args.args}:
        return "no program"
    function.body.append(ast.parse("return dict(locals())").body[0])
    tree.body.pop()  # the call
    code = compile(ast.fix_missing_locations(tree), "<program>", "exec")
    shared: Pairs = set()
    known: Pairs = set()
    for flag, n in itertools.product((True, False), (1, 2)):
        space: dict[str, Any] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numpy.random.seed(0)
            try:
                exec(code, space)
                held = space["program"](space["a"], space["b"], flag, n)
            except Exception as error:
                return f"{type(error).__name__}: {error}"  # it should run with all arguments
        arrays = sorted((name, value) for name, value in held.items() if _is_array(value)) if held else []
        for (a, left), (b, right) in itertools.combinations(arrays, 2):
            known.add((a, b))
            if numpy.shares_memory(left, right):
                shared.add((a, b))
    return shared, known


def found(texts: Sequence[str]) -> list[Pairs]:
    """The alias pairs that the graph of ``program`` shows."""
    with tempfile.TemporaryDirectory(prefix="differential-") as folder:
        paths = [Path(folder, f"program_{number}.py") for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, "utf-8")
        session = open_session([str(path) for path in paths], Configurations(None, isolated=True))
        result = []
        for path in paths:
            graph = function_graph(session, require(session, str(path)), "program")
            result.append(set(graph.aliases) if graph is not None else set())
        return result


def check(texts: Sequence[str]) -> list[Result]:
    results = []
    for text, reported in zip(texts, found(texts), strict=True):
        ran = truth(text)
        if isinstance(ran, str):
            results.append(Result(discarded=ran))
            continue
        shared, known = ran
        results.append(
            Result(
                len(shared),
                len(shared & reported),
                tuple(sorted((reported & known) - shared)),
                missing=tuple(sorted(shared - reported)),
            )
        )
    return results
