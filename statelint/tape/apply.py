"""Running a primitive: compute the value, record the node, push the tangents."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from statelint.tape.arrays import Array, plain
from statelint.tape.errors import LeakError
from statelint.tape.record import LINEAR, PACKAGE, Node, Primitive, here, primitive, state
from statelint.tape.storage import Past, Raw, Region, Site, Storage, locate, put_region, take_region

_SCALARS = (int, float, complex, np.ndarray, np.generic)
_NONE: dict[str, Any] = {}


def _take(buffer: Raw, *, region: Region) -> Raw:
    return np.array(take_region(np.ascontiguousarray(buffer), region))


def _put(buffer: Raw, value: Raw, *, region: Region) -> Raw:
    fresh = np.array(buffer, order="C")
    put_region(fresh, region, value)
    return fresh


TAKE = primitive("take_region", _take, "x")
PUT = primitive("put_region", _put, "x y")
SELECT = primitive("select", lambda x, index: x[index], "x")
IDENTITY = primitive("identity", lambda x: x, "x")


def fresh(raw: Raw, node: Node | None = None) -> Array:
    """An array that owns ``raw``."""
    return Array(raw, Storage(raw), node)


def is_differentiable(dtype: np.dtype[Any]) -> bool:
    """Do values of this dtype carry derivatives?"""
    return dtype.kind in "fc"


def root(x: Array) -> Past:
    """The past of the storage behind ``x``, made from ``x`` (then the only view, and whole) when it has none yet."""
    past = x.storage.past
    if past is None:
        past = x.storage.past = Past(None if x.stopped else x.node, x.tangents)
    return past


def refresh(x: Array) -> None:
    """Give a view the derivative history of its storage's present version."""
    storage = x.storage
    past = storage.past
    assert past is not None, "only a write raises a version, and a write makes the past"
    x.node, x.tangents = None, None
    x.version = storage.version
    if x.stopped or (past.node is None and not past.tangents):
        return
    region = locate(x.data, storage.buffer)
    if region.is_all(storage.buffer.shape):
        x.node, x.tangents = past.node, past.tangents
        return
    if past.node is not None:
        site = here("view")
        x.node = Node(TAKE, TAKE.plan(1), (past.node,), {"region": region}, x.data.shape, x.data.dtype, site)
    if past.tangents:
        x.tangents = {tag: apply(TAKE, (t,), {"region": region}) for tag, t in past.tangents.items()}


def alias(x: Array, *, stopped: bool = False) -> Array:
    """Another view of the same elements with the same history; ``stopped`` ones never carry derivatives."""
    root(x)
    other = Array(x.data, x.storage, None if stopped else x.node)
    other.version = x.version
    other.tangents = None if stopped else x.tangents
    other.stopped = stopped
    return other


def save(node: Node, args: Sequence[Any], ans: Any, site: Site) -> None:
    """Keep what the node's plan names, each array with the version of its storage."""
    assert node.plan is not None
    saved: list[Any] = []
    versions: list[int] = []
    for slot in node.plan.slots:
        value = ans if slot < 0 else args[slot]
        kind = type(value)
        if kind is Array:
            storage = value.storage
            storage.saved = (state.region, site)
            versions.append(storage.version)
            if slot < 0 or value.tangents:
                twin = Array(value.data, storage, None if slot < 0 else value.node)
                twin.tangents = value.tangents
                saved.append(twin)
            else:
                saved.append(value)
        else:
            versions.append(-1)
            saved.append(np.array(value) if kind is np.ndarray and value.flags.writeable else value)
    node.saved, node.versions = saved, versions


def binary(prim: Primitive, x: Any, y: Any, depth: int = 2) -> Any:
    """An elementwise operator; one of the two operands is an array. The caller to name is ``depth`` frames up."""
    xnode = ynode = None
    if type(x) is Array:
        if x.version != x.storage.version:
            refresh(x)
        if x.tangents:
            return apply(prim, (x, y)) if isinstance(y, (Array, *_SCALARS)) else NotImplemented
        xraw, xnode = x.data, x.node
    elif isinstance(x, _SCALARS):
        xraw = x
    else:
        return NotImplemented
    if type(y) is Array:
        if y.version != y.storage.version:
            refresh(y)
        if y.tangents:
            return apply(prim, (x, y))
        yraw, ynode = y.data, y.node
    elif isinstance(y, _SCALARS):
        yraw = y
    else:
        return NotImplemented
    ans = prim.fn(xraw, yraw)
    if state.sealed and not state.recording and (xnode is not None or ynode is not None):
        refuse_captured(prim)
    if (xnode is None and ynode is None) or not state.recording or ans.dtype.kind not in "fc":
        return fresh(own(ans))
    if ans.ndim > 1:
        ans = own(ans)
    mask = (0 if xnode is None else 1) + (0 if ynode is None else 2)
    plan = prim.plans.get(mask) or prim.plan(mask)
    frame = sys._getframe(depth)
    inside = frame.f_code.co_filename.startswith(PACKAGE)
    site = here(prim.name) if inside else (prim.name, frame.f_code, frame.f_lasti)
    node = Node(prim, plan, (xnode, ynode), None, ans.shape, ans.dtype, site)
    out = Array(ans, Storage(ans), node)
    if plan.slots:
        save(node, (x, y), out, site)
    return out


def unary(prim: Primitive, x: Any, depth: int = 2) -> Any:
    """An elementwise operation of one array."""
    if x.version != x.storage.version:
        refresh(x)
    if x.tangents or x.node is None or not state.recording:
        return apply(prim, (x,))
    ans = prim.fn(x.data)
    if ans.dtype.kind not in "fc":
        return ans
    if ans.ndim > 1:
        ans = own(ans)
    frame = sys._getframe(depth)
    inside = frame.f_code.co_filename.startswith(PACKAGE)
    site = here(prim.name) if inside else (prim.name, frame.f_code, frame.f_lasti)
    plan = prim.plans.get(1) or prim.plan(1)
    node = Node(prim, plan, (x.node,), None, ans.shape, ans.dtype, site)
    out = Array(ans, Storage(ans), node)
    if plan.slots:
        save(node, (x,), out, site)
    return out


def refuse_captured(prim: Primitive) -> None:
    """A recomputed function used a differentiable value that it did not receive as an argument."""
    raise LeakError(
        f"'{prim.name}' uses a differentiable value that the recomputed function captured; its derivative would be "
        "lost. Pass it as an argument"
    )


def own(ans: Raw) -> Raw:
    """A result as a storage keeps it: C-contiguous."""
    if type(ans) is np.ndarray and ans.ndim > 1 and not ans.flags.c_contiguous:
        return np.ascontiguousarray(ans)
    return ans


def _out(prim: Primitive, raw: Raw, first: Any) -> Array:
    """Wrap a result; a view primitive's result shares its argument's storage if it shares its memory."""
    if prim.view and type(raw) is np.ndarray and type(first) is Array:
        buffer = first.storage.buffer
        if np.may_share_memory(raw, buffer) and raw.dtype == buffer.dtype:
            root(first)
            return Array(raw, first.storage)
    if type(raw) is np.ndarray and (raw.base is not None or not raw.flags.writeable or raw is plain(first)):
        raw = np.array(raw, order="C")
    return fresh(own(raw))


def apply(prim: Primitive, args: Sequence[Any], static: dict[str, Any] | None = None) -> Any:
    """Run ``prim`` on arrays and plain values: the general way, for every primitive and every mode.

    Without an array among the arguments the result is plain, so that the rules serve the plain sweep as well.
    """
    if not any(type(arg) is Array for arg in args):
        return prim.fn(*args, **(static or _NONE))
    raws: list[Any] = []
    parents: list[Node | None] = []
    mask = 0
    tags: set[int] = set()
    for position, arg in enumerate(args):
        if type(arg) is Array:
            if arg.version != arg.storage.version:
                refresh(arg)
            raws.append(arg.data)
            parents.append(arg.node)
            if arg.node is not None:
                mask |= 1 << position
            if arg.tangents:
                tags.update(arg.tangents)
        else:
            raws.append(arg)
            parents.append(None)
    raw = prim.fn(*raws, **(static or _NONE))
    if prim.many:
        return _apply_many(prim, args, static, raw, parents, mask, tags)
    if not hasattr(raw, "dtype"):
        raw = np.asarray(raw)[()]
    if raw.dtype.kind not in "fc":
        return _out(prim, raw, args[0]) if prim.view else raw
    out = _out(prim, raw, args[0] if args else None)
    if not state.recording:
        if state.sealed and (mask or tags):
            refuse_captured(prim)
        out.stopped = out.storage.past is not None
        return out
    node = None
    if mask:
        site = here(prim.name)
        node = out.node = Node(prim, prim.plan(mask), tuple(parents), static, raw.shape, raw.dtype, site)
    if tags:
        for tag in sorted(tags):
            tangent = push(prim, args, static, out, tag)
            if tangent is not None:
                out.tangents = {**(out.tangents or {}), tag: tangent}
    if node is not None:
        assert node.plan is not None
        if node.plan.slots:
            save(node, args, out, site)
    return out


def _apply_many(
    prim: Primitive,
    args: Sequence[Any],
    static: dict[str, Any] | None,
    raws: Sequence[Raw],
    parents: list[Node | None],
    mask: int,
    tags: set[int],
) -> tuple[Array, ...]:
    """A primitive with several results: one node for all, and one selection each."""
    if state.sealed and not state.recording and (mask or tags):
        refuse_captured(prim)
    outs = tuple(fresh(own(np.array(raw) if isinstance(raw, np.ndarray) else raw)) for raw in raws)
    if not state.recording:
        return outs
    node = None
    if mask:
        site = here(prim.name)
        shapes, dtypes = tuple(o.shape for o in outs), tuple(o.dtype for o in outs)
        node = Node(prim, prim.plan(mask), tuple(parents), static, shapes, dtypes, site)
        for index, out in enumerate(outs):
            if is_differentiable(out.dtype):
                out.node = Node(SELECT, SELECT.plan(1), (node,), {"index": index}, out.shape, out.dtype, site)
    for tag in sorted(tags):
        for out, tangent in zip(outs, push(prim, args, static, outs, tag), strict=True):
            out.tangents = {**(out.tangents or {}), tag: tangent}
    if node is not None:
        kept = [twin_of(out) for out in outs]  # copies: the results may be written to before the sweep
        save(node, args, None, site)
        assert node.plan is not None
        if -1 in node.plan.slots:
            slot = node.plan.slots.index(-1)
            node.saved = [*node.saved[:slot], tuple(kept), *node.saved[slot + 1 :]]
    return outs


def twin_of(x: Array) -> Array:
    """A copy without the node, so that a node may keep its own result."""
    twin = fresh(np.array(x.data)[()])
    twin.tangents = x.tangents
    return twin


def lowered(value: Any, tag: int) -> Any:
    """``value`` without the tangents of ``tag`` and of every level inside it."""
    if type(value) is tuple:
        return tuple(lowered(v, tag) for v in value)
    if type(value) is not Array or not value.tangents:
        return value
    other = Array(value.data, value.storage, value.node)
    other.version = value.version
    other.tangents = {k: t for k, t in value.tangents.items() if k < tag} or None
    return other


def push(prim: Primitive, args: Sequence[Any], static: dict[str, Any] | None, out: Any, tag: int) -> Any:
    """The tangent of ``out`` at level ``tag``: the sum over arguments of each one's jvp rule."""
    low = [lowered(a, tag) for a in args]
    tangents = [a.tangents.get(tag) if type(a) is Array and a.tangents else None for a in args]
    ans = lowered(out, tag)
    if prim.params is None:
        return apply(prim, [np.zeros_like(lo) if t is None else t for lo, t in zip(low, tangents, strict=True)], static)
    total: Any = None
    for position, tangent in enumerate(tangents):
        if tangent is None:
            continue
        rule = prim.jvps[position] if position < len(prim.jvps) else None
        if rule is None:
            from statelint.tape.errors import NonDifferentiableError

            raise NonDifferentiableError(f"no forward rule for argument {position} of '{prim.name}'")
        if rule is LINEAR:
            term = apply(prim, [tangent if k == position else v for k, v in enumerate(low)], static)
        else:
            assert callable(rule)
            given = {"ans": ans, "out": ans, "like": low[position], **(static or _NONE)}
            given.update(zip(prim.params, low, strict=False))
            term = rule(tangent, *[given[name] for name in prim.needs(rule)])
        if prim.many:
            total = term if total is None else tuple(a + b for a, b in zip(total, term, strict=True))
            continue
        if np.shape(term) != out.shape:
            term = np.broadcast_to(term, out.shape)
        if term.dtype != out.dtype:
            term = match_dtype(term, out.dtype)
        total = term if total is None else total + term
    return total


def match_dtype(g: Any, dtype: np.dtype[Any]) -> Any:
    """A cotangent or tangent in the dtype of its primal: the real part where that is real."""
    if g.dtype == dtype:
        return g
    if g.dtype.kind == "c" and dtype.kind != "c":
        g = np.real(g)
    return g.astype(dtype) if g.dtype != dtype else g


def unbroadcast(g: Any, like: Any) -> Any:
    """Sum a cotangent over the axes along which its primal was broadcast."""
    shape = like.shape
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if extra > 0:
        g = np.sum(g, axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return np.sum(g, axis=axes, keepdims=True) if axes else g
