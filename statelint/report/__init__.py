"""Findings as text for people and for machines: one module per output format.

Every module of this package whose name has no leading underscore is a format; it has one function, ``render``.
`formats` lists them, `render` writes findings in one of them, and `ReportContext` is what a format may know of a run.
"""

from __future__ import annotations

from statelint.report._context import Cell, ReportContext, RuleInfo, Suppressed
from statelint.report._registry import UnknownFormatError, formats, render

__all__ = ["Cell", "ReportContext", "RuleInfo", "Suppressed", "UnknownFormatError", "formats", "render"]
