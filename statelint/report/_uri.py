"""File paths as the URIs that SARIF asks for."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_SAFE = "/~!$&'()*+,;=@"


def _quoted(path: str) -> str:
    """Percent-encode a path; undecodable bytes of a file name come out as themselves."""
    return quote(path.encode("utf-8", "surrogateescape" if _bytes_only(path) else "surrogatepass"), safe=_SAFE)


def _bytes_only(path: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" and not "\udc80" <= char <= "\udcff" for char in path)


def _absolute(path: str) -> str:
    slashed = path.replace("\\", "/") if os.sep == "\\" or _DRIVE.match(path) else path
    if _DRIVE.match(slashed):
        return f"file:///{slashed[:2]}{_quoted(slashed[2:])}"
    return f"file://{_quoted(slashed)}"


def directory_uri(path: str) -> str:
    """Return the URI of a directory, which ends in a slash."""
    return _absolute(os.path.abspath(path)).rstrip("/") + "/"


def file_uri(path: str, base: str) -> tuple[str, bool]:
    """Return a path's URI, and whether it is relative to the base directory."""
    if os.path.isabs(path):
        if base:
            inside = os.path.relpath(path, base)
            if inside != os.pardir and not inside.startswith(os.pardir + os.sep):
                return _relative(inside), True
        return _absolute(path), False
    if _DRIVE.match(path):
        return _absolute(path), False
    return _relative(path), True


def _relative(path: str) -> str:
    uri = _quoted(path.replace(os.sep, "/"))
    return uri if ":" not in uri.split("/")[0] else f"./{uri}"
