"""The graph as one HTML page: the script that stands in it draws the picture, nothing is loaded from elsewhere."""

from __future__ import annotations

from html import escape
from pathlib import Path

import msgspec

from statelint.graph.records import Graph

_PAGE = Path(__file__).with_name("page")


def to_html(graph: Graph) -> str:
    """The page."""
    data = msgspec.json.encode(graph).decode()
    for char, code in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        data = data.replace(char, code)
    page = _read("page.html")
    parts = {"TITLE": escape(graph.title), "STYLE": _read("page.css"), "SCRIPT": _read("page.js"), "DATA": data}
    head, *rest = page.split("{{")
    found = [head]
    for piece in rest:
        name, _, tail = piece.partition("}}")
        found += [parts[name], tail]
    return "".join(found)


def _read(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")
