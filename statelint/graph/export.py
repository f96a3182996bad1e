"""The graph in the formats of programs: node-link JSON, DOT and GraphML, by way of networkx."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import msgspec

from statelint.graph.records import Edge, Graph, Node

if TYPE_CHECKING:
    import networkx


def to_networkx(graph: Graph) -> networkx.MultiDiGraph[str]:
    """The graph for networkx: attributes as in the records, lists joined by commas."""
    import networkx

    found: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(scope=graph.scope, title=graph.title)
    for node in graph.nodes:
        found.add_node(node.id, **_node_attributes(node))
    for edge in graph.edges:
        found.add_edge(edge.source, edge.target, **_edge_attributes(edge))
    return found


def _node_attributes(node: Node) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.structs.asdict(node)
    del values["id"]
    return values


def _edge_attributes(edge: Edge) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.structs.asdict(edge)
    for name in ("source", "target"):
        del values[name]
    return {name: ", ".join(value) if isinstance(value, tuple) else value for name, value in values.items()}


def to_json(graph: Graph) -> str:
    """Node-link data, as networkx reads it with ``edges="edges"``, plus ``aliases`` and ``storages``."""
    found = to_networkx(graph)
    data = {
        "directed": True,
        "multigraph": True,
        "graph": dict(found.graph),
        "nodes": [{"id": id, **attributes} for id, attributes in found.nodes(data=True)],
        "edges": [
            {"source": source, "target": target, "key": key, **attributes}
            for source, target, key, attributes in found.edges(keys=True, data=True)
        ],
        "aliases": [list(pair) for pair in graph.aliases],
        "storages": msgspec.to_builtins(graph.storages),
    }
    return msgspec.json.format(msgspec.json.encode(data)).decode() + "\n"


def to_graphml(graph: Graph) -> str:
    """GraphML: Gephi, yEd, Cytoscape."""
    import networkx

    buffer = io.BytesIO()
    networkx.write_graphml(_printable(to_networkx(graph)), buffer, named_key_ids=True)
    return buffer.getvalue().decode() + "\n"


def _printable(graph: networkx.MultiDiGraph[str]) -> networkx.MultiDiGraph[str]:
    """The same graph without the characters that XML has no form for."""
    import networkx

    clean: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(**{k: _clean(v) for k, v in graph.graph.items()})
    for id, attributes in graph.nodes(data=True):
        clean.add_node(_clean(id), **{k: _clean(v) for k, v in attributes.items()})
    for source, target, attributes in graph.edges(data=True):
        clean.add_edge(_clean(source), _clean(target), **{k: _clean(v) for k, v in attributes.items()})
    return clean


def _clean(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return "".join(char if char >= " " and not "\ud800" <= char <= "\udfff" else "\ufffd" for char in value)


_SHAPES = {"name": "plaintext", "result": "plaintext", "storage": "cylinder", "operation": "box"}
_COLORS = {
    "views": "#2563eb",
    "holds": "#94a3b8",
    "saves": "#16a34a",
    "overwrites": "#dc2626",
    "reads": "#2563eb",
    "writes": "#dc2626",
    "returns": "#9333ea",
}


def to_dot(graph: Graph) -> str:
    """DOT, for Graphviz."""
    lines = [
        f"digraph {_quoted(graph.title)} {{",
        "  rankdir=LR;",
        '  node [fontname="Helvetica", fontsize=11];',
        '  edge [fontname="Helvetica", fontsize=9];',
    ]
    for node in graph.nodes:
        shape = _SHAPES.get(node.kind, "box")
        style = ', style="rounded"' if node.kind in ("function", "module") else ""
        tip = " ".join(each for each in (node.detail, f"{node.path}:{node.line}" if node.line else node.path) if each)
        attributes = f"label={_quoted(node.label)}, shape={shape}{style}, tooltip={_quoted(tip or node.label)}"
        lines.append(f"  {_quoted(node.id)} [{attributes}];")
    for edge in graph.edges:
        dashed = ', style="dashed"' if edge.through or edge.kind == "holds" else ""
        label = edge.label if edge.kind in ("views", "holds") else edge.kind
        color = _COLORS[edge.kind]
        attributes = f'label={_quoted(label)}, color="{color}", fontcolor="{color}"{dashed}'
        lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [{attributes}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    clean: str = _clean(text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'
