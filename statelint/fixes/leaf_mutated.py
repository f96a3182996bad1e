"""SL203: the write goes under ``torch.no_grad()``."""

from __future__ import annotations

from statelint.findings import Applicability, Draft, Fix
from statelint.fixes._syntax import module_name, syntax
from statelint.source import SourceFile

CODES = ("SL203",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """Put the statement into ``with torch.no_grad():``. As it is, it can only raise."""
    found = syntax(source)
    statement = found.statement_at(draft.span) if found is not None else None
    if found is None or statement is None:
        return None
    torch = module_name(found.tree, "torch")
    edits = found.indented(statement, f"with {torch}.no_grad():") if torch else None
    return Fix(Applicability.SAFE, "Write under `torch.no_grad()`", edits) if edits else None
