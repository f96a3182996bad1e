"""SL803: the environment is read inside a differentiated region."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.external.reads import outside_reads
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL803"
HELP = "Read the variable at import into a module constant, or take the value as a parameter."


def check(program: Program) -> Iterable[Draft]:
    """Environment variables."""
    return outside_reads(program, CODE, ("environment",), "an environment variable", HELP)
