"""What the editor may set: the server's own options, and options of the configuration that win over every file."""

from __future__ import annotations

from typing import Any

import msgspec

SECTION = "statelint"


class ServerOptions(msgspec.Struct, frozen=True, rename="camel"):
    """``configuration`` is a file to take for all documents, ``options`` single options as a statelint.toml names them,
    ``debounce`` the milliseconds of rest after a change before a document is linted."""

    configuration: str | None = None
    options: dict[str, Any] = {}
    debounce: int = 200

    @property
    def delay(self) -> float:
        """The debounce time in seconds."""
        return min(max(self.debounce, 0), 10_000) / 1000


def read_options(given: object) -> ServerOptions:
    """Read options as a client sends them, with or without the section's name around them.

    Raises `ValueError` with a message for the user.
    """
    if isinstance(given, dict) and isinstance(given.get(SECTION), dict):
        given = given[SECTION]
    if given is None:
        return ServerOptions()
    try:
        return msgspec.convert(given, ServerOptions)
    except msgspec.ValidationError as error:
        raise ValueError(f"settings of the editor: {error}") from None
