"""Rules: one module per rule in a folder per family; each turns the program's facts into drafts of findings.

A module has ``CODE`` and ``check(program) -> Iterable[Draft]``. It is found because it is here.
"""

from statelint.checks.registry import Check, load_checks, run

__all__ = ["Check", "load_checks", "run"]
