"""Jupyter notebooks: their code cells as one text, and edits back into their JSON to the byte."""

from __future__ import annotations

import bisect
import json
import re
from typing import Any

import msgspec

from statelint.source.syntax import parse_error
from statelint.source.text import Lines

_MAGIC = re.compile(r"[ \t]*(?:[%!]|\?{1,2}[^\s?])")
_HELP = re.compile(r"[ \t]*[\w.*%]+\?{1,2}[ \t]*$")
_ASSIGNED = re.compile(r"(?P<head>[ \t]*[\w.,\[\] ]+?=[ \t]*)[%!](?!=)")
_PYTHON_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python", "%%python3")
_OPENING, _CLOSING = "([{", ")]}"


class NotebookError(Exception):
    """The file is JSON without cells, or no JSON; ``line`` is where that shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class Cell(msgspec.Struct, frozen=True):
    """A code cell: ``number`` counts all cells from 1, ``index`` is its place in the JSON, ``first_line`` its first
    line in the joined text, ``source`` its text as written."""

    number: int
    index: int
    first_line: int
    source: str


class BrokenCell(msgspec.Struct, frozen=True):
    """A cell that is no Python even without its magics; ``line`` counts in the joined text, where it is left empty."""

    line: int
    column: int
    message: str


class Notebook(msgspec.Struct, frozen=True):
    """The code cells of a notebook, joined by line ends."""

    cells: tuple[Cell, ...]
    text: str
    broken: tuple[BrokenCell, ...] = ()

    def locate(self, line: int) -> tuple[int, int]:
        """Return the cell number, and the line in that cell, of a line of the joined text."""
        index = max(bisect.bisect_right(self.cells, line, key=lambda cell: cell.first_line) - 1, 0)
        if not self.cells:
            return 1, line
        cell = self.cells[index]
        return cell.number, line - cell.first_line + 1


def parse_notebook(text: str) -> Notebook:
    """Read a notebook (format 3 or 4). A kernel of another language has no cells for us."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotebookError(f"not a notebook: invalid JSON, {error.msg}", error.lineno) from None
    except RecursionError:
        raise NotebookError("not a notebook: JSON nested too deeply") from None
    if not isinstance(data, dict):
        raise NotebookError("not a notebook: the JSON is no object")
    raw = _raw_cells(data)
    if raw is None:
        raise NotebookError("not a notebook: it has no list of cells")
    cells: list[Cell] = []
    parts: list[str] = []
    broken: list[BrokenCell] = []
    line = 1
    if _is_python(data):
        for index, cell in enumerate(raw):
            source = _code(cell)
            if source is None:
                continue
            cells.append(Cell(index + 1, index, line, source))
            part, wrong = _python(source)
            if wrong is not None:
                broken.append(BrokenCell(line + wrong[0] - 1, wrong[1], wrong[2]))
            parts.append(part)
            line += len(Lines(source))
    return Notebook(tuple(cells), "\n".join(parts) + ("\n" if parts else ""), tuple(broken))


def _python(source: str) -> tuple[str, tuple[int, int, str] | None]:
    """Return a cell's text as Python of as many lines, and what is wrong with it if that is not possible."""
    if parse_error(source) is None:
        return source, None
    blanked = blank_magics(source)
    error = parse_error(blanked)
    if error is None:
        return blanked, None
    return "\n" * (len(Lines(source)) - 1), error


def _raw_cells(data: dict[str, Any]) -> list[Any] | None:
    cells = data.get("cells")
    if cells is None and isinstance(sheets := data.get("worksheets"), list):
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()]
    return cells if isinstance(cells, list) else None


def _is_python(data: dict[str, Any]) -> bool:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return True
    for place, key in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(place)
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            return bool(entry[key].lower() in ("python", "ipython", "python3"))
    return True


def _code(cell: object) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else None


def blank_magics(source: str) -> str:
    """Replace magics, shell lines and help requests by statements that do nothing, line for line."""
    lines = Lines(source)
    stripped = source.lstrip()
    if stripped.startswith("%%"):
        head = 1 + source[: len(source) - len(stripped)].count("\n")
        if not stripped.startswith(_PYTHON_CELL_MAGICS):
            return "\n" * (len(lines) - 1)
    elif not re.search(r"[%!?]", source):
        return source
    else:
        head = 0
    result: list[str] = []
    state = _Scanner()
    continued = False
    for number in range(1, len(lines) + 1):
        line, end = lines.line(number), lines.line_end(number)
        if continued:
            continued = line.rstrip().endswith("\\")
            line = ""
        elif number <= head:
            line = ""
        elif state.at_statement:
            magic = _MAGIC.match(line) is not None or _HELP.match(line) is not None
            assigned = _ASSIGNED.match(line)
            if magic or assigned:
                continued = line.rstrip().endswith("\\")
                indent = line[: len(line) - len(line.lstrip())]
                line = indent + "pass" if magic or assigned is None else assigned.group("head") + "None"
            else:
                state.feed(line)
        else:
            state.feed(line)
        result.append(line + end)
    return "".join(result)


class _Scanner:
    """Knows after each line whether the next one begins a statement: not inside brackets, strings or a continuation."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""
        self.backslash = False

    @property
    def at_statement(self) -> bool:
        return not self.depth and not self.quote and not self.backslash

    def feed(self, line: str) -> None:
        self.backslash = False
        at = 0
        while at < len(line):
            char = line[at]
            if self.quote:
                if char == "\\":
                    at += 1
                elif line.startswith(self.quote, at):
                    at += len(self.quote) - 1
                    self.quote = ""
            elif char == "#":
                return
            elif char in "'\"":
                self.quote = char * 3 if line.startswith(char * 3, at) else char
                at += len(self.quote) - 1
            elif char in _OPENING:
                self.depth += 1
            elif char in _CLOSING:
                self.depth = max(self.depth - 1, 0)
            elif char == "\\" and at == len(line) - 1:
                self.backslash = True
            at += 1
        if len(self.quote) == 1 and not line.endswith("\\"):
            self.quote = ""


def replace_sources(text: str, sources: dict[int, str]) -> str:
    """Return a notebook's JSON with the sources of some cells (by their place in the JSON) replaced; every other byte
    stays, and so do the unchanged lines of a changed cell."""
    decoder = json.JSONDecoder()
    spans = _source_spans(text, decoder)
    for index in sorted(sources, key=lambda each: spans[each][0], reverse=True):
        start, end = spans[index]
        text = text[:start] + _render_source(text[start:end], sources[index]) + text[end:]
    return text


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _members(text: str, at: int, decoder: json.JSONDecoder) -> list[tuple[str, int, int]]:
    """Return the members of the object at ``at``: key, start and end of the value."""
    members: list[tuple[str, int, int]] = []
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = decoder.raw_decode(text, start)
        members.append((key, start, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return members


def _elements(text: str, at: int, decoder: json.JSONDecoder) -> list[tuple[int, int]]:
    elements: list[tuple[int, int]] = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        elements.append((at, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return elements


def _source_spans(text: str, decoder: json.JSONDecoder) -> dict[int, tuple[int, int]]:
    top = {key: start for key, start, _ in _members(text, _skip(text, 0), decoder)}
    lists = [top["cells"]] if "cells" in top else []
    if not lists and "worksheets" in top:
        for start, _ in _elements(text, top["worksheets"], decoder):
            lists.extend(at for key, at, _ in _members(text, start, decoder) if key == "cells")
    spans: dict[int, tuple[int, int]] = {}
    index = 0
    for at in lists:
        for start, _ in _elements(text, at, decoder):
            for key, value, end in _members(text, start, decoder) if text[start] == "{" else ():
                if key in ("source", "input"):
                    spans[index] = (value, end)
            index += 1
    return spans


def _render_source(raw: str, source: str) -> str:
    ascii_only = raw.isascii()
    if not raw.startswith("["):
        return json.dumps(source, ensure_ascii=ascii_only)
    decoder = json.JSONDecoder()
    spans = _elements(raw, 0, decoder)
    known = {json.loads(raw[start:end]): raw[start:end] for start, end in spans}
    opening = raw[1 : spans[0][0]] if spans else ""
    closing = raw[spans[-1][1] : -1] if spans else ""
    between = raw[spans[0][1] : spans[1][0]] if len(spans) > 1 else "," + (opening or " ")
    items = re.findall(r"[^\n]*\n|[^\n]+$", source)
    return (
        "["
        + opening
        + between.join(known.get(i, json.dumps(i, ensure_ascii=ascii_only)) for i in items)
        + closing
        + "]"
    )
