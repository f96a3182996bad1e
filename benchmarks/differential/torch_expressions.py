"""Texts of torch expressions and statements over live tensors."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.differential.live import RejectedError, Writer

UNARY = """
torch.exp({a})
{a}.exp()
torch.sigmoid({a})
{a}.sigmoid()
torch.tanh({a})
{a}.tanh()
torch.relu({a})
F.relu({a})
{a}.relu()
torch.sin({a})
{a}.cos()
torch.square({a})
{a}.square()
{a} ** 2
{a} ** 3
{a}.pow(2)
torch.pow({a}, 3.0)
2.0 ** {a}
{a}.abs()
abs({a})
torch.sqrt({a}.abs() + 0.5)
({a} * {a} + 1.0).sqrt()
torch.log1p({a}.abs())
torch.log({a}.abs() + 1.0)
torch.rsqrt({a}.square() + 1.0)
1.0 / ({a}.abs() + 1.0)
({a}.abs() + 1.0).reciprocal()
-{a}
{a}.neg()
{a} + 1.0
{a} * 2.0
3.0 * {a}
{a} - 0.5
1.0 - {a}
{a} / 2.0
F.softplus({a})
F.silu({a})
F.gelu({a})
F.elu({a})
F.leaky_relu({a}, 0.1)
F.hardtanh({a})
F.logsigmoid({a})
torch.clamp({a}, -1.0, 1.0)
{a}.clamp(min=0.0)
{a}.clamp_min(0.1)
torch.atan({a})
torch.expm1({a})
torch.erf({a})
torch.sinh({a})
{a}.clone()
torch.clone({a})
{a} * {a}
torch.sign({a})
{a}.round()
torch.floor({a})
{a} % 1.5
torch.nan_to_num({a})
{a}.tril()
torch.triu({a})
{a}.flip(0)
torch.roll({a}, 1, 0)
{a}.cumsum(0)
torch.cumsum({a}, -1)
{a}.cumprod(0)
torch.softmax({a}, -1)
{a}.softmax(0)
F.softmax({a}, dim=-1)
{a}.log_softmax(-1)
F.log_softmax({a}, 0)
F.normalize({a}, dim=-1)
F.dropout({a}, 0.5)
torch.dropout({a}, 0.3, True)
torch.zeros_like({a})
torch.ones_like({a})
{a}.repeat_interleave(2, 0)[:2]
F.mish({a})
F.hardsigmoid({a})
torch.deg2rad({a})
{a}.sort(dim=-1).values
torch.sort({a}, -1)[0]
F.layer_norm({a}, {a}.shape[-1:])
torch.sinc({a})
{a}.cosh()
torch.cummax({a}, 0).values
torch.logcumsumexp({a}, 0)
torch.special.expit({a})
torch.masked_fill({a}, {a} > 0.5, 0.0)
{a}.masked_fill({a} < 0.0, 1.0)
torch.where({a} > 0.3, {a}, torch.zeros_like({a}))
{a}.where({a} > 0.0, -{a})
{a}.float().double()
{a}.mul(2)
{a}.add(1)
F.threshold({a}, 0.1, 0.0)
F.celu({a})
F.selu({a})
F.softsign({a})
F.tanhshrink({a})
torch.tile({a}, (1,))
{a}.expm1()
{a}.logit(0.1)
torch.frac({a})
{a}.trunc()
torch.lgamma({a}.abs() + 1.0)
torch.asinh({a})
torch.xlogy({a}, 2.0)
torch.renorm({a}, 2, 0, 1.0)
""".strip().split("\n")
REDUCTION = """
{a}.sum()
torch.sum({a})
{a}.mean()
{a}.prod()
torch.norm({a})
{a}.norm()
{a}.norm(dim=-1)
torch.linalg.norm({a})
{a}.var()
torch.std({a})
{a}.std(0)
{a}.sum(0)
{a}.mean(-1)
{a}.sum(-1, keepdim=True)
torch.amax({a}, -1)
{a}.max()
{a}.min()
{a}.max(0).values
torch.max({a}, -1)[0]
{a}.logsumexp(-1)
torch.logsumexp({a}, 0)
{a}.prod(0)
{a}.median()
torch.dot({a}.flatten(), {a}.flatten())
torch.trace({a})
{a}.square().sum(-1)
torch.linalg.vector_norm({a})
torch.var({a}, 0)
{a}.amin()
torch.mean({a}, 0, keepdim=True)
F.mse_loss({a}, torch.zeros_like({a}))
torch.cdist({a}, {a} + 1.0)
{a}.aminmax().max
{a}.norm(p=1)
{a}.topk(1, -1).values
torch.nansum({a})
torch.linalg.det({a} @ {a}.T + torch.eye({a}.shape[0], dtype=torch.float64))
torch.var_mean({a})[0]
torch.std_mean({a})[1]
{a}.quantile(0.5)
{a}.norm(p=3, dim=0)
""".strip().split("\n")
BINARY = """
{a} * {b}
{a} * {b}
{a} + {b}
{a} - {b}
{a} / ({b}.abs() + 1.0)
torch.mul({a}, {b})
{a}.mul({b})
torch.add({a}, {b})
{a}.add({b}, alpha=2)
torch.sub({a}, {b})
{a} @ {b}
torch.matmul({a}, {b})
{a} @ {b}.T
{a}.matmul({b}.mT)
torch.mm({a}, {b}.t())
F.linear({a}, {b})
torch.maximum({a}, {b})
torch.minimum({a}, {b})
torch.atan2({a}, {b})
torch.where({a} > {b}, {a}, {b})
torch.where({a} > 0.3, {b}, {a})
torch.lerp({a}, {b}, 0.3)
{a}.lerp({b}, 0.5)
F.mse_loss({a}, {b})
F.l1_loss({a}, {b})
F.smooth_l1_loss({a}, {b})
torch.outer({a}.flatten(), {b}.flatten())[:3, :3]
torch.cat([{a}, {b}])
torch.stack([{a}, {b}])
torch.cat(({a}, {b}), dim=-1)
torch.hypot({a}, {b})
torch.dist({a}, {b})
({a} * {b}).sum()
torch.einsum('ij,ij->i', {a}, {b})
torch.einsum('ij,kj->ik', {a}, {b})
torch.logaddexp({a}, {b})
torch.fmod({a}, {b}.abs() + 0.5)
{a} ** {b}.abs()
torch.pow({a}.abs() + 0.5, {b})
F.cosine_similarity({a}, {b}, dim=-1)
{a}.masked_fill({b} > 0.5, 0.0)
torch.masked_fill({a}, {b} < 0.2, 2.0)
torch.dot({a}.reshape(-1), {b}.reshape(-1))
torch.kron({a}, {b})[:3, :3]
torch.mv({a}, {b})
torch.inner({a}, {b})
torch.tensordot({a}, {b}, 2)
torch.copysign({a}, {b})
torch.vdot({a}.flatten(), {b}.flatten())
F.binary_cross_entropy_with_logits({a}, {b}.sigmoid().detach())
F.kl_div({a}, {b}, reduction='sum')
torch.hstack([{a}, {b}])
torch.fmax({a}, {b})
{a}.index_add(0, torch.tensor([0]), {b}[:1])
F.bilinear({a}, {b}, torch.ones(2, {a}.shape[-1], {b}.shape[-1], dtype=torch.float64))
F.prelu({a}, {b}.flatten()[:1])
torch.cross({a}, {b}, dim=-1)
F.huber_loss({a}, {b})
torch.bmm({a}, {b}.mT)
""".strip().split("\n")
TERNARY = """
torch.addcmul({a}, {b}, {c})
torch.addcdiv({a}, {b}, {c}.abs() + 1.0)
torch.addmm({a}, {b}, {c}.T)
torch.lerp({a}, {b}, {c})
torch.where({a} > 0.2, {b}, {c})
{a} * {b} + {c}
torch.addmm({a}, {b}, {c})
F.linear({a}, {b}, {c})
({a} + {b}) * {c}
torch.stack([{a}, {b}, {c}])
torch.where({a}.detach() > {b}, {c}, 0.0)
torch.clamp({a}, {b} - 2.0, {c} + 2.0)
F.layer_norm({a}, {a}.shape[-1:], {b}, {c})
F.batch_norm({a}, None, None, {b}, {c}, training=True)
torch.addmv({a}, {b}, {c})
torch.baddbmm({a}, {b}, {c}.mT)
torch.einsum('i,ij,j->', {a}, {b}, {c})
""".strip().split("\n")
INDEXED = """
torch.gather({a}, 0, torch.zeros_like({a}, dtype=torch.long))
{a}.gather(-1, {a}.argsort(-1))
torch.index_select({a}, 0, torch.tensor([0]))
{a}.index_select(0, torch.tensor([0, 0]))
{a}[[0, 0]]
{a}[torch.tensor([0])]
{a}[{a} > 0.3]
torch.masked_select({a}, {a} > 0.2)
torch.take({a}, torch.tensor([0]))
{a}[..., [0]]
torch.take_along_dim({a}, {a}.argsort(-1), -1)
{a}.repeat(2, *[1] * ({a}.dim() - 1))
torch.diag({a})
torch.diag_embed({a})
{a}.index_fill(0, torch.tensor([0]), 0.5)
{a}.scatter(0, torch.zeros_like({a}, dtype=torch.long), 0.5)
{a}.contiguous().clone()
torch.tensor({a}.tolist(), dtype=torch.float64)
{a}.new_zeros({a}.shape)
torch.empty_like({a}).copy_({a})
{a}.index_put((torch.tensor([0]),), torch.tensor(1.0, dtype=torch.float64))
""".strip().split("\n")
INPLACE_UNARY = """
{a}.exp_()
{a}.sigmoid_()
{a}.tanh_()
{a}.relu_()
torch.relu_({a})
{a}.mul_(0.5)
{a}.add_(1.0)
{a}.sub_(0.1)
{a}.div_(2.0)
{a}.neg_()
{a}.abs_()
{a}.sin_()
{a}.square_()
{a}.zero_()
{a}.fill_(0.3)
{a}.clamp_(-1.0, 1.0)
{a}.clamp_(min=0.0)
F.relu({a}, inplace=True)
F.leaky_relu_({a}, 0.1)
F.dropout({a}, 0.5, inplace=True)
{a}.cumsum_(0)
{a}.tril_()
{a}.pow_(2)
{a}.uniform_()
{a}.normal_()
{a}.clamp_min_(0.1)
F.elu_({a})
{a}.floor_()
{a} += 1.0
{a} *= 0.5
{a} -= 0.1
{a} /= 2.0
{a} **= 2
{a} *= {a}
torch.nn.init.zeros_({a})
torch.nn.init.uniform_({a})
torch.sigmoid_({a})
torch.exp_({a})
{a}.masked_fill_({a} > 0.5, 0.0)
{a}.index_fill_(0, torch.tensor([0]), 0.5)
{a}.copy_({a} * 2.0)
{a}.sqrt_()
{a}.requires_grad_()
{a}.t_()
{a}.unsqueeze_(0)
{a}.fill_diagonal_(0.0)
F.hardtanh_({a})
F.threshold_({a}, 0.1, 0.0)
torch.nn.init.xavier_uniform_({a})
{a}.nan_to_num_()
{a}.bernoulli_(0.5)
{a}.cos_()
{a}.expm1_()
torch.clamp_({a}, 0.0)
F.silu({a}, inplace=True)
torch.abs({a}, out={a})
torch.fill_({a}, 0.2)
""".strip().split("\n")
INPLACE_BINARY = """
{a}.add_({b})
{a}.mul_({b})
{a}.sub_({b})
{a}.copy_({b})
{a}.div_({b}.abs() + 1.0)
{a}.addcmul_({b}, {b})
{a}.lerp_({b}, 0.3)
{a} += {b}
{a} *= {b}
{a} -= {b}
{a} /= {b}.abs() + 1.0
{a}.masked_fill_({b} > 0.5, 0.0)
{a}.addmm_({b}, {b}.T)
{a}.scatter_(0, torch.zeros_like({b}, dtype=torch.long), {b})
{a}.index_add_(0, torch.tensor([0]), {b}[:1])
{a}.index_copy_(0, torch.tensor([0]), {b}[:1])
{a}.maximum({b}).neg_()
{a}.masked_scatter_({b} > 0.2, {b})
{a}.add_({b}, alpha=0.1)
{a}.addcdiv_({b}, {b}.abs() + 1.0)
{a}.pow_({b})
{a}.hypot_({b})
{a}.index_put_((torch.tensor([0]),), {b}[0])
torch.add({a}, {b}, out={a})
{a}.where({b} > 0.0, {b}).mul_({b})
{a}.copy_({a} * {b})
{a}.atan2_({b})
{a}.put_(torch.tensor([0]), {b}.flatten()[:1])
""".strip().split("\n")
OUT = """
torch.exp({a}, out={o})
torch.mul({a}, {b}, out={o})
torch.add({a}, {b}, out={o})
torch.sub({a}, {b}, out={o})
torch.tanh({a}, out={o})
torch.matmul({a}, {b}, out={o})
torch.clamp({a}, 0.0, 1.0, out={o})
torch.maximum({a}, {b}, out={o})
torch.neg({a}, out={o})
torch.cumsum({a}, 0, out={o})
torch.lerp({a}, {b}, 0.5, out={o})
torch.zeros({o}.shape, out={o})
""".strip().split("\n")


def is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype == torch.float64 and value.numel() > 0


class Expressions(Writer):
    """Draws the texts."""

    def tensor(self, fits: Any = None) -> str:
        """The name of a tensor, a recent one more often."""
        found = self.names(lambda v: is_tensor(v) and (fits is None or fits(v)))
        if not found:
            raise RejectedError
        if self.chance(0.5):
            return found[max(0, len(found) - 1 - int(self.rng.expovariate(0.5)))]
        return self.pick(found)

    def like(self, name: str, *, smaller: bool = True) -> str:
        """The name of a tensor that goes with another one in an operation."""
        shape = self.env[name].shape
        if self.chance(0.75):
            same = self.names(lambda v: is_tensor(v) and v.shape == shape)
            return self.pick(same)
        if smaller and self.chance(0.5):
            return self.tensor(lambda v: _broadcasts(v.shape, shape))
        return self.tensor()

    def expression(self, depth: int = 0) -> str:
        a = self.operand(depth)
        name = a if a in self.env else self.tensor()
        b, c = self.like(name), self.like(name)
        form = self.weighted([(6, UNARY), (1.5, REDUCTION), (7, BINARY), (1.5, TERNARY), (1, INDEXED)])
        return self.pick(form).format(a=a, b=b, c=c)

    def operand(self, depth: int) -> str:
        if depth < 2 and self.chance(0.15):
            return f"({self.expression(depth + 1)})"
        return self.tensor()

    def index(self, shape: Any) -> str:
        """A basic index into a shape."""
        if not shape:
            return self.pick(["...", "()", "None"])
        n = shape[0]
        parts = [self._selector(n)]
        if len(shape) > 1 and self.chance(0.45):
            parts.append(self._selector(shape[1]))
        if self.chance(0.1):
            parts.insert(self.number(0, 1), "...")
            if len(parts) > 2:
                parts.pop(0)
        elif self.chance(0.08):
            parts.insert(self.number(0, len(parts)), "None")
        return ", ".join(parts)

    def _selector(self, n: int) -> str:
        ints = self.names(lambda v: type(v) is int and 0 <= v < n)
        counts = self.names(lambda v: type(v) is int and 0 < v < n)
        options = [
            str(self.number(0, n - 1)),
            "0",
            "-1",
            ":",
            f"{self.number(0, n - 1)}:",
            f":{self.number(1, n)}",
            "1:",
            ":-1",
            "::2",
        ]
        if n > 1:
            low = self.number(0, n - 2)
            options += [f"{low}:{self.number(low + 1, n)}", f"1::{self.number(1, 2)}"]
        if ints and self.chance(0.5):
            i = self.pick(ints)
            options = [i, f"{i}:", f"{i}:{i} + 1", f"{i} + 1" if self.env[i] + 1 < n else i, f"{i} - {n}"]
        if counts and self.chance(0.3):
            k = self.pick(counts)
            options = [f":{k}", f"{k}:", f"-{k}:", f":-{k}", f"{k} - 1"]
        return self.pick(options)

    def view(self, name: str) -> str:
        """A view (or what looks like one) of a tensor."""
        t = self.env[name]
        shape = tuple(t.shape)
        numel = t.numel()
        options = [
            "{a}.detach()", "{a}.data", "{a}.view(-1)", "{a}.reshape(-1)", "torch.reshape({a}, (-1,))", "{a}.flatten()", "torch.flatten({a})", "{a}.ravel()", "{a}.contiguous()", "{a}.double()",
            "{a}.to(torch.float64)", "{a}.unsqueeze(0)", "torch.unsqueeze({a}, -1)", "{a}.squeeze()", "{a}[None]", "{a}[...]", "{a}.view_as({a})", "{a}.expand_as({a})", "{a}.detach().view(-1)", "{a}.data.view(-1)",
            "{a}.reshape({a}.shape)", "{a}.cpu()", "torch.atleast_2d({a})", "torch.as_tensor({a})", "{a}.real", "{a}.type(torch.float64)", "torch.asarray({a})", "{a}.view({a}.shape)", "{a}.positive()", "+{a}", "{a}.view(*{a}.shape)",
            "torch.broadcast_to({a}, (2, *{a}.shape))", "{a}.expand(2, *{a}.shape)", "torch.detach({a})", "{a}.as_strided((2,), (1,))", "torch.as_strided({a}, ({n},), (1,))", "{a}.clone()", "{a}.detach().clone()", "{a}.reshape(-1, 1)",
            "{a}.requires_grad_()", "torch.nn.Parameter({a}.detach())", "torch.nn.Parameter({a}.detach().clone())", "{a}.to('cpu')", "{a}.resolve_conj()", "{a}.squeeze(0)", "{a}.unfold(0, 1, 1)", "{a}.broadcast_to({a}.shape)",
        ]  # fmt: skip
        if shape:
            d = self.number(0, len(shape) - 1)
            start = self.number(0, shape[d] - 1)
            length = self.number(1, shape[d] - start)
            half = max(1, shape[d] // 2)
            options = self.pick([options, [
                f"{{a}}[{self.index(shape)}]", f"{{a}}[{self.index(shape)}]", f"{{a}}[{self.index(shape)}]", f"{{a}}.narrow({d}, {start}, {length})", f"torch.narrow({{a}}, {d}, {start}, {length})",
                f"{{a}}.select({d}, {start})", f"{{a}}.select({d}, -1)", f"{{a}}.split({half}, {d})[0]", f"{{a}}.split({half}, {d})[-1]", f"{{a}}.chunk(2, {d})[0]", f"torch.chunk({{a}}, 2, dim={d})[-1]",
                f"{{a}}.unbind({d})[{start}]", f"torch.unbind({{a}}, {d})[0]", f"torch.tensor_split({{a}}, 2, {d})[0]", "{a}.diagonal()", "torch.diagonal({a})", "{a}.T", "{a}.t()", "{a}.mT",
                "{a}.transpose(0, -1)", "torch.transpose({a}, 0, -1)", "{a}.permute(*range({a}.dim()))", "{a}.permute(1, 0)", "{a}.swapaxes(0, -1)", "{a}.movedim(0, -1)", "{a}.T.reshape(-1)", "{a}.T.contiguous()",
                "{a}.unflatten(0, (1, -1))", f"{{a}}.index_select({d}, torch.tensor([0]))", f"{{a}}[{self.index(shape)}].view(-1)", f"{{a}}.data[{self.index(shape)}]", f"{{a}}.detach()[{self.index(shape)}]",
                f"{{a}}.expand(2, {', '.join(map(str, shape))})[0]", f"{{a}}.unfold({d}, 1, 1)", "{a}.flatten()[:2]", f"{{a}}.view({numel})[{start}:]", f"torch.select({{a}}, {d}, 0)",
                f"{{a}}[{self.index(shape)}].T", f"torch.split({{a}}, {half})[0]", f"torch.split({{a}}, [1, {shape[0] - 1}])[1]", "list({a})[0]", "next(iter({a}))", f"torch.swapaxes({{a}}, 0, {d})", f"{{a}}.reshape({numel}, 1)[:2]",
            ]])  # fmt: skip
        return self.pick(options).format(a=name, n=numel)

    def written(self) -> str:
        """The name of a tensor to write to."""
        if self.chance(0.3):
            return self.tensor()
        return self.tensor(lambda v: not v.requires_grad or not v.is_leaf)

    def write(self) -> str:
        """An in-place write."""
        a = self.written()
        if self.chance(0.12) and self.env[a].dim():
            target = f"{a}[{self.index(self.env[a].shape)}]"
        elif self.chance(0.08):
            target = self.pick(
                [f"{a}.data", f"{a}.detach()", f"{a}.view(-1)", f"{a}.T", f"{a}.flatten()", f"{a}.reshape(-1)"]
            )
        else:
            target = a
        b = self.like(a)
        kind = self.rng.random()
        if kind < 0.4:
            text = self.pick(INPLACE_UNARY)
        elif kind < 0.62:
            text = self.pick(INPLACE_BINARY)
        elif kind < 0.7:
            return self.pick(OUT).format(a=self.like(a), b=b, o=a)
        else:
            return self.item_write(a, b)
        return text.format(a=target, b=b)

    def item_write(self, a: str, b: str) -> str:
        shape = self.env[a].shape
        base = self.weighted([(8, a), (1, f"{a}.data"), (1, f"{a}.detach()"), (0.5, f"{a}.T"), (0.5, f"{a}.view(-1)")])
        if self.chance(0.15):
            index = self.pick(
                [f"{a} > 0.5", f"{b} < 0.0", "[0]", "torch.tensor([0])", "..., [0]", f"{b}.detach() > 0.0"]
            )
        else:
            index = self.index(shape)
        value = self.weighted(
            [(3, "0.0"), (1, "1.5"), (3, b), (2, f"{b}[{self.index(self.env[b].shape)}]"), (1, f"{a}[{index}] * 2.0")]
        )
        return self.weighted([
            (5, f"{base}[{index}] = {value}"), (2, f"{base}[{index}] += {value}"), (2, f"{base}[{index}] *= {value}"),
            (1, f"{base}[{index}] -= 0.1"), (1, f"{base}[{index}].mul_(0.5)"), (1, f"{base}[{index}].fill_(0.2)"),
        ])  # fmt: skip


def _broadcasts(small: Any, large: Any) -> bool:
    try:
        return tuple(torch.broadcast_shapes(small, large)) == tuple(large)
    except RuntimeError:
        return False
