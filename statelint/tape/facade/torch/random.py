"""Random state of the torch facade: reproducible, but not torch's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

default: list[Any] = [np.dtype(np.float32)]
_global = np.random.Generator(np.random.Philox(0))


class Generator:
    """A source of random numbers of its own."""

    def __init__(self, device: Any = None) -> None:
        self.source = np.random.Generator(np.random.Philox(0))

    def manual_seed(self, seed: int) -> Generator:
        """Start over from a seed."""
        self.source = np.random.Generator(np.random.Philox(seed))
        return self


def source(generator: Generator | None) -> np.random.Generator:
    """The generator to draw from."""
    return _global if generator is None else generator.source


def manual_seed(seed: int) -> None:
    """Start the global source over."""
    _global.bit_generator.state = np.random.Philox(seed).state


def get_rng_state() -> Any:
    """The global source's state."""
    return _global.bit_generator.state


def set_rng_state(state: Any) -> None:
    """Restore the global source's state."""
    _global.bit_generator.state = state


@contextmanager
def fork_rng(devices: Any = (), enabled: bool = True) -> Iterator[None]:
    """Draws inside leave the global source as it was."""
    before = _global.bit_generator.state
    try:
        yield
    finally:
        _global.bit_generator.state = before
