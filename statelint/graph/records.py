"""The storage-identity graph as plain records: nodes, edges, storages, and which names may share memory."""

from __future__ import annotations

from typing import Literal

import msgspec

NodeKind = Literal["name", "result", "storage", "operation", "function", "module"]
EdgeKind = Literal["views", "holds", "saves", "overwrites", "reads", "writes", "returns"]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: a *name* or the *result* of a function, a *storage*, an *operation* that saves or overwrites one, a
    *function* or a *module* that uses one. ``detail`` is a line of text; ``line`` is 0 where it has no place."""

    id: str
    kind: NodeKind
    label: str
    detail: str = ""
    group: str = ""
    path: str = ""
    line: int = 0


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """``source`` does ``kind`` to ``target``. ``label`` is the region of a view, the key of what is held, or how it is
    done; ``functions`` do it, at ``places``; ``through`` are the functions that they call for it (empty: none)."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    functions: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    through: tuple[str, ...] = ()


class StorageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One storage with all who have to do with it, by their labels. ``shared``: several modules use it."""

    id: str
    name: str
    kind: str
    type: str = ""
    path: str = ""
    line: int = 0
    names: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    returned_by: tuple[str, ...] = ()
    saved_by: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    shared: bool = False


class Source(msgspec.Struct, frozen=True):
    """The text of a function, from line ``first`` on."""

    first: int
    lines: tuple[str, ...]


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """``scope`` is *function*, *module* or *package*."""

    scope: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    storages: tuple[StorageInfo, ...]
    aliases: tuple[tuple[str, str], ...]
    source: Source | None = None
