"""The run-time storage graph: which names hold views of which storages, and which of them overlap."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from statelint.tape.arrays import Array
from statelint.tape.storage import Storage, address, describe, line_of, locate, overlap


def storage_graph(names: Mapping[str, Any]) -> dict[str, Any]:
    """Node-link data of the storages behind ``names`` (for instance a function's ``locals()`` at its exit).

    Returns:
        A JSON-serialisable dict: ``nodes`` (kind ``name`` or ``storage``), ``edges`` (kind ``view``, from a name to its
        storage, with offset, shape and strides in elements), ``aliases`` (sorted pairs of names whose views overlap)
        and ``storages`` (each with its version, its writes and who saved it last).
    """
    arrays = {name: value for name, value in sorted(names.items()) if type(value) is Array and _has_memory(value)}
    numbers: dict[int, str] = {}
    storages: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []
    regions = {}
    for name, value in arrays.items():
        storage = value.storage
        if id(storage) not in numbers:
            numbers[id(storage)] = f"s{len(numbers)}"
            storages.append(_storage_entry(numbers[id(storage)], storage))
            nodes.append({"id": numbers[id(storage)], "kind": "storage"})
        region = locate(value.data, storage.buffer)
        regions[name] = region
        nodes.append({"id": name, "kind": "name", "dtype": str(value.dtype), "shape": list(value.shape)})
        view = {"offset": region.offset, "shape": list(region.shape), "strides": list(region.strides)}
        edges.append({"source": name, "target": numbers[id(storage)], "kind": "view", **view})
    aliases = [
        [a, b]
        for a, b in combinations(arrays, 2)
        if arrays[a].storage is arrays[b].storage and overlap(regions[a], regions[b], arrays[a].storage.buffer.size)
    ]
    return {
        "directed": True,
        "multigraph": True,
        "graph": {"kind": "run-time"},
        "nodes": nodes,
        "edges": edges,
        "aliases": aliases,
        "storages": storages,
    }


def _has_memory(value: Array) -> bool:
    """Scalars are immutable values: they are no views of anything."""
    return (
        hasattr(value.data, "__array_interface__")
        and hasattr(value.storage.buffer, "setflags")
        and bool(value.size and address(value.data))
    )


def _storage_entry(number: str, storage: Storage) -> dict[str, Any]:
    writes = storage.past.writes if storage.past is not None else []
    return {
        "id": number,
        "version": storage.version,
        "size": int(storage.buffer.size),
        "dtype": str(storage.buffer.dtype),
        "saved": describe(storage.saved[1]) if storage.saved is not None else None,
        "writes": [{"version": w.version, "operation": w.site[0], "line": line_of(w.site)[1]} for w in writes],
    }
