"""What is asked of a process that runs a function, and what is found."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["proved", "refuted", "inconclusive"]
CHECKS = ("values", "gradient", "state", "inputs", "keys")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A function to run, as its file says without being run.

    ``example`` and ``init`` are the texts of the comments that give the arguments of the function and of its class's
    constructor, ``example_line`` where the former stands (0: it was an option).
    """

    shown: str
    path: str
    root: str
    module: str
    name: str
    framework: str
    line: int
    example: str = ""
    example_line: int = 0
    init: str = ""


class Limits(msgspec.Struct, frozen=True):
    """What one process may take: seconds, and megabytes beyond what the frameworks themselves take."""

    seconds: float = 60.0
    megabytes: int = 2048


class Request(msgspec.Struct, frozen=True):
    """What a process is told: which function, on which engine (``tape`` or ``framework``), and from which seed."""

    target: Target
    engine: str
    seed: int
    limits: Limits


class Row(msgspec.Struct, frozen=True):
    """The answer to one question on one engine: a line, and what there is to say beyond it."""

    check: str
    verdict: Verdict
    text: str
    details: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True):
    """A value that a run returned, to be compared with another function's: its place, and numbers or a text."""

    path: str
    value: list[float] | str


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line that a process writes about its work; the fields that are set say what it is about."""

    row: Row | None = None
    inputs: str = ""
    guessed: bool = False
    note: str = ""
    trouble: str = ""
    unusable: bool = False
    results: list[Result] | None = None
    done: bool = False


class Run(msgspec.Struct, frozen=True):
    """What one engine found: ``trouble`` is why there are no rows, or not all."""

    engine: str
    verdict: Verdict
    rows: tuple[Row, ...]
    inputs: str = ""
    guessed: bool = False
    notes: tuple[str, ...] = ()
    trouble: str = ""
    unusable: bool = False
    """Is the trouble that there are no inputs to call it with?"""
    results: tuple[Result, ...] = ()


class Checked(msgspec.Struct, frozen=True):
    """All that was found about one function, and the reasons of the verdict."""

    target: str
    framework: str
    verdict: Verdict
    because: tuple[str, ...]
    runs: tuple[Run, ...]


class Report(msgspec.Struct, frozen=True):
    """The answer: of the function alone, or of it and of the one it is held against. The verdict is the last one's."""

    schema: int
    verdict: Verdict
    functions: tuple[Checked, ...]
    agreement: tuple[str, ...]
    not_seen: tuple[str, ...]
