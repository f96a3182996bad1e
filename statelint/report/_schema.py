"""The JSON Schema of the ``json`` format, made from the records that it prints."""

from __future__ import annotations

from typing import Any

import msgspec

from statelint.findings import Finding

VERSION = 1
"""Rises when a field is removed or changes its meaning; a new field alone doesn't raise it."""


def schema() -> dict[str, Any]:
    """Return the schema of the array; every field is required, since every field is printed."""
    made: dict[str, Any] = msgspec.json.schema(list[Finding])
    for record in made["$defs"].values():
        if "properties" in record:
            record["required"] = list(record["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:statelint:findings:{VERSION}",
        "title": "statelint findings",
        "description": "What `statelint check --output-format json` prints; `json-lines` prints one item a line.",
        "version": VERSION,
        **made,
    }


def document() -> str:
    """Return the schema as the text of ``findings.schema.json``."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


if __name__ == "__main__":
    print(document(), end="")
