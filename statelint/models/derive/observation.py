"""What experiments with one call showed."""

from __future__ import annotations

from typing import Literal

import msgspec

from statelint.models.derive.operands import Path

Target = tuple[Literal["operand", "result"], Path]
"""Something that autograd may have saved, or that a result may be a view of."""


class Alias(msgspec.Struct, frozen=True):
    """What a part of the result is: new, an argument, or a view of one; or of a type that is no array."""

    mode: Literal["fresh", "same", "view", "none", "other", "tuple", "list", "dict"]
    of: Path = ()
    items: tuple[Alias, ...] = ()
    type: str = ""


class Saved(msgspec.Struct, frozen=True):
    """One target under one choice of operands that need a gradient. ``hooked``: the saved-tensor hooks saw it.
    ``effect``: what overwriting it before backward did (None: it could not be overwritten)."""

    target: Target
    wanted: frozenset[Path]
    hooked: bool
    effect: Literal["raises", "changes", "nothing"] | None

    @property
    def needed(self) -> bool:
        """Whether backward needs the value: overwriting decides, the hooks where it could not be tried."""
        return self.hooked if self.effect is None else self.effect != "nothing"


class Observation(msgspec.Struct, frozen=True):
    """What one call showed. ``flags`` are its constant boolean arguments by path; ``differentiable`` the operands that
    can need a gradient and reach a result."""

    alias: Alias
    mutated: frozenset[Path]
    hidden: frozenset[Path]
    draws: bool
    differentiable: frozenset[Path]
    saved: tuple[Saved, ...]
    flags: dict[Path, bool]
    positional: int
    keywords: tuple[str, ...]
