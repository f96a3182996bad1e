"""The kinds of program, and what a check of one program says."""

from __future__ import annotations

import importlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

KINDS = {
    "torch-straight": "benchmarks.differential.torch_straight",
    "torch-control": "benchmarks.differential.torch_control",
    "numpy-alias": "benchmarks.differential.numpy_alias",
    "jax-keys": "benchmarks.differential.jax_keys",
}


@dataclass(frozen=True)
class Result:
    """``expected`` faults (or pairs), those ``found`` and ``missing``, ``stray`` findings that nothing in the run stands for.
    ``open``: the run cannot tell whether the program is wrong. ``discarded``: why it is of no use."""

    expected: int = 0
    found: int = 0
    stray: tuple[Any, ...] = ()
    missing: tuple[Any, ...] = ()
    open: bool = False
    discarded: str = ""

    @property
    def agrees(self) -> bool:
        return self.found == self.expected and not self.stray


class Kind(Protocol):
    def generate(self, rng: random.Random) -> str: ...

    def check(self, texts: Sequence[str]) -> list[Result]: ...


def kind(name: str) -> Kind:
    return importlib.import_module(KINDS[name])  # type: ignore[return-value]


def programs(name: str, count: int, seed: int, first: int = 0) -> list[str]:
    """Some programs of a seed, from the given number on."""
    made = kind(name)
    return [made.generate(random.Random(f"{name}:{seed}:{number}")) for number in range(first, first + count)]
