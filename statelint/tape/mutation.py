"""Writes: what each strategy does before memory changes, and how the record learns of the change."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape import apply as engine
from statelint.tape import arrays
from statelint.tape.errors import MutationError
from statelint.tape.record import Node, Primitive, here, state
from statelint.tape.storage import Positions, Raw, Region, Site, Storage, Write, describe, locate, put_region

_BASIC = (int, slice, type(None), type(Ellipsis), np.integer)


def set_item(x: arrays.Array, index: Any, value: Any) -> None:
    """``x[index] = value``."""
    _require_writable(x)
    buffer = x.storage.buffer
    parts = index if type(index) is tuple else (index,)
    if all(isinstance(p, _BASIC) and not isinstance(p, bool) for p in parts):
        full = parts if Ellipsis in parts else (*parts, Ellipsis)
        write(x, locate(x.data[full], buffer), value, "setitem")
        return
    positions = locate(x.data, buffer).positions(buffer.size)[index]
    write(x, Positions(positions), value, "setitem")


def in_place(prim: Primitive, x: arrays.Array, other: Any) -> Any:
    """``x op= other``; operands that the rule needs and the write destroys are cloned first."""
    if type(x.data) is not np.ndarray:
        return NotImplemented  # scalars are immutable: Python rebinds the name to ``x op other``
    _require_writable(x)
    left, right = clone_clobbered(prim, (x, other), x)
    result = engine.binary(prim, left, right, 3)
    if result is NotImplemented:
        return result
    assign(x, result, f"{prim.name} in place")
    return x


def clone_clobbered(prim: Primitive, args: tuple[Any, ...], target: arrays.Array) -> tuple[Any, ...]:
    """``args`` with copies in place of those that share ``target``'s storage and that a rule will read."""
    mask = 0
    for k, a in enumerate(args):
        if type(a) is arrays.Array and (arrays.refreshed(a).node is not None or a.tangents):
            mask |= 1 << k
    slots = prim.plan(mask).slots if mask else ()
    return tuple(
        _clone(a) if k in slots and type(a) is arrays.Array and a.storage is target.storage else a
        for k, a in enumerate(args)
    )


def _clone(x: arrays.Array) -> arrays.Array:
    other = engine.fresh(np.array(x.data))
    other.node, other.tangents = x.node, x.tangents
    return other


def assign(target: arrays.Array, value: Any, name: str) -> None:
    """``target[...] = value`` as an ``out=`` argument does: same shape, same kind of dtype."""
    _require_writable(target)
    if not np.can_cast(value.dtype, target.dtype, "same_kind"):
        raise TypeError(
            f"cannot cast the result of '{name}' from {value.dtype} to {target.dtype} with casting 'same_kind'"
        )
    if np.broadcast_shapes(value.shape, target.shape) != target.shape:
        raise ValueError(
            f"result of '{name}' has shape {value.shape}, which does not fit an output of shape {target.shape}"
        )
    write(target, locate(target.data, target.storage.buffer), value, name)


def _require_writable(x: arrays.Array) -> None:
    if type(x.data) is not np.ndarray:
        raise TypeError(f"'{type(x.data).__name__}' object does not support item assignment")
    if not x.data.flags.writeable:
        raise ValueError("assignment destination is read-only")


def write(x: arrays.Array, region: Region, value: Any, name: str) -> None:
    """Write ``value`` to ``region`` of the storage behind ``x``: memory, version and history together.

    Raises:
        MutationError: under ``prohibit``, if a rule still needs a value of this storage.
    """
    storage = x.storage
    past = engine.root(arrays.refreshed(x))
    if region.repeats():
        region, value = _last_of_repeats(region, value, storage)
    if type(value) is arrays.Array:
        arrays.refreshed(value)
        node, tangents, raw = value.node, value.tangents, value.data
    else:
        node, tangents, raw = None, None, value
    if np.iscomplexobj(raw) and storage.buffer.dtype.kind != "c":
        raise TypeError("a complex value cannot be written to a real array")
    site = here(name)
    harmless = _before_write(storage, site)
    put_region(storage.buffer, region, raw)
    storage.version += 1
    if storage.saved is not None or state.depth:
        past.writes.append(Write(storage.version, site, region, harmless))
    if not state.recording or not engine.is_differentiable(storage.buffer.dtype):
        return
    if past.node is not None or node is not None:
        mask = (past.node is not None) + 2 * (node is not None)
        buffer = storage.buffer
        plan = engine.PUT.plan(mask)
        past.node = Node(engine.PUT, plan, (past.node, node), {"region": region}, buffer.shape, buffer.dtype, site)
    if past.tangents or tangents:
        past.tangents = _written_tangents(storage, past.tangents or {}, tangents or {}, region)


def _before_write(storage: Storage, site: Site) -> bool:
    """Apply the strategy; returns whether a proof calls this write harmless."""
    saved = storage.saved
    owed = saved is not None and saved[0] == state.region
    strategy = state.strategy
    if strategy == "prohibit" and owed:
        assert saved is not None
        raise MutationError(
            f"{describe(site)} overwrites a value that {describe(saved[1])} saved for its derivative; the strategy "
            "'prohibit' allows no write to it: write to a copy, or build a new array"
        )
    if (strategy == "copy-on-write" and owed) or (strategy == "functional" and (owed or state.depth)):
        assert storage.past is not None
        storage.past.snapshots[storage.version] = storage.buffer.copy()
        storage.saved = None if saved is None else (-1, saved[1])  # no longer owed: the copy serves
    return strategy == "proved" and state.harmless is not None and state.harmless(site)


def _written_tangents(
    storage: Storage, old: dict[int, arrays.Array], new: dict[int, arrays.Array], region: Region
) -> dict[int, arrays.Array]:
    out = {}
    for tag in old.keys() | new.keys():
        before = old.get(tag)
        if before is None:
            before = engine.fresh(np.zeros_like(storage.buffer))
        after: Raw = new.get(tag, 0.0)
        out[tag] = engine.apply(engine.PUT, (before, after), {"region": region})
    return out


def _last_of_repeats(region: Region, value: Any, storage: Storage) -> tuple[Region, Any]:
    """Where an index names an element twice, NumPy keeps the last value written: keep only that one."""
    if not isinstance(region, Positions):
        raise ValueError("a write to a view whose elements share memory has no defined result")
    flat = region.index.reshape(-1)
    unique, first_from_end = np.unique(flat[::-1], return_index=True)
    last = flat.size - 1 - first_from_end
    if np.ndim(value):
        value = np.reshape(np.broadcast_to(value, region.shape), -1)[last]
    return Positions(unique), value
