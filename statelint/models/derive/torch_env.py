"""torch's own operator and module databases, and samples from them."""

from __future__ import annotations

import importlib.util
import sys
import types
import unittest
import warnings
from collections.abc import Iterator
from typing import Any

import torch

from statelint.models.derive.operands import spread

_DTYPES = (torch.float64, torch.float32, torch.complex128, torch.int64, torch.bool, torch.float16, torch.bfloat16)


def _prepare() -> None:
    """Let the databases load where the test library that torch imports there is not installed."""
    torch.set_num_threads(1)
    if "expecttest" not in sys.modules and importlib.util.find_spec("expecttest") is None:
        module = types.ModuleType("expecttest")
        module.TestCase = unittest.TestCase  # type: ignore[attr-defined]
        sys.modules["expecttest"] = module


def operators() -> list[Any]:
    """Return torch's operator database."""
    _prepare()
    from torch.testing._internal.common_methods_invocations import op_db

    return list(op_db)


def modules() -> list[Any]:
    """Return torch's module database."""
    _prepare()
    from torch.testing._internal.common_modules import module_db

    return list(module_db)


def samples(info: Any, count: int) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield up to ``count`` sample arguments of an operator, in float64 where it knows that."""
    for dtype in _DTYPES:
        if dtype not in info.dtypes:
            continue
        torch.manual_seed(7)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = list(info.sample_inputs("cpu", dtype, requires_grad=False))
            except Exception:  # a sample generator of torch's own may fail on a machine: the next dtype may do
                continue
        small = [sample for sample in found if _plain(sample) and _size(sample) <= 20_000]
        for sample in spread(small, count):
            yield (sample.input, *sample.args), dict(sample.kwargs)
        return


def _size(sample: Any) -> int:
    tensors = [value for value in (sample.input, *sample.args) if isinstance(value, torch.Tensor)]
    return max((tensor.numel() for tensor in tensors), default=0)


def _plain(sample: Any) -> bool:
    tensors = (value for value in (sample.input, *sample.args) if isinstance(value, torch.Tensor))
    return all(tensor.layout == torch.strided and not tensor.is_nested for tensor in tensors)
