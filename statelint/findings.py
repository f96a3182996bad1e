"""What a check reports: a finding, its place, its reason chain and its fix."""

from __future__ import annotations

import enum

import msgspec


class Severity(enum.StrEnum):
    """How loud a finding is; the configuration sets it per rule."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"


class Confidence(enum.StrEnum):
    """How much had to be assumed: nothing (certain), one fact (likely), more (possible)."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Applicability(enum.StrEnum):
    """Whether a fix keeps values and signatures (safe), changes them on purpose (unsafe), or is only shown."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


class Location(msgspec.Struct, frozen=True, order=True):
    """A range of a file: 1-based lines, 1-based columns in Unicode code points, the end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


class Related(msgspec.Struct, frozen=True):
    """One link of a finding's reason chain, in the order in which it happens at run time."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str


class Edit(msgspec.Struct, frozen=True, order=True):
    """Replace a range of the finding's file by ``text``; positions as in `Location`."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(msgspec.Struct, frozen=True):
    """A proposed change of the finding's file."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


class Finding(msgspec.Struct, frozen=True):
    """One report. ``message`` stands alone on one line; ``help`` says what to do; ``related`` is the reason chain.

    ``cell`` and ``cell_line`` place the line of a notebook as its reader counts: the cell's number, the line in it.
    """

    code: str
    name: str
    message: str
    help: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    confidence: Confidence
    function: str
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    url: str = ""
    fingerprint: str = ""
    cell: int | None = None
    cell_line: int | None = None


Span = tuple[int, int, int, int]
"""``(line, col, end_line, end_col)`` as ``ast`` gives it: 1-based lines, 0-based UTF-8 byte columns, end exclusive."""


class Step(msgspec.Struct, frozen=True):
    """A link of a draft's reason chain."""

    path: str
    span: Span
    message: str


class Draft(msgspec.Struct, frozen=True):
    """What a check yields, before it meets the file's text: the driver adds columns, name, severity, link, fingerprint
    and the fix. ``hint`` carries the facts that a fix needs (names, a span as text), by the fix's own keys."""

    code: str
    path: str
    span: Span
    message: str
    help: str
    confidence: Confidence
    function: str
    steps: tuple[Step, ...] = ()
    hint: dict[str, str] = {}
