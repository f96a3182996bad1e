"""Findings and sources that the tests of all formats share."""

from __future__ import annotations

from typing import Any

from statelint.findings import Applicability, Confidence, Edit, Finding, Fix, Related, Severity
from statelint.report import Cell, ReportContext, RuleInfo, Suppressed

NET = """\
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc = nn.Linear(size, size)
        self.total = 0.0

    def forward(self, x):
        h = self.fc(x)
        gate = torch.sigmoid(h)
        out = h * gate
        gate += 1e-3
        return out

    def accumulate(self, x):
        self.total += x.mean()
        return self.total * x


def normalise(x, eps=1e-6):
    scale = x.abs().amax(dim=-1, keepdim=True)
    x /= scale + eps
    return x
"""

TRAIN = """\
import torch
from net import Gate

model = Gate(8)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)


def step(batch):
    loss = model(batch).square().mean()
    loss.backward()
    optimizer.step()
    return loss.detach()
"""

SAMPLE_JAX = """\
import jax


def noise(key, shape):
\tw = jax.random.normal(key, shape)  # 重み e\u0301
\tb = jax.random.uniform(
\t\tkey,
\t\tshape[:1],
\t)
\treturn w, b
"""

NOTEBOOK = "import torch\n\nw = torch.ones(3, requires_grad=True)\nw += 1\nw.sum().backward()\n"

SOURCES = {"src/net.py": NET, "src/train.py": TRAIN, "src/noise.py": SAMPLE_JAX, "lab.ipynb": NOTEBOOK}


def at(path: str, text: str, nth: int = 1) -> dict[str, Any]:
    """The place of the nth occurrence of a text in a sample source, as a finding or a step carries it."""
    source = SOURCES[path]
    start = -1
    for _ in range(nth):
        start = source.index(text, start + 1)
    end = start + len(text)
    line, end_line = source.count("\n", 0, start) + 1, source.count("\n", 0, end) + 1
    column, end_column = start - source.rfind("\n", 0, start), end - source.rfind("\n", 0, end)
    return {"path": path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def step(path: str, text: str, message: str, nth: int = 1) -> Related:
    return Related(**at(path, text, nth), message=message)


SAVED = Finding(
    code="SL201",
    name="saved-value-mutated",
    message="`gate` is changed in place after `sigmoid` saved it, so the backward pass raises a RuntimeError",
    help="Write `gate = gate + 1e-3`: the saved value then keeps its storage.",
    **at("src/net.py", "gate += 1e-3"),
    severity=Severity.WARNING,
    confidence=Confidence.CERTAIN,
    function="Gate.forward",
    related=(
        step("src/net.py", "torch.sigmoid(h)", "`sigmoid` saves its result `gate` for the backward pass"),
        step("src/net.py", "h * gate", "`mul` saves `gate` as well, as its operand"),
        step("src/net.py", "gate += 1e-3", "`gate` is overwritten here"),
        step("src/train.py", "loss.backward()", "this backward pass needs the saved `gate`"),
    ),
    fix=Fix(
        Applicability.SAFE,
        "Make the update out of place",
        (Edit(15, 9, 15, 21, "gate = gate + 1e-3"),),
    ),
    url="https://statelint.dev/rules/SL201",
    fingerprint="5f0c9a4be1d27783",
)

STATE = Finding(
    code="SL102",
    name="attribute-state",
    message="what `accumulate` returns depends on `self.total`, which the same call updates: "
    "a second call with the same `x` gives another value and another gradient",
    help="Take the total as a parameter and return the new one: `def accumulate(self, x, total)`.",
    **at("src/net.py", "self.total += x.mean()"),
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    function="Gate.accumulate",
    related=(
        step("src/net.py", "self.total = 0.0", "the state starts here"),
        step("src/net.py", "self.total += x.mean()", "each call updates it"),
        step("src/net.py", "self.total", "the output reads it", 3),
    ),
    fingerprint="c7d1",
)

ARGUMENT = Finding(
    code="SL107",
    name="argument-mutation",
    message="`normalise` divides its argument `x` in place, so the caller's array changes",
    help="Write `x = x / (scale + eps)`.",
    **at("src/net.py", "x /= scale + eps"),
    severity=Severity.ERROR,
    confidence=Confidence.CERTAIN,
    function="normalise",
    fix=Fix(Applicability.UNSAFE, "Divide out of place", (Edit(25, 5, 25, 21, "x = x / (scale + eps)"),)),
    fingerprint="aa01",
)

KEY = Finding(
    code="SL602",
    name="key-reuse",
    message="`key` is consumed twice, so `w` and `b` are correlated",
    help="Split it first:\n    key_w, key_b = jax.random.split(key)",
    **at("src/noise.py", "jax.random.uniform(\n\t\tkey,\n\t\tshape[:1],\n\t)"),
    severity=Severity.INFO,
    confidence=Confidence.CERTAIN,
    function="noise",
    related=(step("src/noise.py", "jax.random.normal(key, shape)", "`normal` consumes `key` first"),),
)

LEAF = Finding(
    code="SL203",
    name="leaf-mutated",
    message="`w` is a leaf that requires a gradient, and is changed in place",
    help="Wrap the update in `with torch.no_grad():`.",
    **at("lab.ipynb", "w += 1"),
    severity=Severity.HINT,
    confidence=Confidence.POSSIBLE,
    function="",
    related=(
        step("lab.ipynb", "requires_grad=True", "`w` becomes a leaf here"),
        step("lab.ipynb", "w.sum().backward()", "its gradient is asked for here"),
    ),
)

FINDINGS = (SAVED, STATE, ARGUMENT, KEY, LEAF)


def cell(path: str, line: int) -> Cell | None:
    if not path.endswith(".ipynb"):
        return None
    return Cell(1, line) if line <= 2 else Cell(2, line - 2)


def rule(code: str) -> RuleInfo | None:
    for finding in FINDINGS:
        if finding.code == code:
            return RuleInfo(
                code=code,
                name=finding.name,
                family="saved values and versions",
                summary=f"Summary of {finding.name}.",
                url=finding.url,
                description=f"## What it does\n\nFinds `{finding.name}`.",
            )
    return None


def context(**changes: Any) -> ReportContext:
    values: dict[str, Any] = {
        "version": "0.1.0",
        "source": lambda path: SOURCES[path].splitlines() if path in SOURCES else None,
        "cell": cell,
        "rule": rule,
        "files": 12,
        "fixable": 1,
        "fixable_unsafely": 1,
    }
    return ReportContext(**{**values, **changes})


SUPPRESSED = Suppressed(ARGUMENT, "the buffer is ours")
