"""What an output format may know of a run, besides its findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from statelint.findings import Finding


class RuleInfo(msgspec.Struct, frozen=True):
    """What the catalogue says of a rule, as far as a report shows it. ``description`` is Markdown."""

    code: str
    name: str
    family: str = ""
    summary: str = ""
    url: str = ""
    description: str = ""


class Suppressed(msgspec.Struct, frozen=True):
    """A finding that a comment in the source silences, and the reason which that comment gives."""

    finding: Finding
    justification: str = ""


class Cell(msgspec.Struct, frozen=True):
    """A line of a notebook's joined source as its reader counts it: the cell's number and the line in it, 1-based."""

    number: int
    line: int


def _no_source(_path: str) -> None:
    return None


def _no_cell(_path: str, _line: int) -> None:
    return None


def _no_rule(_code: str) -> None:
    return None


class ReportContext(msgspec.Struct, frozen=True):
    """The run that findings come from, and the screen that they are shown on.

    ``source`` gives a file's lines without their ends, or ``None`` if the file can't be shown. ``cell`` places a line
    of a notebook, and is ``None`` for a plain file. ``rule`` looks a code up in the catalogue. ``fixable`` and
    ``fixable_unsafely`` count findings that ``--fix`` alone, or only together with ``--unsafe-fixes``, would change.
    Paths under ``base`` are shown relative to it. ``encoding`` is the output's: characters that it lacks are escaped,
    and the drawing falls back to ASCII. ``hyperlinks`` turns rule codes into links, where the terminal knows them.
    """

    version: str = "0"
    source: Callable[[str], Sequence[str] | None] = _no_source
    cell: Callable[[str, int], Cell | None] = _no_cell
    rule: Callable[[str], RuleInfo | None] = _no_rule
    width: int = 80
    color: bool = False
    encoding: str = "utf-8"
    hyperlinks: bool = False
    files: int = 0
    fixable: int = 0
    fixable_unsafely: int = 0
    suppressed: tuple[Suppressed, ...] = ()
    base: str = ""
