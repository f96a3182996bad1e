"""``.sample()`` of a distribution whose parameters are computed from what needs a gradient."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.value import TENSOR, UNKNOWN, LibInst
from statelint.evidence.body import Body, CallSite
from statelint.ir import nodes as ir

KIND = "blocked_sample"
NAMES = frozenset(("sample", "normal"))
PATHWISE = frozenset(
    [
        "Normal",
        "MultivariateNormal",
        "LowRankMultivariateNormal",
        "Laplace",
        "Cauchy",
        "Gumbel",
        "LogNormal",
        "Beta",
        "Gamma",
        "Dirichlet",
        "Exponential",
        "Uniform",
        "StudentT",
        "Chi2",
        "HalfNormal",
        "HalfCauchy",
        "Weibull",
        "Kumaraswamy",
        "Pareto",
        "RelaxedBernoulli",
        "RelaxedOneHotCategorical",
        "LogisticNormal",
        "InverseGamma",
        "Wishart",
        "ContinuousBernoulli",
        "VonMises",
    ]
) - {"VonMises"}
SCORES = frozenset(["log_prob", "entropy", "detach", "no_grad", "inference_mode", "numpy", "item", "step"])
"""Names that speak of a score-function estimator, or of numbers that are only acted on."""


def observe(body: Body) -> Iterator[Evidence]:
    """Samples in functions that use no ``log_prob``."""
    if body.names & SCORES:
        return
    for call in body.calls:
        if (
            "torch.normal" in call.names
            and call.used
            and any(body.value(reg).grad & _arrays(body, reg) for reg in call.args)
        ):
            yield Evidence(call.at, KIND, "torch.normal(...)", 0, (("class", "normal distribution"),))
        if call.method != "sample" or call.receiver < 0 or not call.used:
            continue
        value = body.value(call.receiver)
        names = [r.name for r in value.refs if isinstance(r, LibInst) and r.name.startswith("torch.distributions.")]
        if len(names) != 1 or len(value.refs) != 1:
            continue
        kind = names[0].rpartition(".")[2]
        inside = _inner(body, call) if kind == "Independent" else kind
        if inside not in PATHWISE or not _needs_gradient(body, call.receiver):
            continue
        acted = any("act" in path.lower().rpartition(".")[2] for path, _ in body.stored_as(call.dst))
        subject = f"{body.text(call.receiver)}.sample()"
        yield Evidence(call.at, KIND, subject, 1 if acted else 0, (("class", kind),))


def _arrays(body: Body, reg: int) -> int:
    """All bits if a register may hold an array, else none."""
    return -1 if body.value(reg).kind & (TENSOR | UNKNOWN) else 0


def _made(body: Body, reg: int) -> CallSite | None:
    for _ in range(4):
        call = body.call_of.get(reg)
        if call is not None:
            return call
        site = body.producer.get(reg)
        if site is None or not isinstance(site.instr, ir.Load):
            return None
        name = site.instr.name
        stores = [s.instr for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
        if len(stores) != 1:
            return None
        reg = stores[0].src
    return None


def _inner(body: Body, call: CallSite) -> str:
    made = _made(body, call.receiver)
    inner = _made(body, made.args[0]) if made is not None and made.args else None
    return inner.names[0].rpartition(".")[2] if inner is not None and inner.names else ""


def _needs_gradient(body: Body, reg: int) -> bool:
    made = _made(body, reg)
    if made is None:
        return False
    regs = [*made.args, *(r for _, r in made.keywords)]
    if any(body.value(r).grad for r in regs):
        return True
    return any(_needs_gradient(body, r) for r in regs if body.call_of.get(r) is not None)
