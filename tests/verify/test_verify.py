"""``statelint verify`` as a command: each answer, limits, inputs, side by side."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLED = shutil.which("statelint", path=os.path.dirname(sys.executable))
COMMAND = [INSTALLED] if INSTALLED else [sys.executable, "-m", "statelint.cli.main"]

NUMPY = """
import sys
import time

import numpy as np

calls = 0
CACHE = {}


# statelint: example=(np.linspace(0.1, 1.0, 4), scale=2.0)
def smooth(x, scale):
    return np.sum(np.sin(x) * scale)


def smooth_with_counter(x: np.ndarray, scale: float):
    global calls
    calls += 1
    return np.sum(np.sin(x) * scale) * calls


def counts_only(x: np.ndarray):
    global calls
    calls += 1
    return np.sum(x * x)


def doubles(x: np.ndarray):
    x *= 2.0
    return np.sum(x)


def noisy(x: np.ndarray):
    return np.sum(x * np.random.randn(*x.shape))


def by_length(x: np.ndarray):
    if len(x) not in CACHE:
        CACHE[len(x)] = np.exp(x)
    return np.sum(CACHE[len(x)])


def table(x: np.ndarray):
    if len(x) not in CACHE:
        CACHE[len(x)] = np.arange(len(x))
    return np.sum(CACHE[len(x)] * x)


def drops(x: np.ndarray):
    return np.sum(x * x.numpy()[0] if hasattr(x, "active") else x * x[0])


# statelint: example=np.zeros(2)
def kinked(x):
    return np.sum(np.abs(x))


def endless(x: np.ndarray):
    while True:
        time.sleep(0.01)


def huge(x: np.ndarray):
    return np.sum(np.ones(10**9) * x[0])


def leaves(x: np.ndarray):
    sys.exit(5)


def dies(x: np.ndarray):
    import os

    os.abort()


def talks(x: np.ndarray):
    print('{"done": true}' * 100_000)
    return np.sum(x)


def forks(x: np.ndarray):
    import os

    if os.fork() == 0:
        time.sleep(1000)
    return np.sum(x)


def unknown(x, y=1.0):
    return x


def fails(x: np.ndarray):
    return x.nothing


def outer():
    def inner(x):
        return x

    return inner


# statelint: example=(0.5,
#   [1.0, 2.0])
class Layer:
    def __init__(self, gain, weights):
        self.gain, self.weights, self.seen = gain, np.array(weights), []

    # statelint: example=np.array([0.3, 0.4])
    def apply(self, x):
        return np.sum(np.tanh(self.gain * x) * self.weights)

    def apply_and_keep(self, x: np.ndarray):
        self.seen.append(float(np.sum(x)) if isinstance(x, np.ndarray) else 0.0)
        return np.sum(x) * len(self.seen)


def draws(x: np.ndarray, rng: np.random.Generator):
    return np.sum(x * rng.normal(size=x.shape))


def squares(xs):
    for x in xs:
        yield x * x
"""

TORCH = """
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x: torch.Tensor):
        gate = torch.sigmoid(self.linear(x))
        gate.mul_(0.5)
        return gate * x


class FixedGate(Gate):
    def forward(self, x: torch.Tensor):
        gate = torch.sigmoid(self.linear(x)) * 0.5
        return gate * x


class Normed(Gate):
    def forward(self, x: torch.Tensor):
        return self.norm(self.linear(x)).tanh()


class Stale(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(()))
        self.kernel = None

    def forward(self, x: torch.Tensor):
        if self.kernel is None:
            with torch.no_grad():
                self.kernel = torch.exp(self.scale)
        return (x * self.kernel).sum()


history = []


def logged(x: torch.Tensor):
    loss = (x * x).sum()
    history.append(loss)
    return loss


def detached(x: torch.Tensor):
    return (x.detach() * x).sum()
"""

JAX = """
import jax
import jax.numpy as jnp

seen = []


def clean(params: dict[str, jax.Array], key: jax.Array):
    return jnp.sum(jnp.tanh(params["a"]) * jax.random.normal(key, params["a"].shape)) + jnp.sum(params["b"] ** 2)


def same_key(x: jax.Array, key: jax.Array):
    return jnp.sum(x * jax.random.normal(key, x.shape)) + jax.random.uniform(key)


def leaking(x: jax.Array):
    y = jnp.sum(x**2)
    seen.append(y)
    return y
"""


FLAX = """
import flax.linen as nn
import jax


class Encoder(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x: jax.Array):
        return nn.tanh(nn.Dense(self.width)(x))
"""


@pytest.fixture
def verify(tmp_path):
    """Runs the command in a folder with the programs; its exit code and its report."""
    for name, text in (("programs", NUMPY), ("layers", TORCH), ("pure", JAX), ("linen", FLAX)):
        (tmp_path / f"{name}.py").write_text(text)

    def call(*arguments, text=False):
        command = [*COMMAND, "verify", *arguments, *([] if text else ["--output-format", "json"])]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=environment, timeout=240)
        out, err = done.stdout.decode(), done.stderr.decode()
        return done.returncode, (out, err) if text or done.returncode == 2 else json.loads(out)

    return call


def rows(report, engine="tape", which=-1):
    run = next(r for r in report["functions"][which]["runs"] if r["engine"] == engine)
    return {row["check"]: row["verdict"] for row in run["rows"]}


def words(report, engine="tape", which=-1):
    run = next(r for r in report["functions"][which]["runs"] if r["engine"] == engine)
    return " ".join(
        [run["trouble"], *run["notes"], *(w for row in run["rows"] for w in (row["text"], *row["details"]))]
    )


ALL_PROVED = {"values": "proved", "gradient": "proved", "state": "proved", "inputs": "proved"}


def test_proved_as_text(verify):
    code, (out, err) = verify("programs.py::smooth", text=True)
    assert (code, err) == (0, "")
    table = [line.split() for line in out.splitlines()[2:7]]
    assert table == [["tape"], *([check, "proved"] for check in ("values", "gradient", "state", "inputs"))]
    assert "called with: x = float64[4], scale = 2" in out
    assert "Not seen:" in out
    assert out.endswith("programs.py::smooth proved\n")


@pytest.mark.parametrize(
    ("name", "refuted", "said"),
    [
        ("smooth_with_counter", {"values", "state"}, "global calls: 0 -> 1"),
        ("doubles", {"inputs"}, "argument x:"),
        ("noisy", {"values", "state"}, "NumPy's global generator: drawn from"),
        ("by_length", {"values", "state"}, "a former run at other inputs changes the result"),
        ("drops", {"gradient"}, "disagrees with numeric differences"),
        ("Layer.apply_and_keep", {"values", "state"}, "self.seen"),
    ],
)
def test_refuted(verify, name, refuted, said):
    code, report = verify(f"programs.py::{name}")
    assert code == 1
    assert {k for k, v in rows(report).items() if v == "refuted"} == refuted
    assert said in words(report)


@pytest.mark.parametrize("name", ["table", "Layer.apply", "draws", "talks", "forks"])
def test_proved(verify, name):
    code, report = verify(f"programs.py::{name}")
    assert (code, rows(report)) == (0, ALL_PROVED), words(report)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kinked", "a kink"),
        ("counts_only", "no result that was seen depends on it"),
        ("huge", "more than 256 MB"),
        ("leaves", "ends the process itself"),
        ("dies", "ended by signal 6"),
        ("fails", "AttributeError at programs.py:"),
    ],
)
def test_inconclusive(verify, name, said):
    code, report = verify(f"programs.py::{name}", "--memory", "256")
    assert code == 3
    assert report["verdict"] == "inconclusive"
    assert said in words(report)


def test_time_ends(verify):
    code, report = verify("programs.py::endless", "--timeout", "3")
    assert code == 3
    assert "not done after 3 s" in words(report)


def test_nothing_is_left_beside_the_file(verify, tmp_path):
    before = sorted(tmp_path.iterdir())
    verify("programs.py::smooth")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nothing.py::f", "no such file"),
        ("programs.py", "name a function: programs.py::FUNCTION"),
        ("programs.py::smoth", "did you mean `smooth`"),
        ("programs.py::outer.inner", "defined inside the function `outer`"),
        ("programs.py::unknown", "# statelint: example="),
        ("programs.py::Layer.nothing", "has no function `Layer.nothing`"),
    ],
)
def test_what_cannot_be_run_says_what_to_do(verify, target, said):
    code, (out, err) = verify(target)
    assert (code, out) == (2, "")
    assert said in err


def test_bad_examples(verify):
    assert "does not fit" in verify("programs.py::smooth", "--example", "(1.0,)")[1][1]
    assert "NameError" in verify("programs.py::smooth", "--example", "(missing, 1.0)")[1][1]
    assert verify("programs.py::smooth", "--timeout", "0")[0] == 2


def test_against(verify):
    code, report = verify("programs.py::smooth_with_counter", "--against", "programs.py::smooth")
    assert code == 0
    assert [f["verdict"] for f in report["functions"]] == ["refuted", "proved"]
    code, (out, _) = verify(
        "programs.py::smooth",
        "--against",
        "programs.py::smooth_with_counter",
        "--example",
        "(np.ones(2), 3.0)",
        text=True,
    )
    assert code == 1
    assert "tape: values of the first run agree" in out


def test_equal_seeds_give_equal_reports(verify):
    assert verify("programs.py::noisy", "--seed", "3") == verify("programs.py::noisy", "--seed", "3")


def test_the_extra_is_named(verify, tmp_path):
    script = (
        "import sys, importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'numba' else find(name, *a)\n"
        "from statelint.cli.main import main\nsys.exit(main(['verify', 'programs.py::smooth']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, env=environment, timeout=60
    )
    assert done.returncode == 2
    assert 'pip install "statelint-ad[verify]"' in done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("Gate", 1, {**ALL_PROVED, "gradient": "refuted"}),
        ("Normed", 0, ALL_PROVED),
        ("Stale", 1, {"values": "refuted", "gradient": "refuted", "state": "refuted", "inputs": "proved"}),
        ("logged", 1, {**ALL_PROVED, "state": "refuted"}),
        ("detached", 1, {**ALL_PROVED, "gradient": "refuted"}),
    ],
)
def test_torch(verify, name, code, expected):
    pytest.importorskip("torch")
    found, report = verify(f"layers.py::{name}")
    assert (found, rows(report, "torch")) == (code, expected), words(report, "torch")
    assert rows(report, "tape") == expected


def test_torch_against_its_fix(verify):
    pytest.importorskip("torch")
    code, report = verify("layers.py::Gate", "--against", "layers.py::FixedGate")
    assert code == 0
    assert "modified by an inplace operation" in words(report, "torch", 0)
    assert report["agreement"] == ["tape: values of the first run agree", "torch: values of the first run agree"]


def test_jax(verify):
    pytest.importorskip("jax")
    code, report = verify("pure.py::clean")
    assert (code, rows(report, "jax"), rows(report, "tape")) == (0, {**ALL_PROVED, "keys": "proved"}, ALL_PROVED)
    code, report = verify("pure.py::same_key")
    assert (code, rows(report, "jax")) == (1, {**ALL_PROVED, "keys": "refuted"})
    code, report = verify("pure.py::leaking")
    assert (code, rows(report, "jax")) == (1, {**ALL_PROVED, "state": "refuted"})
    assert "a tracer that outlived its trace" in words(report, "jax")
    assert rows(report, "tape")["state"] == "refuted"


def test_flax_modules_get_their_variables(verify):
    pytest.importorskip("flax")
    code, report = verify("linen.py::Encoder")
    assert (code, rows(report, "jax")) == (0, ALL_PROVED), words(report, "jax")
    assert "kernel" in next(r for r in report["functions"][0]["runs"] if r["engine"] == "jax")["inputs"]
