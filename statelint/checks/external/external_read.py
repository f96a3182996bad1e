"""SL801: a file, database, socket or process is read inside a differentiated region."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.external.reads import outside_reads
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL801"
HELP = "Read it outside and pass the value in as a parameter, or read it once into a module constant."


def check(program: Program) -> Iterable[Draft]:
    """Files, network, processes, databases."""
    return outside_reads(program, CODE, ("file", "network", "process", "database"), "the outside world", HELP)
