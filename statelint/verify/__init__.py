"""Runs a function to see whether it keeps state, changes its inputs, and has the gradient that numeric ones confirm.

The only part of statelint that executes the user's code: in processes of its own, with limits, and only when asked.
``look`` finds a function without running anything, ``verify`` runs it, ``render_text`` draws what was found.
"""

from __future__ import annotations

from statelint.verify.records import Checked, Limits, Report, Row, Run, Target
from statelint.verify.target import TargetError, look
from statelint.verify.text import render_text
from statelint.verify.verdict import verify

__all__ = ["Checked", "Limits", "Report", "Row", "Run", "Target", "TargetError", "look", "render_text", "verify"]
