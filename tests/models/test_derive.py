"""Deriving again gives what is shipped; nothing public is left out silently."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import pytest

from statelint.models import Models, load_models
from statelint.models.derive import __main__ as derive
from statelint.models.loader import shipped_models

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

TORCH = """
torch.abs torch.add torch.amax torch.bmm torch.cat torch.cumprod torch.div torch.exp torch.exp_ torch.kron
torch.linalg.qr torch.maximum torch.mul torch.nn.functional.leaky_relu torch.nn.functional.mse_loss
torch.nn.functional.gelu torch.pow torch.prod torch.relu torch.sin_ torch.softmax torch.split torch.squeeze
torch.std torch.sub torch.transpose torch.Tensor.contiguous torch.Tensor.mul_ torch.nn.functional.batch_norm
torch.nn.Linear torch.nn.BatchNorm2d torch.nn.ReLU torch.nn.Dropout
"""


def test_a_sample_of_torch_derived_again() -> None:
    from statelint.models.derive import torch_library

    known = derive.shipped("torch", shipped_models())
    canonical = {other: name for name, others in known.others.items() for other in (name, *others)}
    names = sorted({canonical[name] for name in TORCH.split()})
    assert derive.check(torch_library.derive, known, names) == []


def test_numpy_derived_again() -> None:
    from statelint.models.derive import numpy_library

    known = derive.shipped("numpy", shipped_models())
    assert derive.check(numpy_library.derive, known, sorted(known.derived)) == []


TENSORFLOW = """
tensorflow.exp tensorflow.concat tensorflow.random.normal tensorflow.argmax tensorflow.nn.dropout keras.random.normal
keras.ops.mean keras.layers.Dense keras.layers.BatchNormalization keras.layers.Dropout keras.optimizers.Adam
"""


def test_a_sample_of_tensorflow_derived_again() -> None:
    pytest.importorskip("tensorflow")
    from statelint.models.derive import tensorflow_library

    known = derive.shipped("tensorflow", shipped_models())
    assert derive.check(tensorflow_library.derive, known, sorted(TENSORFLOW.split())) == []


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models()


def missing(models: Models, names: Iterator[str]) -> list[str]:
    return [name for name in names if not (models.function(name) or models.class_(name) or models.reason(name))]


def public(module: Any, name: str, home: str) -> Iterator[str]:
    for attribute in dir(module):
        value = getattr(module, attribute, None)
        if attribute.startswith("_") or not callable(value) or isinstance(value, (type, types.ModuleType)):
            continue
        if str(getattr(value, "__module__", None) or home).startswith(home):
            yield f"{name}.{attribute}"


def test_every_operator_of_the_database(models: Models) -> None:
    from statelint.models.derive import torch_env

    names = (info.name for info in torch_env.operators())
    wanted = [name if name.startswith("torch.") else f"torch.{name}" for name in names]
    left = set(missing(models, iter(wanted)))
    assert missing(models, (name.replace("torch.", "torch.Tensor.", 1) for name in left)) == []


def test_every_tensor_method(models: Models) -> None:
    assert missing(models, (f"torch.Tensor.{name}" for name in dir(torch.Tensor) if not name.startswith("_"))) == []


@pytest.mark.parametrize("name", ["", ".nn.functional", ".linalg", ".fft", ".special", ".nn.init", ".signal.windows"])
def test_every_torch_function(models: Models, name: str) -> None:
    module = __import__(f"torch{name}", fromlist=["x"])
    assert missing(models, public(module, f"torch{name}", "torch")) == []


def test_every_layer(models: Models) -> None:
    names = (name for name in dir(torch.nn) if isinstance(getattr(torch.nn, name), type))
    assert missing(models, (f"torch.nn.{name}" for name in names)) == []


@pytest.mark.parametrize("name", ["", ".linalg", ".fft", ".random"])
def test_every_numpy_function(models: Models, name: str) -> None:
    module = __import__(f"numpy{name}", fromlist=["x"])
    assert missing(models, public(module, f"numpy{name}", "numpy")) == []


def test_every_array_method(models: Models) -> None:
    assert missing(models, (f"numpy.ndarray.{name}" for name in dir(np.ndarray) if not name.startswith("_"))) == []


def test_every_jax_numpy_function(models: Models) -> None:
    jax = pytest.importorskip("jax")
    assert missing(models, public(jax.numpy, "jax.numpy", "jax")) == []
    assert missing(models, public(jax.random, "jax.random", "jax")) == []
