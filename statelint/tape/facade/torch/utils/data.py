"""``torch.utils.data`` of the facade: datasets and a loader in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from statelint.tape.facade.torch import random
from statelint.tape.facade.torch._tensor import Tensor, leaf_copy, outside, raw, wrap


class Dataset:
    """Items by index."""

    def __getitem__(self, index: int) -> Any:
        return outside("a Dataset without __getitem__")


class TensorDataset(Dataset):
    """Rows of tensors."""

    def __init__(self, *tensors: Tensor) -> None:
        self.tensors = tensors

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


def default_collate(items: list[Any]) -> Any:
    """Items stacked to a batch."""
    first = items[0]
    if isinstance(first, Tensor):
        return wrap(np.stack([raw(t) for t in items]))
    if isinstance(first, dict):
        return {k: default_collate([i[k] for i in items]) for k in first}
    if isinstance(first, (tuple, list)):
        return [default_collate(list(part)) for part in zip(*items, strict=True)]
    return leaf_copy(np.array(items), None, False)


class DataLoader:
    """Batches of a dataset."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: Any = None,
        num_workers: int = 0,
    ) -> None:
        if num_workers:
            outside("a DataLoader with workers")
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle
        self.collate_fn, self.drop_last, self.generator = collate_fn or default_collate, drop_last, generator

    def __len__(self) -> int:
        n = len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        order = random.source(self.generator).permutation(n) if self.shuffle else np.arange(n)
        for k in range(len(self)):
            picked = order[k * self.batch_size : (k + 1) * self.batch_size]
            yield self.collate_fn([self.dataset[int(i)] for i in picked])


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return outside(f"torch.utils.data.{name}")
