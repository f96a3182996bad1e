"""Rules: one module per rule in a folder per family; each turns the program's facts into drafts of findings.

A module has ``CODE`` and ``check(program) -> Iterable[Draft]``; with ``YIELDS_TO`` it gives way, at the
same place, to rules that say more. It is found because it is here.
"""

from statelint.checks.registry import Check, load_checks, run, yields_to

__all__ = ["Check", "load_checks", "run", "yields_to"]
