"""The editor's buffers: which of them are linted, under which path, as which bytes."""

from __future__ import annotations

import os
import re
import tokenize
from urllib.parse import unquote, urlsplit

import msgspec

_SCHEMES = ("file", "untitled")
_LIBRARIES = ("site-packages", "dist-packages")
_DRIVE = re.compile(r"^/[A-Za-z]:")


class Document(msgspec.Struct, frozen=True):
    """One state of a buffer. ``path`` is absolute; that of a buffer that was never saved is made up."""

    uri: str
    path: str
    text: str
    version: int | None

    @property
    def data(self) -> bytes:
        """The buffer as the bytes that its editor would save."""
        return encoded(self.text)


def path_of(uri: str, folder: str) -> str | None:
    """Return the absolute path of a document that may be linted; None for what is no Python file of the user's.

    A notebook comes as JSON, and a view of another version of a file (``git:``) is not the user's to change.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES:
        return None
    if parts.scheme == "untitled":
        return os.path.join(folder, re.sub(r"\W+", "_", unquote(uri)) + ".py")
    path = unquote(parts.path)
    if parts.netloc and parts.netloc != "localhost":
        path = f"//{parts.netloc}{path}"
    elif os.name == "nt" and _DRIVE.match(path):
        path = path[1:]
    if not path or "\0" in path or path.endswith(".ipynb"):
        return None
    return os.path.normpath(path.replace("/", os.sep))


def of_library(path: str) -> bool:
    """Say whether a file belongs to an installed library: it is looked at, not edited."""
    return not set(_LIBRARIES).isdisjoint(path.split(os.sep))


def encoded(text: str) -> bytes:
    """Return a buffer's bytes in the encoding that it declares. A character that cannot be encoded becomes one ``?``,
    so that all columns stay."""
    text = text.removeprefix("\ufeff")
    head = "".join(re.split(r"(?<=\n)", text, maxsplit=2)[:2])
    if "coding" not in head:
        return text.encode("utf-8", "replace")
    lines = iter(head.encode("utf-8", "replace").splitlines(keepends=True))
    try:
        name, _ = tokenize.detect_encoding(lambda: next(lines, b""))
        return text.encode(name, "replace")
    except (SyntaxError, LookupError, ValueError):
        return text.encode("utf-8", "replace")
