"""``torch.nn`` of the facade."""

from __future__ import annotations

from typing import Any

from statelint.tape.facade.torch._tensor import outside
from statelint.tape.facade.torch.nn import functional, init, utils
from statelint.tape.facade.torch.nn._layers import (
    GELU,
    BatchNorm1d,
    BatchNorm2d,
    Conv1d,
    Conv2d,
    CrossEntropyLoss,
    Dropout,
    Embedding,
    Flatten,
    GRUCell,
    Identity,
    L1Loss,
    LayerNorm,
    LeakyReLU,
    Linear,
    MSELoss,
    ReLU,
    Sigmoid,
    SiLU,
    SmoothL1Loss,
    Softplus,
    Tanh,
)
from statelint.tape.facade.torch.nn._module import Module, ModuleDict, ModuleList, Parameter, ParameterList, Sequential
from statelint.tape.facade.torch.nn._recurrent import LSTM, RNN, LSTMCell, RNNCell


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.nn.{name}")


__all__ = [
    "GELU",
    "LSTM",
    "RNN",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv1d",
    "Conv2d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "Identity",
    "L1Loss",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterList",
    "RNNCell",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softplus",
    "Tanh",
    "functional",
    "init",
    "utils",
]  # fmt: skip
