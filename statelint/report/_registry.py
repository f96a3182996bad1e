"""Finds the format modules by their place, and runs one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from operator import attrgetter

from statelint.findings import Finding
from statelint.report._context import ReportContext

_PACKAGE = "statelint.report"
_ORDER = attrgetter(
    "path", "line", "column", "end_line", "end_column", "code", "message", "function", "help", "fingerprint"
)


class UnknownFormatError(ValueError):
    """Asked for an output format that no module provides."""


@cache
def formats() -> tuple[str, ...]:
    """Return the names of all output formats, as ``--output-format`` takes them, sorted."""
    package = importlib.import_module(_PACKAGE)
    found = pkgutil.iter_modules(package.__path__)
    return tuple(sorted(m.name.replace("_", "-") for m in found if not m.ispkg and not m.name.startswith("_")))


def render(format: str, findings: Sequence[Finding], context: ReportContext) -> str:
    """Return the findings in the given format, ordered by place whatever order they come in.

    The text ends in a newline unless it is empty. It may hold any Unicode character that ``context.encoding`` has;
    the formats for machines are always to be written as UTF-8.
    """
    if format not in formats():
        raise UnknownFormatError(f"unknown output format {format!r}, expected one of: {', '.join(formats())}")
    module = importlib.import_module(f"{_PACKAGE}.{format.replace('-', '_')}")
    text: str = module.render(sorted(findings, key=_ORDER), context)
    return text
