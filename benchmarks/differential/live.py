"""Writing programs while they run: every statement is executed as it is written, so that shapes are known and errors are few."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")


class RejectedError(Exception):
    """The statement cannot be had here."""


class Writer:
    """A program so far: its lines and the variables as they are after the last one."""

    def __init__(self, rng: random.Random, header: Sequence[str] = ()) -> None:
        self.rng = rng
        self.header = list(header)
        self.lines: list[str] = []
        self.env: dict[str, Any] = {}
        self.counter = 0
        self.ended = False
        self.rejected = 0
        self._replay()

    # drawing ----------------------------------------------------------------------------------------------------

    def pick(self, options: Sequence[_T]) -> _T:
        if not options:
            raise RejectedError
        return options[self.rng.randrange(len(options))]

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def number(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def weighted(self, options: Sequence[tuple[float, _T]]) -> _T:
        return self.rng.choices([o for _, o in options], [w for w, _ in options])[0]

    def fresh(self, stem: str = "t") -> str:
        self.counter += 1
        return f"{stem}{self.counter}"

    def names(self, fits: Callable[[Any], bool]) -> list[str]:
        return [name for name, value in self.env.items() if not name.startswith("_") and fits(value)]

    # writing ----------------------------------------------------------------------------------------------------

    def _replay(self) -> None:
        self.env = {}
        self.reset()
        self._execute("\n".join([*self.header, *self.lines]))

    def reset(self) -> None:
        """Put the frameworks' own state back."""

    def _execute(self, text: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(text, "<live>", "exec"), self.env)

    def acceptable(self) -> bool:
        """Whether what the variables hold now is fit for more."""
        return True

    def fatal(self, error: Exception) -> bool:
        """Whether an error is one that the program should end with."""
        return False

    def emit(self, text: str) -> bool:
        """Execute a statement and keep it, or take it back."""
        try:
            self._execute(text)
            good = self.acceptable()
        except Exception as error:
            if self.fatal(error):
                self.lines += text.split("\n")
                self.ended = True
                return True
            good = False
        if good:
            self.lines += text.split("\n")
            return True
        self.rejected += 1
        self._replay()
        return False
