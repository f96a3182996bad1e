"""What single rows say, and that all of ours are well formed."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from statelint.models import Models, load_models, rows
from statelint.models.loader import shipped_models
from statelint.models.record import Condition, FunctionModel, Save


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models()


def saves(model: FunctionModel | None) -> str:
    assert model is not None
    assert model.saves is not None
    return ", ".join(save.what + "".join(map(condition_text, save.conditions)) for save in model.saves)


def condition_text(condition: Condition) -> str:
    return f" {condition.kind}{' not' * condition.negated} {condition.what}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch.mul", "input grad other, other grad input"),
        ("torch.matmul", "input grad other, other grad input"),
        ("torch.add", ""),
        ("torch.sum", ""),
        ("torch.cat", ""),
        ("torch.exp", "result"),
        ("torch.relu", "result"),
        ("torch.sigmoid", "result"),
        ("torch.softmax", "result"),
        ("torch.sin", "input"),
        ("torch.log", "input"),
        ("torch.div", "input grad other, other"),
        ("torch.pow", "input, exponent, result array exponent"),
        ("torch.kron", "input grad other, other grad input"),
        ("torch.where", "condition"),
        ("torch.linalg.qr", "result[0], result[1]"),
        ("torch.Tensor.mul_", "other grad self"),
        ("torch.Tensor.sin_", ""),
        ("torch.Tensor.exp_", "result"),
        ("torch.Tensor.view", ""),
        ("torch.nn.functional.leaky_relu", "input true not inplace, result true inplace"),
        ("torch.nn.functional.dropout", ""),
        ("torch.nn.functional.linear", "input grad weight, weight grad input"),
    ],
)
def test_what_reverse_mode_keeps(models: Models, name: str, expected: str) -> None:
    assert saves(models.function(name)) == expected


@pytest.mark.parametrize(
    ("name", "mode", "of"),
    [
        ("torch.Tensor.view", "view", "self"),
        ("torch.Tensor.transpose", "view", "input"),
        ("torch.Tensor.reshape", "maybe", "self"),
        ("torch.Tensor.contiguous", "maybe", "self"),
        ("torch.Tensor.to", "maybe", "self"),
        ("torch.Tensor.numpy", "view", "self"),
        ("torch.Tensor.detach", "view", "self"),
        ("torch.Tensor.data", "view", "self"),
        ("torch.Tensor.add_", "same", "self"),
        ("torch.Tensor.clone", "fresh", ""),
        ("torch.from_numpy", "view", "ndarray"),
        ("numpy.ndarray.T", "view", "self"),
        ("numpy.ndarray.ravel", "maybe", "self"),
        ("numpy.ndarray.flatten", "fresh", ""),
        ("numpy.asarray", "maybe", "a"),
        ("numpy.transpose", "view", "a"),
        ("numpy.diagonal", "view", "a"),
        ("copy.deepcopy", "fresh", ""),
    ],
)
def test_where_results_come_from(models: Models, name: str, mode: str, of: str) -> None:
    model = models.function(name)
    assert model is not None
    assert (model.result.mode, model.result.of) == (mode, of)


def test_a_list_of_views(models: Models) -> None:
    for name in ("torch.split", "torch.chunk", "torch.unbind", "numpy.split"):
        model = models.function(name)
        assert model is not None
        assert model.result.mode == "list"
        assert model.result.items[0].mode == "view"


def test_results_that_depend_on_an_argument(models: Models) -> None:
    model = models.function("torch.median")
    assert model is not None
    assert model.result.mode == "fresh"
    assert model.alternatives[0].conditions == (Condition("given", "dim"),)
    assert len(model.alternatives[0].result.items) == 2


def test_writes_draws_and_seeds(models: Models) -> None:
    copyto, shuffle = models.function("numpy.copyto"), models.function("numpy.random.shuffle")
    randn, seed = models.function("torch.randn"), models.function("torch.manual_seed")
    assert copyto is not None
    assert copyto.mutates[0].what == "dst"
    assert shuffle is not None
    assert (shuffle.draws, shuffle.mutates[0].what) == ("numpy", "x")
    assert randn is not None
    assert (randn.draws, randn.draws_unless, randn.grad) == ("torch", "generator", "keyword")
    assert seed is not None
    assert seed.seeds == "torch"


def test_layers(models: Models) -> None:
    linear, norm, relu = (models.class_(f"torch.nn.{name}") for name in ("Linear", "BatchNorm2d", "ReLU"))
    assert linear is not None
    assert linear.call is not None
    assert linear.parameters == ("weight", "bias")
    assert linear.call.saves == (
        Save("input", (Condition("grad", "weight"),)),
        Save("weight", (Condition("grad", "input"),)),
    )
    assert norm is not None
    assert set(norm.training_writes) == {"running_mean", "running_var", "num_batches_tracked"}
    assert relu is not None
    assert relu.call is not None
    assert relu.call.mutates[0].conditions == (Condition("true", "inplace"),)


def test_keys(models: Models) -> None:
    for name, expected in (("normal", "consume"), ("split", "consume"), ("fold_in", "derive"), ("PRNGKey", "make")):
        model = models.function(f"jax.random.{name}")
        assert model is not None
        assert model.key is not None
        assert model.key[0] == expected


def test_functional_updates(models: Models) -> None:
    at = models.method("jax", "at")
    assert at is not None
    item = models.method(at.result.type, "__getitem__")
    assert item is not None
    update = models.method(item.result.type, "set")
    assert update is not None
    assert update.must_use


def files() -> list[Path]:
    return sorted(shipped_models().rglob("*.toml"))


def test_no_name_has_two_rows() -> None:
    found: Counter[tuple[str, str]] = Counter()
    for path in files():
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for table in ("functions", "classes"):
            for name, row in tables.get(table, {}).items():
                found.update((table, other) for other in (name, *row.get("also", ())))
    assert [name for name, count in found.items() if count > 1] == []


@pytest.mark.parametrize("path", files(), ids=lambda path: "/".join(path.parts[-2:]))
def test_rows_are_readable(path: Path) -> None:
    file = rows.read_file(path)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('"')]
    assert len(lines) == len(file.functions) + len(file.classes) + len(file.aliases) + len(file.unmodelled)
    assert [name for name, model in (file.functions | file.classes).items() if not model.provenance] == []
    for name in file.functions:
        assert re.fullmatch(r"\w+(\.\w+)+", name), name
