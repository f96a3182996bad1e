"""Straight-line torch programs: views, writes past and through them, several backward passes."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import numpy
import torch

from benchmarks.differential.judging import judge
from benchmarks.differential.kinds import Result
from benchmarks.differential.live import RejectedError
from benchmarks.differential.torch_expressions import Expressions, is_tensor
from benchmarks.differential.torch_truth import LEAF, OVERLAP, VERSION, run

CODES = frozenset(("SL201", "SL202", "SL203", "SL206"))
HEADER = ["import numpy as np", "import torch", "import torch.nn.functional as F", ""]
SHAPES = ((3,), (4,), (2, 3), (3, 3), (4, 3), (2, 2), (2, 3, 2), (1, 3), ())


class Straight(Expressions):
    """Writes one program."""

    def __init__(self, rng: random.Random) -> None:
        self.hot: list[str] = []
        self.results: list[str] = []
        super().__init__(rng, HEADER)

    def reset(self) -> None:
        torch.manual_seed(0)

    def acceptable(self) -> bool:
        for value in self.env.values():
            if is_tensor(value):
                data = value.detach()
                if data.numel() > 40 or not torch.isfinite(data).all() or data.abs().max() > 1e4:
                    return False
                if value.is_leaf and value.grad is not None and not torch.isfinite(value.grad).all():
                    return False
        return True

    def fatal(self, error: Exception) -> bool:
        text = str(error)
        if not isinstance(error, RuntimeError):
            return False
        if VERSION in text and "one of the variables needed" in text:
            return True
        if (LEAF in text and "in-place operation" in text) or OVERLAP in text:
            return self.chance(0.12)
        return False

    # statements -------------------------------------------------------------------------------------------------

    def leaf(self) -> None:
        shape = self.pick(SHAPES[:6]) if self.chance(0.9) else self.pick(SHAPES)
        size = ", ".join(map(str, shape)) or "()"
        tail = self.weighted([(6, ", requires_grad=True"), (4, "")])
        make = self.pick(["rand", "randn", "ones", "full", "rand", "randn", "tensor"])
        if make == "full":
            text = (
                f"torch.full(({size},), 0.7, dtype=torch.float64{tail})"
                if shape
                else f"torch.full((), 0.7, dtype=torch.float64{tail})"
            )
        elif make == "tensor":
            text = f"torch.tensor({numpy.round(numpy.random.RandomState(self.number(0, 99)).randn(*shape), 2).tolist() if shape else 0.6}, dtype=torch.float64{tail})"
        else:
            text = f"torch.{make}({size}, dtype=torch.float64{tail})"
        name = self.fresh("x")
        self.emit(f"{name} = {text}")
        if not tail and self.chance(0.1):
            self.emit(self.pick([f"{name}.requires_grad_()", f"{name}.requires_grad = True"]))

    def array(self) -> None:
        if self.chance(0.5):
            name = self.fresh("n")
            source = self.tensor()
            self.emit(
                f"{name} = {self.pick(['{a}.detach().numpy()', '{a}.numpy()', '{a}.data.numpy()', 'np.asarray({a}.detach())', '{a}.detach().cpu().numpy()', '{a}.detach().numpy().copy()', '{a}.detach().view(-1).numpy()']).format(a=source)}"
            )
        else:
            arrays = self.names(lambda v: isinstance(v, numpy.ndarray) and v.dtype == numpy.float64)
            if arrays and self.chance(0.7):
                n = self.pick(arrays)
                self.emit(
                    f"{self.fresh()} = {self.pick(['torch.from_numpy({n})', 'torch.as_tensor({n})', 'torch.tensor({n})', 'torch.from_numpy({n}.reshape(-1))', 'torch.from_numpy({n}[1:])', 'torch.from_numpy({n}.copy())', 'torch.asarray({n})']).format(n=n)}"
                )
            else:
                shape = self.pick(SHAPES[:6])
                self.emit(
                    f"{self.fresh('n')} = {self.pick(['np.ones({s})', 'np.full({s}, 0.4)', 'np.linspace(0.1, 0.9, {m}).reshape({s})']).format(s=shape, m=int(numpy.prod(shape)))}"
                )

    def array_write(self) -> None:
        arrays = self.names(lambda v: isinstance(v, numpy.ndarray) and v.dtype == numpy.float64)
        n = self.pick(arrays)
        shape = self.env[n].shape
        index = self.index(shape) if shape else "..."
        self.emit(self.pick([f"{n}[{index}] = 0.3", f"{n}[{index}] += 1.0", f"{n} *= 0.5", f"{n} += 1.0", f"np.add({n}, 1.0, out={n})", f"{n}.fill(0.2)", f"{n}[:] = 0.1", f"np.multiply({n}, 2.0, {n})", f"np.copyto({n}, 0.4)", f"{n}[{n} > 0.5] = 0.0", f"{n}.sort()", f"{n}.flat[0] = 0.9"]))  # fmt: skip

    def compute(self) -> None:
        rebind = self.chance(0.12)
        text = self.expression()
        name = self.tensor() if rebind else self.fresh()
        if (
            self.emit(f"{name} = {text}")
            and not self.ended
            and is_tensor(self.env.get(name))
            and self.env[name].requires_grad
        ):
            self.heat(name, text)

    def heat(self, name: str, text: str) -> None:
        """What was just computed, and from what, is worth a write; what a loss should reach."""
        used = [n for n in self.names(is_tensor) if re.search(rf"\b{n}\b", text)]
        self.hot = [*self.hot, name, *used][-6:]
        self.results = [*self.results, name][-5:]

    def make_view(self) -> None:
        source = self.tensor()
        if self.chance(0.12) and self.env[source].dim():
            first, second = self.fresh(), self.fresh()
            form = self.pick(["{a}.chunk(2)", "torch.split({a}, 1)", "{a}.unbind()", "{a}", "torch.unbind({a}, -1)", "{a}.chunk(2, -1)", "{a}.split([1, 1])", "torch.tensor_split({a}, 2)", "{a}.aminmax()", "{a}.sort(-1)", "torch.broadcast_tensors({a}, {a}[:1])", "({a}[:1], {a}[1:])"])  # fmt: skip
            self.emit(f"{first}, {second} = {form.format(a=source)}")
            return
        name = self.fresh() if not self.chance(0.08) else source
        self.emit(f"{name} = {self.view(source)}")

    def alias(self) -> None:
        self.emit(f"{self.fresh()} = {self.tensor()}")

    def do_write(self) -> None:
        text = self.write()
        if self.chance(0.15):
            self.emit(f"{self.fresh()} = {text}" if "=" not in text.split("(")[0] else text)
        elif self.chance(0.2):
            self.no_grad([text])
        else:
            self.emit(text)

    def no_grad(self, texts: list[str]) -> None:
        while self.chance(0.4) and len(texts) < 3:
            texts.append(
                self.weighted(
                    [
                        (3, self.write()),
                        (2, f"{self.fresh()} = {self.expression()}"),
                        (1, f"{self.fresh()} = {self.view(self.tensor())}"),
                    ]
                )
            )
        head = self.pick(["with torch.no_grad():", "with torch.no_grad():", "with torch.set_grad_enabled(False):"])
        self.emit("\n".join([head, *(f"    {t}" for t in texts)]))

    def number_statement(self) -> None:
        a = self.tensor(lambda v: v.dim() > 0)
        n = self.env[a].shape[0]
        self.emit(
            f"{self.fresh('k')} = {self.pick([f'{a}.shape[0] // 2', f'{a}.size(0) - 1', f'len({a}) - 1', f'int({a}.sum()) % {n}', f'{self.number(0, n - 1)}', f'{a}.shape[-1] - 1'])}"
        )

    def written(self) -> str:
        known = [n for n in self.hot if is_tensor(self.env.get(n))]
        if known and self.chance(0.7):
            return self.pick(known)
        return super().written()

    def loss(self) -> None:
        parts = [self.wanted() for _ in range(self.number(1, 4))]
        forms = [
            "{a}.sum()",
            "({a} ** 2).sum()",
            "{a}.mean()",
            "({a} * {a}).mean()",
            "{a}.sum() * 0.5",
            "torch.sum({a})",
            "{a}.square().sum()",
            "{a}.exp().mean()",
            "{a}.norm()",
        ]
        text = " + ".join(self.pick(forms).format(a=p) for p in parts)
        self.emit(f"{self.fresh('loss')} = {text}")

    def wanted(self) -> str:
        known = [n for n in self.results if is_tensor(self.env.get(n)) and self.env[n].requires_grad]
        return self.pick(known) if known and self.chance(0.7) else self.tensor(lambda v: v.requires_grad)

    def backward(self) -> None:
        losses = self.names(lambda v: is_tensor(v) and v.requires_grad and v.grad_fn is not None)
        scalars = [n for n in losses if self.env[n].dim() == 0]
        if scalars and self.chance(0.85):
            a = self.pick([n for n in scalars if n.startswith("loss")] or scalars)
            call = self.weighted([(5, f"{a}.backward()"), (4, f"{a}.backward(retain_graph=True)")])
            if self.chance(0.06):
                leaves = self.names(lambda v: is_tensor(v) and v.requires_grad)
                leaves = [n for n in leaves if self._reaches(a, n)]
                chosen = ", ".join(dict.fromkeys(self.pick(leaves) for _ in range(self.number(1, 2))))
                call = self.pick(
                    [
                        f"{self.fresh('g')} = torch.autograd.grad({a}, [{chosen}], retain_graph=True)[0]",
                        f"{a}.backward(inputs=[{chosen}], retain_graph=True)",
                    ]
                )
        else:
            a = self.pick(losses)
            call = self.pick(
                [
                    f"{a}.backward(torch.ones_like({a}), retain_graph=True)",
                    f"{a}.sum().backward(retain_graph=True)",
                    f"{a}.backward(gradient=torch.ones_like({a}))",
                ]
            )
        self.emit(call)

    def _reaches(self, loss: str, name: str) -> bool:
        try:
            torch.autograd.grad(self.env[loss], [self.env[name]], retain_graph=True)
        except RuntimeError as error:
            return "not have been used" not in str(error)
        return True

    def step(self) -> None:
        a = self.tensor(lambda v: v.requires_grad and v.is_leaf and v.grad is not None)
        self.emit(self.pick([
            f"with torch.no_grad():\n    {a} -= 0.1 * {a}.grad", f"with torch.no_grad():\n    {a}.sub_({a}.grad, alpha=0.1)\n    {a}.grad.zero_()", f"{a}.data -= 0.1 * {a}.grad",
            f"{a}.data.add_({a}.grad, alpha=-0.1)", f"{a}.data = {a}.data - 0.1 * {a}.grad", f"{a}.grad = None", f"{a}.grad.zero_()", f"{a}.data.copy_({a}.data * 0.9)", f"{a}.grad.data.zero_()",
            f"torch.optim.SGD([{a}], lr=0.1).step()", f"{a} = ({a} - 0.1 * {a}.grad).detach().requires_grad_()", f"{a}.data.clamp_(-1.0, 1.0)", f"torch.nn.utils.clip_grad_norm_([{a}], 1.0)", f"{a}.grad *= 0.5",
        ]))  # fmt: skip

    def program(self) -> str:
        for _ in range(self.number(2, 3)):
            self.leaf()
        steps = self.number(6, 18)
        makers: list[tuple[float, Any]] = [
            (9, self.compute), (5, self.make_view), (8, self.do_write), (0.8, self.alias), (0.6, self.array), (0.7, self.array_write), (0.7, self.leaf),
            (0.8, self.number_statement), (2, self.loss), (1.8, self.backward), (1.0, self.step),
        ]  # fmt: skip
        for _ in range(steps):
            if self.ended:
                break
            self._try(self.weighted(makers))
        for last in (self.loss, self.backward):
            for _ in range(4):
                if not self.ended and self._try(last):
                    break
        return self.text()

    def _try(self, maker: Any) -> bool:
        before = len(self.lines)
        try:
            maker()
        except RejectedError:
            return False
        return len(self.lines) > before

    def text(self) -> str:
        if self.rng.random() < 0.5:
            return "\n".join([*self.header, *self.lines]) + "\n"
        return (
            "\n".join([*self.header, "", "def main():", *(f"    {line}" for line in self.lines), "", "", "main()"])
            + "\n"
        )


def generate(rng: random.Random) -> str:
    torch.set_num_threads(1)
    return Straight(rng).program()


def check(texts: Sequence[str]) -> list[Result]:
    return judge(texts, run, CODES)
