"""Bytes to text and back: encodings, line ends, and the two ways to count columns."""

from __future__ import annotations

import bisect
import re

import msgspec

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(r"\r\n|\r|\n")
_FIRST_TWO_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)?[^\r\n]*")


class UndecodableError(Exception):
    """The bytes are not text in the encoding that the file declares; ``line`` is where that shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class Decoded(msgspec.Struct, frozen=True):
    """A file's text, and what is needed to write it back to the same bytes."""

    text: str
    encoding: str
    bom: bool

    def encode(self, text: str) -> bytes:
        """Return the bytes of ``text`` in this file's encoding, with its byte order mark if it had one."""
        return (BOM if self.bom else b"") + text.encode(self.encoding)


def decode(data: bytes) -> Decoded:
    """Decode a Python file as the interpreter does: byte order mark, then the PEP 263 comment, then UTF-8."""
    bom = data.startswith(BOM)
    body = data[len(BOM) :] if bom else data
    encoding = _declared_encoding(data) if b"coding" in _first_lines(body) else "utf-8"
    try:
        return Decoded(body.decode(encoding), encoding, bom)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        byte = body[error.start : error.start + 1].hex()
        raise UndecodableError(f"Byte 0x{byte} is not {encoding} text ({error.reason})", line) from None
    except (LookupError, ValueError, UnicodeError, AssertionError) as error:
        raise UndecodableError(f"The file cannot be decoded as {encoding}: {error}") from None


def _first_lines(body: bytes) -> bytes:
    found = _FIRST_TWO_LINES.match(body)
    return found.group() if found else b""


def _declared_encoding(data: bytes) -> str:
    import tokenize  # only for the few files that declare an encoding

    lines = iter(re.split(rb"(?<=\n)|(?<=\r)(?!\n)", data[:4096])[:2])
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
    except SyntaxError as error:
        raise UndecodableError(f"The file cannot be decoded: {error}") from None
    return "utf-8" if encoding == "utf-8-sig" else encoding


class Lines:
    """The lines of a text, split where Python splits them (``\\n``, ``\\r\\n``, ``\\r``; a form feed is no line end).

    Lines are counted from 1. ``starts`` are the offsets of the line beginnings.
    """

    __slots__ = ("_ends", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        self._ends: list[int] = []
        for found in _LINE_END.finditer(text):
            self._ends.append(found.start())
            self.starts.append(found.end())
        self._ends.append(len(text))

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, number: int) -> str:
        """Return a line without its line end; empty beyond the end of the text."""
        if not 1 <= number <= len(self.starts):
            return ""
        return self.text[self.starts[number - 1] : self._ends[number - 1]]

    def line_end(self, number: int) -> str:
        """Return the characters that end a line; empty for the last one."""
        if not 1 <= number < len(self.starts):
            return ""
        return self.text[self._ends[number - 1] : self.starts[number]]

    def column(self, line: int, byte_column: int) -> int:
        """Turn ``ast``'s 0-based UTF-8 byte column into a 1-based column of code points."""
        text = self.line(line)
        if text.isascii():
            return min(byte_column, len(text)) + 1
        return len(text.encode("utf-8", "surrogatepass")[:byte_column].decode("utf-8", "ignore")) + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset in the text of a 1-based line and code-point column, kept within that line."""
        if line > len(self.starts):
            return len(self.text)
        start = self.starts[max(line, 1) - 1]
        return min(start + max(column, 1) - 1, self._ends[max(line, 1) - 1])

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of an offset."""
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1
