"""One file of a run: read once, on demand, and forgotten when it was lowered."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

import msgspec

from statelint.source.comments import Comments, may_speak, read_comments
from statelint.source.notebook import Cell, Notebook, NotebookError, parse_notebook
from statelint.source.text import Decoded, Lines, UndecodableError, decode

Kind = Literal["python", "stub", "notebook"]


class Problem(msgspec.Struct, frozen=True):
    """Why a file can't be analysed: ``SL001`` (not readable as text) or ``SL002`` (not Python).

    If it is not ``whole``, it is one cell of a notebook, and the others are analysed.
    """

    code: Literal["SL001", "SL002"]
    message: str
    line: int = 1
    column: int = 1
    whole: bool = True


def kind_of(path: str) -> Kind:
    """Tell from a path what a file holds; without a known ending it is Python."""
    if path.endswith(".ipynb"):
        return "notebook"
    return "stub" if path.endswith(".pyi") else "python"


class SourceFile:
    """The text of a file and what its comments say, each computed at first use.

    ``path`` is how the file is shown, ``absolute`` where it is, ``module`` its dotted name. ``reported`` is false for
    a file that is only known because another imports it. ``data`` replaces what is on disk (standard input, an
    editor's buffer). A file that can't be read or decoded has an empty text and a ``problem``.
    """

    __slots__ = (
        "_comments",
        "_lines",
        "_markers",
        "_shown",
        "_speaks",
        "_text",
        "absolute",
        "data",
        "decoded",
        "is_package",
        "kind",
        "module",
        "notebook",
        "notebook_text",
        "path",
        "problem",
        "reported",
    )

    def __init__(
        self,
        path: str,
        absolute: str = "",
        module: str = "",
        is_package: bool = False,
        reported: bool = True,
        data: bytes | None = None,
    ) -> None:
        self.path = path
        self.absolute = absolute or os.path.abspath(path)
        self.module = module
        self.is_package = is_package
        self.reported = reported
        self.kind = kind_of(path)
        self.data = data
        self.problem: Problem | None = None
        self.decoded: Decoded | None = None
        self.notebook: Notebook | None = None
        self.notebook_text = ""
        self._text: str | None = None
        self._lines: Lines | None = None
        self._shown: Lines | None = None
        self._comments: Comments | None = None
        self._speaks: bool | None = None
        self._markers: frozenset[int] | None = None

    def __repr__(self) -> str:
        return f"SourceFile({self.path!r}, module={self.module!r})"

    @property
    def text(self) -> str:
        """The Python text, a notebook's code cells joined; empty if there is a ``problem``."""
        if self._text is None:
            self._text = self._read()
        return self._text

    @property
    def lines(self) -> Lines:
        """The lines of the text."""
        if self._lines is None:
            self._lines = Lines(self.text)
        return self._lines

    @property
    def shown(self) -> Lines:
        """The lines as their author wrote them: in a notebook with magics and broken cells, which ``lines`` blank."""
        if self.kind != "notebook":
            return self.lines
        if self._shown is None:
            cells = self.notebook.cells if self.text and self.notebook else ()
            self._shown = Lines("\n".join(cell.source for cell in cells) + "\n")
        return self._shown

    @property
    def comments(self) -> Comments:
        """All directives of the text, and its statements' line ranges."""
        if self._comments is None:
            self._comments = read_comments(self.text, self.lines)
        return self._comments

    @property
    def speaks(self) -> bool:
        """Whether a comment may address statelint; comments of a file where nothing is found matter only then."""
        if self._speaks is None:
            self._speaks = may_speak(self.text)
        return self._speaks

    @property
    def markers(self) -> frozenset[int]:
        """The lines of the statements that are marked ``# statelint: differentiable``."""
        if self._markers is None:
            self._markers = self.comments.markers if self.speaks else frozenset()
        return self._markers

    def column(self, line: int, byte_column: int) -> int:
        """Turn ``ast``'s UTF-8 byte column into a 1-based column of code points."""
        return self.shown.column(line, byte_column)

    def locate(self, line: int) -> tuple[int | None, int]:
        """Return the notebook cell (None in a plain file) and the line in it, of a line of the text."""
        if self.kind == "notebook" and self.text is not None and self.notebook is not None:
            return self.notebook.locate(line)
        return None, line

    def cell_at(self, line: int) -> Cell | None:
        """Return the notebook cell that holds a line of the text."""
        cell, _ = self.locate(line)
        cells = self.notebook.cells if self.notebook else ()
        return next((each for each in cells if each.number == cell), None)

    def forget(self) -> None:
        """Drop the text, not what its comments say; the next use reads the file again. A buffer keeps its text."""
        if self.data is None:
            self._drop()

    def replace(self, data: bytes) -> None:
        """Take other bytes than those on disk from now on."""
        self.data = data
        self._drop()
        self._speaks = self._markers = None

    def _drop(self) -> None:
        self._text = self._lines = self._shown = self._comments = self.notebook = self.decoded = None
        self.notebook_text = ""

    def bytes(self) -> bytes:
        """Return the file's bytes as they are now. Only a regular file is opened, so that a pipe can't hang the run."""
        if self.data is not None:
            return self.data
        mode = os.stat(self.absolute).st_mode
        if stat.S_ISDIR(mode):
            os.listdir(self.absolute)
        if not stat.S_ISREG(mode):
            raise OSError("not a regular file")
        return Path(self.absolute).read_bytes()

    def _read(self) -> str:
        self.problem = None
        try:
            self.decoded = decode(self.bytes())
        except UndecodableError as error:
            self.problem = Problem("SL001", f"{error}.", error.line)
            return ""
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.problem = Problem("SL001", f"The file cannot be read: {reason[:1].lower()}{reason[1:]}.")
            return ""
        if self.kind != "notebook":
            return self.decoded.text
        self.notebook_text = self.decoded.text
        if not self.decoded.text.strip():
            return ""
        try:
            self.notebook = parse_notebook(self.decoded.text)
        except NotebookError as error:
            message = str(error)
            self.problem = Problem("SL002", f"{message[0].upper()}{message[1:]}.", error.line)
            return ""
        return self.notebook.text
