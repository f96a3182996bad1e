"""Parsed models kept between runs, a file per library and state of the sources. Broken or unwritable: a slower run."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

FORMAT = 2
"""Raise it whenever the records or the reading of rows change."""
_DIGEST = 32
_KEPT = 12


def cache_root() -> Path:
    """Return the user's cache directory for statelint."""
    if own := os.environ.get("STATELINT_CACHE_DIR"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "statelint"
    return Path.home() / ".cache" / "statelint"


def fingerprint(sources: Sequence[Path], code: Sequence[Path]) -> str:
    """Return a name for the state of the sources and of the code that reads them: path, size and time of change."""
    digest = hashlib.sha256(str(FORMAT).encode())
    for path in (*sources, *code):
        try:
            status = path.stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
        except OSError:
            digest.update(f"{path}\0missing\n".encode())
    return digest.hexdigest()[:24]


class Cache:
    """A folder of msgpack blobs, each after its own sha256."""

    def __init__(self, name: str, root: Path | None = None) -> None:
        try:
            self.folder: Path | None = (root or cache_root()) / "models" / name
        except RuntimeError:  # no home directory
            self.folder = None

    def read(self, key: str) -> bytes | None:
        """Return the blob, or None if it is missing or damaged."""
        if self.folder is None:
            return None
        try:
            data = (self.folder / f"{key}.msgpack").read_bytes()
        except (OSError, ValueError):
            return None
        payload = data[_DIGEST:]
        return payload if hashlib.sha256(payload).digest() == data[:_DIGEST] else None

    def write(self, key: str, value: object) -> bytes:
        """Encode ``value``, keep it if that is possible, and return the encoded form."""
        payload = msgspec.msgpack.encode(value)
        if self.folder is None:
            return payload
        with contextlib.suppress(OSError, ValueError):
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f"{key}.{os.getpid()}.part"
            temporary.write_bytes(hashlib.sha256(payload).digest() + payload)
            temporary.replace(self.folder / f"{key}.msgpack")
        return payload

    def prune(self) -> None:
        """Forget the states of the sources that were used longest ago."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            folders = sorted(self.folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
            for folder in folders[_KEPT:]:
                for file in folder.glob("*.msgpack"):
                    file.unlink()
                folder.rmdir()
