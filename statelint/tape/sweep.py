"""The reverse sweep: cotangents flow from roots to targets, against the order in which the nodes were recorded."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from statelint.tape import rules_support as support
from statelint.tape.apply import PUT, SELECT, fresh, match_dtype, unbroadcast
from statelint.tape.arrays import Array
from statelint.tape.errors import MutationError, ProofRefutedError, TapeError
from statelint.tape.record import Node, Plan
from statelint.tape.storage import Raw, Storage, describe, locate, overlap, put_region, take_region

_next_mark = itertools.count(1).__next__


def reverse(
    roots: Sequence[tuple[Node, Any]], targets: Sequence[Node], *, recorded: bool, release: bool = False
) -> list[Any]:
    """Cotangents of ``targets`` for the given cotangents of the roots; ``None`` where none arrives.

    With ``recorded`` the cotangents are arrays and the sweep itself is recorded (for higher derivatives); without it
    they are plain NumPy values and buffers are reused in place. With ``release`` saved values are let go as the sweep
    passes, so that their memory serves again; the record cannot be swept a second time.

    Raises:
        MutationError: if a rule needs a value that has been overwritten and that no strategy kept.
    """
    order = _reachable([node for node, _ in roots], min((t.seq for t in targets), default=0))
    if recorded:
        order = _that_reach(order, targets)
    add = _accumulate_recorded if recorded else _accumulate
    wanted = {id(t): k for k, t in enumerate(targets)}
    interior = any(t.plan is not None for t in targets)
    found: list[Any] = [None] * len(targets)
    live = {id(n) for n in order} if recorded else None
    for node, g in roots:
        if live is None or id(node) in live:
            add(node, _as_recorded(g) if recorded else g, g)
    for node in order:
        g = node.adjoint
        if g is None:
            continue
        node.adjoint = None
        plan = node.plan
        if plan is None or interior:
            at = wanted.get(id(node))
            if at is not None:
                found[at] = g.copy() if type(g) is np.ndarray and plan is not None else g
            if plan is None:
                continue
        prim = node.prim
        parents = node.parents
        assert prim is not None
        if prim is SELECT:
            _select(parents[0], node, g, recorded)
            continue
        if prim.many:
            g = support.filled(g, node)
        elif prim.accumulate is not None and not recorded:
            _reverse_region(node, g)
            continue
        values = unpack_recorded(node) if recorded else unpack(node) if node.saved else ()
        for position, rule, picks, extras in plan.pulls:
            parent = parents[position]
            if live is not None and id(parent) not in live:
                continue
            if extras:
                term = rule(g, *[values[k] for k in picks], **_named(node, position, extras, values))
            elif len(picks) == 1:
                term = rule(g, values[picks[0]])
            elif picks:
                term = rule(g, *[values[k] for k in picks])
            else:
                term = rule(g)
            assert parent is not None
            if prim.elementwise and term.shape != parent.shape:
                term = unbroadcast(term, parent)
            if (parent.prim is None or not parent.prim.many) and term.dtype != parent.dtype:
                term = match_dtype(term, parent.dtype)
            add(parent, term, g)
        if release and node.saved:
            node.plan, node.saved, node.versions = _RELEASED, (), ()
    return found


def _released(g: Any) -> Any:
    raise TapeError("this record has been swept and its saved values released: an array of it was kept and used again")


_RELEASED = Plan((), ((0, _released, (), ()),))


def _reachable(roots: Sequence[Node], oldest: int) -> list[Node]:
    """Every node that the roots depend on and that is not older than ``oldest``, youngest first."""
    mark = _next_mark()
    stack = list(roots)
    order: list[Node] = []
    while stack:
        node = stack.pop()
        if node.mark == mark:
            continue
        node.mark = mark
        node.adjoint = None
        order.append(node)
        for parent in node.parents:
            if parent is not None and parent.mark != mark and parent.seq >= oldest:
                stack.append(parent)
    order.sort(key=attrgetter("seq"), reverse=True)
    return order


def _as_recorded(g: Any) -> Array:
    """A recorded sweep's cotangents are arrays from the root on, so that every rule can tell."""
    return g if type(g) is Array else fresh(np.array(g)[()])


def _that_reach(order: list[Node], targets: Sequence[Node]) -> list[Node]:
    """The nodes of ``order`` that depend on a target."""
    keep = {id(t) for t in targets}
    for node in reversed(order):
        if id(node) not in keep and any(p is not None and id(p) in keep for p in node.parents):
            keep.add(id(node))
    return [node for node in order if id(node) in keep]


# -- accumulating ------------------------------------------------------------------------------------------------------
def _accumulate(node: Node, term: Raw, g: Raw) -> None:
    """Add to a plain cotangent, in place in a buffer that is this node's alone: one that a rule has just made."""
    have = node.adjoint
    if have is None:
        node.adjoint = term
        node.owned = term is not g and type(term) is np.ndarray and term.base is None
    elif node.owned:
        have += term
    elif term is not g and type(term) is np.ndarray and term.base is None:
        term += have
        node.adjoint = term
        node.owned = True
    else:
        node.adjoint = total = have + term
        node.owned = type(total) is np.ndarray


def _accumulate_recorded(node: Node, term: Any, g: Any) -> None:
    node.adjoint = term if node.adjoint is None else node.adjoint + term


def _own_adjoint(node: Node) -> np.ndarray[Any, Any]:
    """The node's cotangent as a C-contiguous buffer that may be written to."""
    have = node.adjoint
    if have is None:
        node.adjoint = np.zeros(node.shape, node.dtype)
    elif not (node.owned and type(have) is np.ndarray and have.flags.c_contiguous):
        node.adjoint = np.array(np.broadcast_to(have, node.shape), dtype=node.dtype, order="C")
    node.owned = True
    return node.adjoint  # type: ignore[no-any-return]


def _reverse_region(node: Node, g: Raw) -> None:
    """Reads and writes of a region touch only that region of the cotangent's buffer."""
    prim, parent = node.prim, node.parents[0]
    assert prim is not None
    assert prim.accumulate is not None
    if prim is PUT:
        _reverse_put(node, g)
        return
    assert parent is not None
    assert node.static is not None
    prim.accumulate(_own_adjoint(parent), match_dtype(g, parent.dtype), node.static)


def _reverse_put(node: Node, g: Raw) -> None:
    """The written region's cotangent goes to the value and is cleared; the buffer is handed on to the older version."""
    node.adjoint = g
    buffer = _own_adjoint(node)
    node.adjoint = None
    assert node.static is not None
    region = node.static["region"]
    older, value = node.parents
    if value is not None:
        picked = np.array(take_region(buffer, region))
        term = match_dtype(unbroadcast(picked, value), value.dtype)
        _accumulate(value, term, None)
    if older is not None:
        put_region(buffer, region, 0)
        if older.adjoint is None:
            older.adjoint, older.owned = buffer, True
        else:
            _accumulate(older, buffer, None)


def _select(parent: Node | None, node: Node, g: Any, recorded: bool) -> None:
    """Put the cotangent of one of several results in its place."""
    assert parent is not None
    assert node.static is not None
    index = node.static["index"]
    slots = parent.adjoint if parent.adjoint is not None else [None] * len(parent.shape)
    slots[index] = g if slots[index] is None else slots[index] + g
    parent.adjoint = slots


# -- saved values ------------------------------------------------------------------------------------------------------
def _named(node: Node, position: int, extras: tuple[str, ...], values: Sequence[Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    assert node.prim is not None
    assert node.plan is not None
    params = node.prim.params or ()
    for name in extras:
        if name == "like":
            given[name] = node.parents[position]
        elif name == "out":
            given[name] = node
        elif name == "position":
            given[name] = position
        elif name == "ans" or name in params:
            given[name] = values[node.plan.slots.index(-1 if name == "ans" else params.index(name))]
        else:
            assert node.static is not None
            given[name] = node.static[name]
    return given


def unpack(node: Node) -> list[Any]:
    """What the node saved, as plain values of the moment of saving."""
    values: list[Any] = []
    for value, version in zip(node.saved, node.versions):  # noqa: B905 (equal by construction; this loop is hot)
        if version < 0:
            values.append(tuple(v.data for v in value) if type(value) is tuple else value)
        elif value.storage.version == version:
            values.append(value.data)
        else:
            values.append(_recover(node, value, version))
    return values


def unpack_recorded(node: Node) -> list[Any]:
    """What the node saved, as arrays that carry the derivatives they had when they were saved."""
    values: list[Any] = []
    assert node.plan is not None
    for slot, value, version in zip(node.plan.slots, node.saved, node.versions, strict=True):
        if type(value) is tuple:
            values.append(tuple(_selected(node, k, v) for k, v in enumerate(value)))
        elif version < 0:
            values.append(value)
        else:
            same = value.storage.version == version
            if same and slot >= 0 and value.version == version:
                values.append(value)
                continue
            data = value.data if same else _recover(node, value, version)
            parent = node if slot < 0 else node.parents[slot]
            again = Array(data, value.storage if same else Storage(data), parent)
            again.tangents = value.tangents
            values.append(again)
    return values


def _selected(node: Node, index: int, value: Array) -> Array:
    out = Array(value.data, value.storage)
    out.tangents = value.tangents
    if value.dtype.kind in "fc":
        out.node = Node(SELECT, SELECT.plan(1), (node,), {"index": index}, value.shape, value.dtype, node.site)
    return out


def _recover(node: Node, value: Array, version: int) -> Raw:
    """The elements of a saved array at the version at which it was saved; an error tells why there are none."""
    storage = value.storage
    kept = storage.snapshot_of(version)
    region = locate(value.data, storage.buffer)
    if kept is not None:
        return np.array(region.view(kept))
    past = storage.past
    assert past is not None
    assert node.site is not None
    later = [w for w in past.writes if w.version > version]
    if later and len(later) == storage.version - version and all(w.harmless for w in later):
        for write in later:
            if overlap(region, write.region, storage.buffer.size):
                raise ProofRefutedError(
                    f"{describe(write.site)} was declared harmless, but overwrites elements that {describe(node.site)} "
                    f"saved at version {version}"
                )
        return value.data
    first = f"{describe(later[0].site)} made version {later[0].version}" if later else "a later write"
    raise MutationError(
        f"{describe(node.site)} saved a value of {value.dtype}{list(value.shape)} at version {version} for its "
        f"derivative, but it is at version {storage.version} now: {first}. Write to a copy (x = x.copy()), use an "
        "out-of-place operation, or run with strategy='copy-on-write'"
    )
