"""The run-time storage graph: which names view which storages, who wrote and saved those, which views overlap."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from statelint.tape.arrays import Array
from statelint.tape.storage import Site, Storage, Strided, address, line_of, locate, overlap


def storage_graph(names: Mapping[str, Any], title: str = "run") -> dict[str, Any]:
    """Node-link data of the storages behind ``names`` (for instance a function's ``locals()`` at its exit).

    The form is that of ``statelint graph --output-format json``: ``nodes`` (kinds *name*, *storage*, *operation*),
    ``edges`` (kinds *views*, *overwrites*, *saves*; a view's label is its region in elements), ``aliases`` (sorted
    pairs of names whose views overlap) and ``storages``, each of which has its ``version`` as well.

    Args:
        names: values that are no arrays, or scalars, are passed over.
        title: what the graph is of.
    """
    arrays = {name: value for name, value in sorted(names.items()) if type(value) is Array and _has_memory(value)}
    owners: dict[int, str] = {}
    for name, value in arrays.items():
        whole = locate(value.data, value.storage.buffer).is_all(value.storage.buffer.shape)
        if whole or id(value.storage) not in owners:
            owners.setdefault(id(value.storage), name)
    nodes, edges, storages = [], [], []
    for storage, owner in {id(v.storage): (v.storage, owners[id(v.storage)]) for v in arrays.values()}.values():
        views = sorted(n for n, v in arrays.items() if v.storage is storage)
        nodes.append(_node(f"storage:{owner}", "storage", owner, f"{storage.buffer.dtype}[{storage.buffer.size}]"))
        storages.append(_storage(storage, owner, views))
        for kind, site in _events(storage):
            place = line_of(site)
            id_ = f"operation:{site[0]}@{place[1]}"
            nodes.append(_node(id_, "operation", site[0], "", place))
            edges.append(_edge(id_, f"storage:{owner}", kind, ""))
    regions = {name: locate(value.data, value.storage.buffer) for name, value in arrays.items()}
    for name, value in arrays.items():
        nodes.append(_node(f"name:{name}", "name", name, f"{value.dtype}{list(value.shape)}"))
        edges.append(
            _edge(f"name:{name}", f"storage:{owners[id(value.storage)]}", "views", _region(regions[name], value))
        )
    return {
        "directed": True,
        "multigraph": True,
        "graph": {"scope": "function", "title": title},
        "nodes": list({n["id"]: n for n in nodes}.values()),
        "edges": edges,
        "aliases": [
            [a, b]
            for a, b in combinations(arrays, 2)
            if arrays[a].storage is arrays[b].storage and overlap(regions[a], regions[b], arrays[a].storage.buffer.size)
        ],
        "storages": storages,
    }


def _has_memory(value: Array) -> bool:
    """Scalars are immutable values: they are no views of anything."""
    return hasattr(value.storage.buffer, "setflags") and bool(value.size and address(value.data))


def _events(storage: Storage) -> list[tuple[str, Site]]:
    writes = storage.past.writes if storage.past is not None else []
    events = [("overwrites", w.site) for w in writes]
    return events + ([("saves", storage.saved[1])] if storage.saved is not None else [])


def _region(region: Strided, value: Array) -> str:
    if region.is_all(value.storage.buffer.shape):
        return ""
    return f"[{region.offset}; {', '.join(map(str, region.shape))}; {', '.join(map(str, region.strides))}]"


def _node(id_: str, kind: str, label: str, detail: str, place: tuple[str, int] = ("", 0)) -> dict[str, Any]:
    return {"id": id_, "kind": kind, "label": label, "detail": detail, "group": "", "path": place[0], "line": place[1]}


def _edge(source: str, target: str, kind: str, label: str) -> dict[str, Any]:
    ends = {"source": source, "target": target, "key": 0, "kind": kind, "label": label}
    return {**ends, "functions": "", "places": "", "through": ""}


def _storage(storage: Storage, owner: str, views: list[str]) -> dict[str, Any]:
    writers = [f"{site[0]}, line {line_of(site)[1]}" for kind, site in _events(storage) if kind == "overwrites"]
    saved = [f"{site[0]}, line {line_of(site)[1]}" for kind, site in _events(storage) if kind == "saves"]
    return {
        "id": f"storage:{owner}",
        "name": owner,
        "kind": "run-time",
        "type": str(storage.buffer.dtype),
        "path": "",
        "line": 0,
        "names": views,
        "writers": writers,
        "readers": [],
        "returned_by": [],
        "saved_by": saved,
        "modules": [],
        "shared": False,
        "version": storage.version,
    }
