"""The boundary of one function, ``(y, s') = F(x, s)``: every member of x, s and s', and where each comes from.

`open_session` opens files, `explain` gives a function's `Boundary`, `render_text` draws it, `to_json` writes it.
"""

from __future__ import annotations

from statelint.explain.boundary import explain
from statelint.explain.records import Boundary, Member, Saved
from statelint.explain.session import NotFoundError, Place, Session, open_session, require
from statelint.explain.target import check_file, find_function, functions_of, split_target

__all__ = [
    "Boundary",
    "Member",
    "NotFoundError",
    "Place",
    "Saved",
    "Session",
    "check_file",
    "explain",
    "find_function",
    "functions_of",
    "open_session",
    "require",
    "split_target",
]
