"""Facts of third-party files kept between runs, one row a file. Broken, locked or unwritable: a slower run."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from statelint.models.cache import cache_root

if TYPE_CHECKING:
    import sqlite3

NAME = "third_party.sqlite3"
_DIGEST = 32
_WAIT = 2.0
_LARGEST = 200_000_000
_TABLE = "CREATE TABLE IF NOT EXISTS facts (path TEXT PRIMARY KEY, stamp TEXT, data BLOB) WITHOUT ROWID"


class FactStore:
    """An SQLite file in WAL mode, opened when the first fact is asked for; any number of processes may share it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._owner = 0

    def read(self, path: str, stamp: str) -> bytes | None:
        """Return what was written for this state of a file."""
        import sqlite3

        try:
            connection = self._open()
            if connection is None:
                return None
            rows = connection.execute("SELECT data FROM facts WHERE path = ? AND stamp = ?", (path, stamp)).fetchall()
        except sqlite3.OperationalError:  # locked, or the disk is full
            return None
        except sqlite3.Error:
            self._start_anew()
            return None
        if not rows or not isinstance(rows[0][0], bytes):
            return None
        data = rows[0][0]
        return data[_DIGEST:] if data[:_DIGEST] == _digest(path, stamp, data[_DIGEST:]) else None

    def write(self, path: str, stamp: str, data: bytes) -> None:
        """Keep what a state of a file says, in place of what another state said."""
        import sqlite3

        try:
            connection = self._open()
            if connection is not None:
                row = (path, stamp, _digest(path, stamp, data) + data)
                connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", row)
        except sqlite3.OperationalError:
            pass
        except (sqlite3.Error, UnicodeEncodeError):
            self._start_anew()

    def _open(self) -> sqlite3.Connection | None:
        if self._owner == os.getpid():
            return self._connection
        import sqlite3

        self._owner = os.getpid()  # a connection does not outlive a fork
        self._connection = None
        with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: no home directory
            folder = self._folder or cache_root()
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / NAME
            if file.exists() and file.stat().st_size > _LARGEST:
                _remove(file)
            try:
                self._connection = _connect(file)
            except sqlite3.OperationalError:
                return None
            except sqlite3.Error:
                _remove(file)
                with contextlib.suppress(sqlite3.Error):
                    self._connection = _connect(file)
        return self._connection

    def _start_anew(self) -> None:
        """Go on without a store in this process; the next one finds no broken file."""
        self._connection = None
        with contextlib.suppress(OSError, RuntimeError):
            _remove((self._folder or cache_root()) / NAME)


def _connect(file: Path) -> sqlite3.Connection:
    import sqlite3

    connection = sqlite3.connect(file, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_TABLE)
    return connection


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            file.with_name(file.name + suffix).unlink()


def _digest(path: str, stamp: str, data: bytes) -> bytes:
    return hashlib.sha256(f"{path}\0{stamp}\0".encode("utf-8", "surrogateescape") + data).digest()
