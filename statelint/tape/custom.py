"""Functions with derivative rules of one's own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.apply import fresh, is_differentiable, lowered, match_dtype
from statelint.tape.arrays import Array, refreshed
from statelint.tape.record import Node, Plan, Primitive, here, no_grad, state

_CUSTOM = Primitive("custom", lambda *values: values, None)
_CUSTOM.many = True
_NO_PLAN = Plan((), ())


class CustomVjp:
    """What :func:`custom_vjp` returns."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._forward: Callable[..., Any] | None = None
        self._backward: Callable[..., Any] | None = None
        self._inside = False
        functools.update_wrapper(self, f)

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Set the rule.

        Args:
            forward: of the function's arguments; returns ``(value, residuals)``.
            backward: of ``(residuals, cotangent)``; returns one cotangent for each argument (``None`` for zero). It is
                differentiated through for higher derivatives.
        """
        self._forward, self._backward = forward, backward

    def __call__(self, *args: Any) -> Any:
        """The function's value.

        Raises:
            TypeError: if no rule was set.
            NotImplementedError: in forward mode, for which there is no rule.
        """
        if self._forward is None or self._backward is None:
            raise TypeError(f"{getattr(self._f, '__name__', 'function')} has no rule: call defvjp first")
        flat = trees.leaves(list(args))
        arrays = [refreshed(v) if type(v) is Array else v for v in flat]
        if any(type(v) is Array and v.tangents for v in arrays):
            return self._forward_mode(args)
        nodes = [v.node if type(v) is Array else None for v in arrays]
        if not state.recording or not any(n is not None for n in nodes):
            return self._f(*args)
        if self._inside:
            return self._f(*args)  # the rule's own forward calls the function: its plain meaning
        self._inside = True
        try:
            value, residuals = self._forward(*args)  # recorded, so that residuals carry their own derivatives
        finally:
            self._inside = False
        return recorded_call(self, args, value, residuals, nodes)

    def _forward_mode(self, args: tuple[Any, ...]) -> Any:
        raise NotImplementedError("a function with custom_vjp has no forward-mode rule; use custom_jvp")

    def pull(self, residuals: Any, cotangent: Any, args: tuple[Any, ...]) -> list[Any]:
        """Cotangents of all leaves of the arguments."""
        assert self._backward is not None
        given = self._backward(residuals, cotangent)
        if not isinstance(given, tuple) or len(given) != len(args):
            raise TypeError(f"the backward rule must return a tuple of {len(args)} cotangents")
        out: list[Any] = []
        for arg, g in zip(args, given, strict=True):
            count = len(trees.leaves(arg))
            out += [None] * count if g is None else trees.leaves(g)
        return out


def _detached(v: Any) -> Any:
    if type(v) is not Array:
        return v
    return Array(v.data, v.storage)


def recorded_call(rule: Any, args: tuple[Any, ...], value: Any, residuals: Any, nodes: list[Node | None]) -> Any:
    """Record one node whose reverse rule is ``rule.pull``; every result leaf selects from it."""
    outs = [fresh(np.array(v.data if type(v) is Array else v)[()]) for v in trees.leaves(value)]
    versions = [(r, r.storage.version) for r in trees.leaves(residuals) if type(r) is Array]
    shapes, dtypes = tuple(o.shape for o in outs), tuple(o.dtype for o in outs)
    site = here(getattr(rule, "__name__", "custom"))
    prim = Primitive(site[0], _CUSTOM.fn, None)
    prim.many = True
    active = [k for k, n in enumerate(nodes) if n is not None]
    last: list[Any] = [None, None]

    def pull_all(g: Any) -> list[Any]:
        if last[0] is not g:
            _require_unwritten(versions, site)
            recorded = any(type(c) is Array for c in g)
            kept = residuals if recorded else trees.tree_map(lambda r: r.data if type(r) is Array else r, residuals)
            last[:] = [g, rule.pull(kept, trees.rebuild(value, list(g)), args)]
        return last[1]  # type: ignore[no-any-return]

    def vjp_of(k: int) -> Callable[[Any], Any]:
        def vjp(g: Any) -> Any:
            c = pull_all(g)[k]
            node = nodes[k]
            assert node is not None
            if c is None:
                return np.zeros(node.shape, node.dtype)
            if np.shape(c) != tuple(node.shape):
                raise ValueError(f"{site[0]}: cotangent {k} has shape {np.shape(c)}, its argument {tuple(node.shape)}")
            return c if type(c) is Array else np.array(c)[()]

        return vjp

    plan = Plan((), tuple((k, vjp_of(k), (), ()) for k in active))
    node = Node(prim, plan, tuple(nodes), None, shapes, dtypes, site)
    from statelint.tape.apply import SELECT

    for index, out in enumerate(outs):
        if is_differentiable(out.dtype):
            out.node = Node(SELECT, SELECT.plan(1), (node,), {"index": index}, out.shape, out.dtype, site)
    return trees.rebuild(value, list(outs))


def kept(tree: Any) -> Any:
    """Arguments as a rule keeps them for a second run: plain arrays, whose writes nothing would report, are copied."""
    return trees.tree_map(lambda v: np.array(v) if type(v) is np.ndarray and v.flags.writeable else v, tree)


def _require_unwritten(versions: list[tuple[Array, int]], site: Any) -> None:
    from statelint.tape.errors import MutationError
    from statelint.tape.storage import describe

    for r, version in versions:
        if r.storage.version != version:
            raise MutationError(f"{describe(site)} kept a residual at version {version}, now {r.storage.version}")


def custom_vjp(f: Callable[..., Any]) -> CustomVjp:
    """Decorate a function whose reverse rule is given with ``defvjp``; see :class:`CustomVjp`."""
    return CustomVjp(f)


class CustomJvp:
    """What :func:`custom_jvp` returns."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._rule: Callable[..., Any] | None = None
        functools.update_wrapper(self, f)
        self._count = len(inspect.signature(f).parameters)

    def defjvp(self, rule: Callable[..., Any]) -> None:
        """Set the rule: of ``(primals, tangents)``, two tuples; returns ``(value, tangent)``, linear in tangents."""
        self._rule = rule

    def __call__(self, *args: Any) -> Any:
        """The function's value; one array result.

        Reverse mode transposes the rule, so it needs every operation in it to be linear in the tangents.

        Raises:
            TypeError: if no rule was set.
        """
        if self._rule is None:
            raise TypeError(f"{getattr(self._f, '__name__', 'function')} has no rule: call defjvp first")
        values = [refreshed(a) if type(a) is Array else a for a in args]
        tags = sorted({t for v in values if type(v) is Array and v.tangents for t in v.tangents})
        active = [k for k, v in enumerate(values) if type(v) is Array and v.node is not None]
        if not state.recording or not (tags or active):
            return self._f(*args)
        out = self._reverse_mode(values, active) if active else fresh(np.array(self._plain_value(values))[()])
        for tag in tags:
            low = [lowered(v, tag) for v in values]
            moves = [
                v.tangents[tag] if type(v) is Array and v.tangents and tag in v.tangents else np.zeros_like(lo)
                for v, lo in zip(values, low, strict=True)
            ]
            _, tangent = self._rule(tuple(low), tuple(moves))
            out.tangents = {**(out.tangents or {}), tag: match_dtype(tangent, out.dtype)}
        return out

    def _plain_value(self, values: list[Any]) -> Any:
        with no_grad():
            out = self._f(*(_detached(v) for v in values))
        return out.data if type(out) is Array else out

    def _reverse_mode(self, values: list[Any], active: list[int]) -> Array:
        """A function whose reverse rule transposes the jvp rule at the point."""
        rule = self._rule
        assert rule is not None
        wrapped = CustomVjp(self._f)

        def forward(*primals: Any) -> Any:
            return self._f(*primals), tuple(values)  # with the tangents of levels outside

        def backward(primals: Any, g: Any) -> Any:
            from statelint.tape.modes import vjp

            def linear(*moves: Any) -> Any:
                full = [np.zeros_like(np.asarray(p) if type(p) is not Array else p) for p in primals]
                for k, m in zip(active, moves, strict=True):
                    full[k] = m
                return rule(tuple(primals), tuple(full))[1]

            zeros = [np.zeros(np.shape(primals[k]), np.asarray(values[k].data).dtype)[()] for k in active]
            found = iter(vjp(linear, *zeros)[1](g))
            return tuple(next(found) if k in active else None for k in range(len(primals)))

        wrapped.defvjp(forward, backward)
        stripped = [lowered(v, 0) if type(v) is Array else v for v in values]
        return wrapped(*stripped)  # type: ignore[no-any-return]


def custom_jvp(f: Callable[..., Any]) -> CustomJvp:
    """Decorate a function of arrays whose forward rule is given with ``defjvp``; see :class:`CustomJvp`."""
    return CustomJvp(f)
