"""The storage-identity graph of a function, a module or a package: who views, holds, reads, writes and returns what.

`function_graph`, `module_graph` and `package_graph` make a `Graph`; `render` writes it in one of `FORMATS`.
"""

from __future__ import annotations

from statelint.graph.function import function_graph
from statelint.graph.modules import module_graph, package_graph
from statelint.graph.records import Edge, Graph, Node, StorageInfo
from statelint.report.terminal.screen import Screen

FORMATS = ("text", "json", "dot", "graphml", "html")


def render(graph: Graph, format: str, screen: Screen) -> str:
    """The graph in an output format; ``screen`` is what text is drawn on."""
    if format == "text":
        from statelint.graph.text import render_text

        return render_text(graph, screen)
    if format == "html":
        from statelint.graph.html import to_html

        return to_html(graph)
    from statelint.graph import export

    return {"json": export.to_json, "dot": export.to_dot, "graphml": export.to_graphml}[format](graph)


__all__ = [
    "FORMATS",
    "Edge",
    "Graph",
    "Node",
    "StorageInfo",
    "function_graph",
    "module_graph",
    "package_graph",
    "render",
]
