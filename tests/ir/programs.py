"""Programs whose lowered form must compute what CPython computes. Each tells what it does by ``log``."""

from __future__ import annotations

from pathlib import Path


def _read() -> dict[str, str]:
    """The programs of the folder ``programs``; each is headed by ``### name``."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "programs").glob("*.txt")):
        for part in path.read_text("utf-8").split("### ")[1:]:
            name, _, source = part.partition("\n")
            assert name not in found
            found[name] = source
    return found


PROGRAMS = _read()
