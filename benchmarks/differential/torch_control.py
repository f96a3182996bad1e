"""Torch programs with functions, classes, branches, loops, containers and training steps, run for all values of two flags."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence

from benchmarks.differential.judging import judge
from benchmarks.differential.kinds import Result
from benchmarks.differential.live import RejectedError
from benchmarks.differential.torch_expressions import is_tensor
from benchmarks.differential.torch_straight import CODES, HEADER, Straight
from benchmarks.differential.torch_truth import run as run_once
from benchmarks.differential.truth import Truth

FLAGS = ("True, True", "True, False", "False, True", "False, False")
POINTWISE = """
torch.exp({a})
torch.sigmoid({a})
{a}.tanh()
torch.relu({a})
torch.sin({a})
{a} * {a}
{a} * {b}
{a} + {b}
{a} - {b}
{a} * 0.5
{a} + 1.0
{a}.clone()
{a}.detach()
{a}.view_as({a})
{a}.softmax(-1)
{a} / ({b}.abs() + 1.0)
torch.where({a} > 0.3, {a}, {b})
{a} ** 2
F.softplus({a})
torch.sqrt({a}.abs() + 0.5)
{a}.data
{a}.reshape({a}.shape)
torch.addcmul({a}, {b}, {b})
torch.stack([{a}, {b}]).sum(0)
{a}.contiguous()
{a}.mul({b})
torch.lerp({a}, {b}, 0.3)
{a}.square()
F.silu({a})
{a}.abs()
{a}.detach().clone()
torch.maximum({a}, {b})
F.dropout({a}, 0.5)
""".strip().split("\n")
WRITES = """
{a}.mul_(0.5)
{a}.add_(1.0)
{a} += {b}
{a} *= 0.5
{a} *= {b}
{a}.add_({b})
{a}.zero_()
{a}.exp_()
{a}.sigmoid_()
{a}[0] = 0.0
{a}[:1] = {b}[:1]
{a}[-1] += 1.0
{a}.copy_({b})
{a}.data.mul_(0.9)
{a}.clamp_(-1.0, 1.0)
{a}.detach().add_(0.1)
{a}.view(-1)[0] = 0.5
F.relu({a}, inplace=True)
{a} -= 0.1
{a}.masked_fill_({a} > 0.5, 0.0)
{a}.fill_(0.3)
{a}[...] = {b}
{a}.relu_()
{a}.lerp_({b}, 0.5)
""".strip().split("\n")


class Body:
    """Lines of a function or a loop over tensors of one shape, known by names alone."""

    def __init__(
        self, writer: Control, names: Sequence[str], indent: str, writes: float, attributes: bool = False
    ) -> None:
        self.writer = writer
        self.names = list(names)
        self.indent = indent
        self.writes = writes
        self.lines: list[str] = []
        self.attributes = attributes

    def name(self) -> str:
        if self.writer.chance(0.5):
            return self.names[-1]
        return self.writer.pick(self.names)

    def statement(self, depth: int = 0, loop: str = "") -> None:
        writer = self.writer
        kind = writer.rng.random()
        a, b = self.name(), self.name()
        if kind < 0.5:
            fresh = (
                writer.fresh("u")
                if not writer.chance(0.25)
                else writer.pick([n for n in self.names if "." not in n] or [writer.fresh("u")])
            )
            self.lines.append(f"{self.indent}{fresh} = {writer.pick(POINTWISE).format(a=a, b=b)}")
            if fresh not in self.names:
                self.names.append(fresh)
        elif kind < 0.5 + self.writes:
            text = writer.pick(WRITES).format(a=a, b=b)
            if writer.chance(0.15):
                self.lines += [f"{self.indent}with torch.no_grad():", f"{self.indent}    {text}"]
            else:
                self.lines.append(f"{self.indent}{text}")
        elif kind < 0.9 and writer.functions:
            fresh = writer.fresh("u")
            name, _ = writer.pick(writer.functions)
            self.lines.append(f"{self.indent}{fresh} = {name}({a}, {b}, {'True' if self.attributes else 'flag'})")
            self.names.append(fresh)
        elif depth < 2:
            if self.attributes:
                return  # a method has no flag
            tests = ["flag", "other", "not flag", "flag and other"] if writer.flags else ["flag", "not flag"]
            if loop:
                tests = [f"{loop} == 0", f"{loop} > 0", f"{loop} % 2 == 1", *tests]
            self.lines.append(f"{self.indent}if {writer.pick(tests)}:")
            inside = Body(writer, self.names, self.indent + "    ", self.writes)
            self._branch(inside, depth, loop)
            if writer.chance(0.5):
                self.lines.append(f"{self.indent}else:")
                self._branch(Body(writer, self.names, self.indent + "    ", self.writes), depth, loop)

    def _branch(self, inside: Body, depth: int, loop: str) -> None:
        for _ in range(self.writer.number(1, 2)):
            inside.statement(depth + 1, loop)
        self.lines += inside.lines or [f"{inside.indent}pass"]


class Control(Straight):
    """Writes one program."""

    def __init__(self, rng: random.Random) -> None:
        self.functions: list[tuple[str, str]] = []
        self.flags = False
        self.definitions: list[str] = []
        super().__init__(rng)
        for _ in range(self.number(1, 3)):
            self.function()
        if self.chance(0.5):
            self.layer()
        if self.chance(0.4):
            self.holder()
        self.flags = True
        self.header = [*HEADER, *self.definitions, "flag, other = True, True"]
        self._replay()

    # definitions ------------------------------------------------------------------------------------------------

    def function(self) -> None:
        name = self.fresh("helper")
        body = Body(self, ["a", "b"], "    ", self.pick([0.1, 0.3, 0.4]))
        for _ in range(self.number(1, 4)):
            body.statement()
        result = self.pick([*body.names, body.names[-1], body.names[-1]])
        decorator = ["@torch.no_grad()"] if self.chance(0.06) else []
        self.definitions += [*decorator, f"def {name}(a, b, flag):", *body.lines, f"    return {result}", "", ""]
        self.functions.append((name, "plain"))

    def layer(self) -> None:
        name = f"Layer{self.number(1, 9)}"
        body = Body(self, ["x", "self.scale", "self.seen"], "        ", self.pick([0.15, 0.35]), True)
        for _ in range(self.number(1, 4)):
            body.statement()
        keep = self.pick(
            [
                f"        self.seen = {body.name()}.detach()",
                f"        self.last = {body.name()}",
                "        self.seen.mul_(0.9)",
                "        pass",
                "        self.seen += 1.0",
            ]
        )
        self.definitions += [
            f"class {name}(torch.nn.Module):", "    def __init__(self):", "        super().__init__()", "        self.scale = torch.nn.Parameter(torch.full((3,), 0.8, dtype=torch.float64))",
            "        self.register_buffer('seen', torch.ones(3, dtype=torch.float64))", "        self.last = None", "", "    def forward(self, x):", *body.lines, keep, f"        return {body.names[-1] if '.' not in body.names[-1] else 'x * self.scale'}", "", "",
        ]  # fmt: skip
        self.layer_name = name

    def holder(self) -> None:
        self.definitions += [
            "class Holder:", "    def __init__(self, value):", f"        self.value = {self.pick(['value', 'value * 1.0', 'value.clone()', 'value.detach()'])}", "        self.items = []", "",
            "    def push(self, x):", "        self.items.append(x)", f"        return {self.pick(['x', 'self.value', 'x * self.value'])}", "", "    def scale_(self, x):", f"        self.value{self.pick(['.mul_(0.5)', ' *= x', '.add_(x)', ' = self.value * x'])}",
            f"        return {self.pick(['self.value', 'x', 'self.items[-1] if self.items else x'])}", "", "",
        ]  # fmt: skip
        self.has_holder = True

    # statements -------------------------------------------------------------------------------------------------

    def vector(self) -> str:
        return self.tensor(lambda v: v.dim() == 1 and v.shape[0] == 3)

    def compound(self) -> None:
        self.pick(
            [
                self.loop,
                self.loop,
                self.branch,
                self.call,
                self.call,
                self.container,
                self.objects,
                self.training,
                self.inner,
            ]
        )()

    def names_for_body(self) -> list[str]:
        return list(dict.fromkeys([self.vector() for _ in range(3)] + [n for n in self.hot if self._is_vector(n)][-2:]))

    def _is_vector(self, name: str) -> bool:
        value = self.env.get(name)
        return is_tensor(value) and value.dim() == 1 and value.shape[0] == 3

    def finish(self, lines: Sequence[str]) -> None:
        before = set(self.env)
        if self.emit("\n".join(lines)) and not self.ended:
            made = [n for n in self.env if n not in before and is_tensor(self.env[n]) and self.env[n].requires_grad]
            self.hot = [*self.hot, *made][-6:]
            self.results = [*self.results, *made][-5:]

    def branch(self) -> None:
        names = self.names_for_body()
        result = self.fresh("t")
        sides = []
        for _ in range(2):
            body = Body(self, names, "    ", 0.3)
            for _ in range(self.number(1, 2)):
                body.statement(1)
            sides.append([*body.lines, f"    {result} = {self.pick([*body.names, f'{body.names[-1]} * 1.0'])}"])
        self.finish([f"if {self.pick(['flag', 'other', 'not flag'])}:", *sides[0], "else:", *sides[1]])

    def loop(self) -> None:
        names = self.names_for_body()
        carried, i = self.fresh("h"), self.fresh("i")
        count = self.number(2, 3)
        body = Body(self, [*names, carried], "    ", self.pick([0.1, 0.25, 0.4]))
        lines = [
            f"{carried} = {self.pick([names[0], f'{names[0]} * 1.0', f'{names[0]}.clone()', f'torch.zeros_like({names[0]})', f'{names[0]}.detach().clone()'])}"
        ]
        kept = ""
        if self.chance(0.5):
            kept = self.fresh("kept")
            lines.append(f"{kept} = {self.pick(['[]', '[]', f'torch.zeros({count}, 3, dtype=torch.float64)'])}")
        for _ in range(self.number(1, 4)):
            body.statement(0, i)
        if self.chance(0.7):
            body.lines.append(
                f"    {carried} = {self.pick([body.names[-1], f'torch.tanh({body.names[-1]})', f'{carried} * {body.names[-1]}'])}"
            )
        if kept:
            value = self.pick([carried, body.names[-1], f"{body.names[-1]} * 1.0"])
            body.lines.append(
                f"    {kept}.append({value})" if lines[-1].endswith("[]") else f"    {kept}[{i}] = {value}"
            )
        head = self.pick(
            [f"for {i} in range({count}):", f"for {i} in range({count}):", f"for {i}, _ in enumerate([0] * {count}):"]
        )
        if self.chance(0.12):
            lines.append(f"{i} = 0")
            head = f"while {i} < {count}:"
            body.lines.append(f"    {i} += 1")
        lines += [head, *body.lines]
        if kept:
            lines.append(
                f"{self.fresh('t')} = {self.pick([f'torch.stack({kept}).sum(0)', f'sum({kept})', f'{kept}[0] * {kept}[-1]', f'{kept}[0]']) if ' = []' in lines[1] else f'{kept}.sum(0)'}"
            )
        self.finish(lines)

    def call(self) -> None:
        name, _ = self.pick(self.functions)
        a, b = self.vector(), self.vector()
        given = self.pick(["flag", "flag=flag", "other", "flag=not flag"])
        forms = [
            "{t} = {f}({a}, {b}, {g})", "{f}({a}, {b}, {g})", "{t} = {f}({a} * 1.0, {b}, {g})",
            "{t} = {f}({a}[:], {b}, {g})", "{a} = {f}({a}, {b}, {g})",
        ]  # fmt: skip
        form = self.pick(forms).format(t=self.fresh(), f=name, a=a, b=b, g=given)
        self.finish([form])

    def container(self) -> None:
        a, b = self.vector(), self.vector()
        c, t = self.fresh("c"), self.fresh()
        lines = self.pick([
            [f"{c} = [{a}, {b}]", f"for {t} in {c}:", f"    {self.pick(WRITES).format(a=t, b=b)}"],
            [f"{c} = {{'p': {a}, 'q': {b} * 1.0}}", f"{self.pick(WRITES).format(a=c + chr(91) + chr(39) + self.pick(['p', 'q']) + chr(39) + chr(93), b=b)}", f"{t} = {c}['p'] * {c}['q']"],
            [f"{c} = [x * 1.0 for x in ({a}, {b})]", f"{self.pick(WRITES).format(a=c + '[0]', b=b)}", f"{t} = {c}[0] * {c}[1]"],
            [f"{t}, {self.fresh()} = {a}, {b}"],
            [f"{c} = ({a}.exp(), {b})", f"{t} = {c}[0]", f"{self.pick(WRITES).format(a=t, b=b)}"],
            [f"{c} = []", f"{c}.append({a} * {b})", f"{c}.append({c}[0].tanh())", f"{t} = {c}[1]", f"{self.pick(WRITES).format(a=c + '[0]', b=b)}"],
            [f"for {t}, {self.fresh()} in zip([{a}, {b}], [{b}, {a}]):", f"    {self.pick(WRITES).format(a=t, b=a)}"],
        ])  # fmt: skip
        self.finish(lines)

    def objects(self) -> None:
        a, b, o = self.vector(), self.vector(), self.fresh("o")
        if getattr(self, "layer_name", "") and self.chance(0.6):
            lines = [f"{o} = {self.layer_name}()"]
            for _ in range(self.number(1, 2)):
                lines.append(f"{self.fresh()} = {o}({self.pick([a, b])})")
            if self.chance(0.3):
                lines.append(
                    self.pick(
                        [
                            f"with torch.no_grad():\n    {o}.scale.mul_(0.9)",
                            f"{o}.seen.zero_()",
                            f"{o}.scale.data.clamp_(0.0, 0.5)",
                            f"for p in {o}.parameters():\n    p.data.mul_(0.5)",
                            f"{o}.seen.add_({a}.detach())",
                        ]
                    )
                )
            if self.chance(0.3):
                lines.append(f"{self.fresh('loss')} = {o}({a}).sum()")
            self.finish("\n".join(lines).split("\n"))
        elif getattr(self, "has_holder", False):
            lines = [f"{o} = Holder({a})"]
            for _ in range(self.number(1, 3)):
                lines.append(f"{self.fresh()} = {o}.{self.pick(['push', 'scale_'])}({self.pick([a, b])})")
            if self.chance(0.4):
                lines.append(f"{self.fresh()} = {o}.value.exp()")
            self.finish(lines)

    def inner(self) -> None:
        """A function inside the function, which captures what is around it."""
        a, b, name = self.vector(), self.vector(), self.fresh("inner")
        body = Body(self, ["x", b], "    ", 0.35)
        for _ in range(self.number(1, 3)):
            body.statement()
        free = [n for n in body.names if n == "x" or n.startswith("u")]
        lines = [
            f"def {name}(x):",
            *([line for line in body.lines if not line.strip().startswith(f"{b} =")] or ["    pass"]),
            f"    return {free[-1]}",
        ]
        if any(line.strip().startswith((f"{b} +=", f"{b} *=", f"{b} -=")) for line in lines):
            raise RejectedError  # it would be a local name
        self.finish(
            [
                *lines,
                f"{self.fresh()} = {name}({a})",
                *([f"{self.fresh()} = {name}({self.vector()})"] if self.chance(0.4) else []),
            ]
        )

    def training(self) -> None:
        """Some steps with one or two losses, as in training and adversarial training."""
        p, q, i = self.fresh("p"), self.fresh("q"), self.fresh("i")
        a = self.tensor(lambda v: v.dim() == 1 and v.shape[0] == 3 and not v.requires_grad)
        lines = [
            f"{p} = torch.full((3,), 0.5, dtype=torch.float64, requires_grad=True)",
            f"{q} = torch.full((3,), 0.4, dtype=torch.float64, requires_grad=True)",
        ]
        style = self.pick(["optimizer", "manual", "data"])
        if style == "optimizer":
            kind = self.pick(["SGD", "Adam"])
            lines += [f"opt_{p} = torch.optim.{kind}([{p}], lr=0.1)", f"opt_{q} = torch.optim.{kind}([{q}], lr=0.1)"]

        def step(name: str) -> list[str]:
            if style == "optimizer":
                return [f"    opt_{name}.step()", *([f"    opt_{name}.zero_grad()"] if self.chance(0.6) else [])]
            if style == "manual":
                return [
                    "    with torch.no_grad():",
                    f"        {name} -= 0.1 * {name}.grad",
                    *([f"    {name}.grad = None"] if self.chance(0.5) else []),
                ]
            return [f"    {name}.data -= 0.1 * {name}.grad"]

        first, second = self.fresh("loss"), self.fresh("loss")
        fake = f"    fake = {self.pick([f'torch.tanh({a} * {p})', f'{p} * {p}', f'torch.exp({p}) * {a}'])}"
        one = f"    {first} = {self.pick(['(fake * {q}).sum()', '((fake.detach() * {q}) ** 2).sum()', '({q} * {q}).sum()', '(fake.detach() - {q}).square().mean()']).format(q=q)}"
        two = f"    {second} = {self.pick(['(fake * {q}).sum()', '(fake * {q}).sigmoid().mean()', 'fake.sum() + ({q} ** 2).sum()', '(fake ** 2).sum()']).format(q=q)}"
        back = self.pick(
            [
                f"    {first}.backward()",
                f"    {first}.backward(retain_graph=True)",
                f"    {first}.backward(retain_graph=True)",
            ]
        )
        order = self.pick([
            [fake, one, two, back, *step(q), f"    {second}.backward()", *step(p)],
            [fake, one, back, *step(q), two, f"    {second}.backward()", *step(p)],
            [fake, one, two, back, f"    {second}.backward()", *step(q), *step(p)],
            [fake, two, f"    {second}.backward()", *step(p)],
        ])  # fmt: skip
        self.finish([*lines, f"for {i} in range(2):", *order])

    def program(self) -> str:
        for _ in range(self.number(2, 4)):
            self.leaf_vector()
        for _ in range(self.number(3, 9)):
            if self.ended:
                break
            maker = self.weighted(
                [
                    (6, self.compound),
                    (2, self.compute),
                    (1.2, self.do_write),
                    (0.6, self.make_view),
                    (0.8, self.loss),
                    (0.8, self.backward),
                    (0.4, self.step),
                ]
            )
            self._try(maker)
        for last in (self.loss, self.backward):
            for _ in range(4):
                if not self.ended and self._try(last):
                    break
        body = [f"    {line}" for line in self.lines]
        return (
            "\n".join([*HEADER, "", *self.definitions, "def main(flag, other):", *body, "", "", "main(True, True)"])
            + "\n"
        )

    def leaf_vector(self) -> None:
        tail = self.weighted([(6, ", requires_grad=True"), (4, "")])
        self.emit(f"{self.fresh('x')} = torch.{self.pick(['rand', 'ones', 'randn'])}(3, dtype=torch.float64{tail})")


def run(text: str) -> Truth:
    """What happens for all values of the flags together."""
    head, _, last = text.rstrip("\n").rpartition("\n")
    if not last.startswith("main("):
        return Truth(discarded="no call")
    whole = Truth()
    forwards = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name == "forward"
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    for flags in FLAGS:
        truth = run_once(f"{head}\nmain({flags})\n")
        if truth.discarded:
            return truth
        whole.faults += [fault for fault in truth.faults if fault not in whole.faults]
        whole.allowed |= truth.allowed
        whole.unjudged |= truth.unjudged
        whole.executed |= truth.executed
        whole.overwritten |= truth.overwritten
        whole.open |= truth.open
    # A forward pass is linted for whoever differentiates it; lines that never ran are not judged.
    whole.allowed |= {each for each in whole.overwritten if each[1] in forwards}
    every = range(1, text.count("\n") + 2)
    whole.allowed |= {(code, line) for line in every if line not in whole.executed for code in CODES}
    return whole


def generate(rng: random.Random) -> str:
    for _ in range(12):
        text = Control(rng).program()
        if not run(text).discarded:
            break
    return text


def check(texts: Sequence[str]) -> list[Result]:
    return judge(texts, run, CODES)
