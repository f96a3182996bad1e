"""The graph for people at a terminal: each storage with all who have to do with it."""

from __future__ import annotations

from statelint.graph.records import Edge, Graph, StorageInfo
from statelint.report.terminal.screen import Line, Screen, Span, Style, draw, width_of, wrap

_WORDS = {
    "views": "viewed by",
    "holds": "held by",
    "overwrites": "overwritten by",
    "saves": "saved by",
    "writes": "written by",
    "reads": "read by",
    "returns": "returned by",
}
_STYLES = {"overwrites": Style.ERROR, "writes": Style.ERROR, "saves": Style.GOOD, "returns": Style.WARNING}
_MARGIN = 18


def render_text(graph: Graph, screen: Screen) -> str:
    """The whole graph."""
    shared = sum(1 for each in graph.storages if each.shared)
    count = f"{len(graph.storages)} {'storage' if len(graph.storages) == 1 else 'storages'}"
    if graph.scope == "function":
        names = sum(1 for node in graph.nodes if node.kind == "name")
        told = f"{names} {'name' if names == 1 else 'names'}, {count} at its exit"
    elif graph.scope == "module":
        told = f"{count} of state" + (f", {shared} shared with other modules" if shared else "")
    else:
        told = f"{count}, {shared} shared by several modules"
    lines: list[Line] = [[Span(screen.show(graph.title), Style.STRONG), Span(f"  {told}", Style.FAINT)]]
    for storage in graph.storages:
        lines.append([])
        lines += _storage(graph, storage, screen)
    if graph.aliases:
        lines += [[], [Span("May overlap", Style.STRONG)]]
        pairs = ", ".join(f"{a} ~ {b}" for a, b in graph.aliases)
        lines += [[Span("  "), *row] for row in wrap([Span(screen.show(pairs))], screen.prose - 2)]
    return draw(lines, screen)


def _storage(graph: Graph, storage: StorageInfo, screen: Screen) -> list[Line]:
    head: Line = [Span(screen.show(storage.name), Style.NAME)]
    words = [storage.kind, storage.type]
    if storage.shared:
        words.append(f"shared by {len(storage.modules)} modules")
    head.append(Span("  " + ", ".join(each for each in words if each)))
    if storage.line:
        head.append(Span(f"  {screen.show(storage.path)}:{storage.line}", Style.FAINT))
    lines = [head]
    into = [edge for edge in graph.edges if edge.target == storage.id]
    for kind, word in _WORDS.items():
        found = sorted((e for e in into if e.kind == kind), key=lambda e: bool(e.through))
        entries = [_who(graph, edge) for edge in found]
        lead = Span(f"  {word:<{_MARGIN - 2}}", _STYLES.get(kind, Style.PLAIN))
        for index, row in enumerate(_packed(entries, screen)):
            lines.append([lead if not index else Span(" " * _MARGIN), *row])
    return lines


def _who(graph: Graph, edge: Edge) -> Line:
    label = next(node.label for node in graph.nodes if node.id == edge.source)
    if graph.scope == "package":
        label = f"{label}: {', '.join('module level' if f == '<module>' else f for f in edge.functions)}"
    entry: Line = [Span(label)]
    if edge.kind in ("views", "holds") and edge.label:
        entry.append(Span(edge.label))
    if edge.through:
        entry.append(Span(f" through {', '.join(edge.through)}"))
    if edge.places:
        more = f" +{len(edge.places) - 1}" if len(edge.places) > 1 else ""
        entry.append(Span(f" ({edge.places[0]}{more})", Style.FAINT))
    return entry


def _packed(entries: list[Line], screen: Screen) -> list[Line]:
    """Entries side by side while there is room: short ones share a row."""
    rows: list[Line] = []
    room = screen.width - _MARGIN
    for entry in entries:
        shown = [Span(screen.show(span.text), span.style) for span in entry]
        if rows and width_of(rows[-1]) + width_of(shown) + 2 <= min(room, 90):
            rows[-1] += [Span(", "), *shown]
        else:
            rows.append(shown)
    return rows
