"""Modes of differentiation: vjp, jvp, and what is built of them. They nest to any order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.tape import trees
from statelint.tape.apply import IDENTITY, alias, fresh, root
from statelint.tape.arrays import Array, refreshed
from statelint.tape.dispatch import as_array
from statelint.tape.record import Node, Strategy, level, state
from statelint.tape.sweep import reverse

_next_tag = itertools.count(1).__next__


def array(value: Any, dtype: Any = None) -> Array:
    """A tape array with a copy of ``value`` in its own storage, as :func:`numpy.array` makes one.

    Args:
        value: anything that :func:`numpy.array` takes, also nested lists that hold tape arrays.
        dtype: its dtype; by default the value's.
    """
    made = as_array(value)
    if type(made) is Array:
        return np.copy(made if dtype is None else made.astype(dtype))  # type: ignore[return-value]
    return fresh(np.array(value, dtype=dtype, order="C"))


def stop_gradient(x: Any) -> Any:
    """The same values without their derivative: another view of the same storage, through which nothing flows."""
    return trees.tree_map(lambda v: alias(refreshed(v), stopped=True) if type(v) is Array else v, x)


def _input(value: Any) -> Array:
    """What a differentiated function sees of one argument: a copy in its own storage, a leaf of this level's record."""
    if type(value) is Array:
        refreshed(value)
        parents: tuple[Node | None, ...] = (value.node,)
        data = np.array(value.data, order="C") if type(value.data) is np.ndarray else value.data
    else:
        parents = ()
        data = np.array(value, order="C")
        data = data if data.ndim else data[()]
    if data.dtype.kind not in "fc":
        raise TypeError(
            f"a derivative needs floating or complex arguments, not {data.dtype}; pass integers as other arguments"
        )
    out = fresh(data)
    if parents and parents[0] is not None:
        out.node = Node(IDENTITY, IDENTITY.plan(1), parents, None, data.shape, data.dtype, None)
    else:
        out.node = Node(None, None, (), None, data.shape, data.dtype, None)
    if type(value) is Array:
        out.tangents = value.tangents
    return out


def _bare(tree: Any) -> Any:
    """Plain NumPy values at the outermost level, arrays inside another differentiated call."""
    if state.depth:
        return tree
    return trees.tree_map(lambda v: _detached(v) if type(v) is Array else v, tree)


def _detached(x: Array) -> Any:
    return np.array(x.data) if type(x.data) is np.ndarray else x.data


def _recorded() -> bool:
    return state.depth > 0 and state.recording


def vjp(
    f: Callable[..., Any], *primals: Any, has_aux: bool = False, strategy: Strategy | None = None
) -> tuple[Any, ...]:
    """Value of ``f`` and its pullback.

    Args:
        f: a function of arrays, or containers of arrays, that returns an array or a container of them.
        primals: its arguments; all are differentiated.
        has_aux: ``f`` returns ``(value, aux)``; ``aux`` is handed through.
        strategy: what writes to saved values do; by default what is in force (``version``).

    Returns:
        ``(value, pullback)``, or ``(value, pullback, aux)``. ``pullback(g)`` takes a cotangent of the value's shape and
        returns a tuple with one cotangent for each primal, of its shape and dtype.

    Raises:
        TypeError: if a primal is of integer or boolean dtype.
        MutationError: at the write or in the pullback, as the strategy has it.
    """
    value, pull, aux = _vjp(f, primals, has_aux, strategy)

    def pullback(g: Any) -> tuple[Any, ...]:
        return pull(g, False)

    return (value, pullback, aux) if has_aux else (value, pullback)


def _vjp(
    f: Callable[..., Any], primals: tuple[Any, ...], has_aux: bool, strategy: Strategy | None
) -> tuple[Any, Callable[[Any, bool], tuple[Any, ...]], Any]:
    """Value, pullback (whose second argument lets it release the record) and aux."""
    inputs = [[_input(v) for v in trees.leaves(p)] for p in primals]
    leaves_of = [[_node_of(x) for x in xs] for xs in inputs]
    with level(strategy):
        out = f(*(trees.rebuild(p, list(xs)) for p, xs in zip(primals, inputs, strict=True)))
        aux = None
        if has_aux:
            out, aux = out
        results = [refreshed(v) if type(v) is Array else v for v in trees.leaves(out)]
        nodes = [v.node if type(v) is Array else None for v in results]
    shapes = [(np.shape(v), v.dtype if hasattr(v, "dtype") else np.asarray(v).dtype) for v in results]

    def pull(g: Any, release: bool) -> tuple[Any, ...]:
        given = trees.leaves(g)
        if len(given) != len(nodes):
            raise ValueError(f"the value has {len(nodes)} leaves, the cotangent {len(given)}")
        recorded = _recorded()
        roots = []
        for node, c, (shape, dtype) in zip(nodes, given, shapes, strict=True):
            if node is None:
                continue
            c = c if type(c) is Array and recorded else _plain_cotangent(c)
            if np.shape(c) != shape:
                raise ValueError(f"the value has shape {shape}, the cotangent {np.shape(c)}")
            roots.append((node, c if c.dtype == dtype else c.astype(dtype)))
        flat = [n for row in leaves_of for n in row]
        found = reverse(roots, flat, recorded=recorded, release=release and not recorded)
        made = iter(_zeros_for(n) if c is None else c for n, c in zip(flat, found, strict=True))
        cotangents = []
        for p, row in zip(primals, leaves_of, strict=True):
            cotangents.append(trees.rebuild(p, [_result(next(made), recorded, given) for _ in row]))
        return tuple(cotangents)

    return _bare(out), pull, _bare(aux)


def _node_of(x: Array) -> Node:
    assert x.node is not None, "an input is always a node of its level's record"
    return x.node


def _plain_cotangent(c: Any) -> Any:
    c = c.data if type(c) is Array else c
    return c if hasattr(c, "dtype") else np.asarray(c)[()]


def _zeros_for(node: Node) -> Any:
    return np.zeros(node.shape, node.dtype)[()]


def _result(c: Any, recorded: bool, given: list[Any]) -> Any:
    if recorded:
        return c if type(c) is Array else fresh(np.asarray(c)[()])
    if type(c) is np.ndarray and (c.base is not None or not c.flags.owndata or any(c is g for g in given)):
        return np.array(c)
    return c


def _at(
    args: tuple[Any, ...], argnums: tuple[int, ...], f: Callable[..., Any], kwargs: dict[str, Any]
) -> Callable[..., Any]:
    def partial(*chosen: Any) -> Any:
        full = list(args)
        for k, v in zip(argnums, chosen, strict=True):
            full[k] = v
        return f(*full, **kwargs)

    return partial


def value_and_grad(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False, strategy: Strategy | None = None
) -> Callable[..., Any]:
    """A function that returns the value of ``f`` and its gradient with respect to the arguments ``argnums``.

    The value must be a scalar. For complex arguments the gradient is the transpose's (JAX's convention).

    Raises:
        TypeError: if the value is not a real scalar.
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def call(*args: Any, **kwargs: Any) -> Any:
        positions = tuple(k % len(args) for k in numbers)
        chosen = _at(args, positions, f, kwargs)
        value, pull, aux = _vjp(chosen, tuple(args[k] for k in positions), has_aux, strategy)
        if np.shape(value) != () or np.iscomplexobj(value):
            kind = getattr(value, "dtype", type(value).__name__)
            raise TypeError(f"grad needs a real scalar value, not {kind}{list(np.shape(value))}")
        g = pull(np.ones((), getattr(value, "dtype", float))[()], True)
        gradient = g[0] if isinstance(argnums, int) else g
        return ((value, aux), gradient) if has_aux else (value, gradient)

    return call


def grad(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False, strategy: Strategy | None = None
) -> Callable[..., Any]:
    """A function that returns the gradient of the scalar function ``f``; see :func:`value_and_grad`."""
    both = value_and_grad(f, argnums, has_aux, strategy)

    def call(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return call


def jvp(
    f: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...], strategy: Strategy | None = None
) -> tuple[Any, Any]:
    """Value of ``f`` and its directional derivative along ``tangents``, by forward mode.

    Args:
        f: a function of arrays or containers of arrays.
        primals: where; floating or complex.
        tangents: the direction, of the same structure and shapes.

    Returns:
        ``(value, tangent)``, both of the value's structure.
    """
    tag = _next_tag()
    with level(strategy):
        duals = [trees.tree_map(lambda x, t: _dual(x, t, tag), p, v) for p, v in zip(primals, tangents, strict=True)]
        out = f(*duals)
        results = [refreshed(v) if type(v) is Array else v for v in trees.leaves(out)]
        values = [_without(v, tag) for v in results]
        moves = [_tangent_of(v, tag) for v in results]
    return _bare(trees.rebuild(out, values)), _bare(trees.rebuild(out, moves))


def _dual(x: Any, t: Any, tag: int) -> Array:
    if type(x) is Array:
        refreshed(x)
        out = fresh(np.array(x.data, order="C") if type(x.data) is np.ndarray else x.data)
        out.node, out.tangents = x.node, x.tangents
    else:
        out = fresh(np.array(x, order="C")[()])
    if out.dtype.kind not in "fc":
        raise TypeError(f"a derivative needs floating or complex arguments, not {out.dtype}")
    if np.shape(t) != out.shape:
        raise ValueError(f"the primal has shape {out.shape}, the tangent {np.shape(t)}")
    move = t if type(t) is Array else fresh(np.array(t, dtype=out.dtype, order="C")[()])
    out.tangents = {**(out.tangents or {}), tag: move}
    return out


def _without(v: Any, tag: int) -> Any:
    if type(v) is not Array or not v.tangents or tag not in v.tangents:
        return v
    root(v)
    out = Array(v.data, v.storage, v.node)
    out.tangents = {k: t for k, t in v.tangents.items() if k != tag} or None
    return out


def _tangent_of(v: Any, tag: int) -> Any:
    if type(v) is Array and v.tangents and tag in v.tangents:
        return v.tangents[tag]
    return fresh(np.zeros(np.shape(v), getattr(v, "dtype", float))[()])


def jacobian(f: Callable[..., Any], argnum: int = 0, mode: str = "reverse") -> Callable[..., Any]:
    """A function that returns the Jacobian, of shape ``value.shape + argument.shape``.

    Args:
        f: from one array (the argument ``argnum``) to one array.
        argnum: the argument that is differentiated.
        mode: ``"reverse"`` (one sweep per result element) or ``"forward"`` (one run per argument element).
    """
    if mode not in ("reverse", "forward"):
        raise ValueError(f"mode must be 'reverse' or 'forward', not {mode!r}")

    def call(*args: Any, **kwargs: Any) -> Any:
        chosen = _at(args, (argnum,), f, kwargs)
        x = args[argnum]
        shape = np.shape(x)
        if mode == "forward":
            size = int(np.prod(shape))
            eye = np.eye(size).reshape(size, *shape)
            columns = [jvp(chosen, (x,), (direction,))[1] for direction in eye]
            if not columns:
                return np.zeros((*np.shape(chosen(x)), *shape))
            return np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + shape)
        value, pullback = vjp(chosen, x)
        out = np.shape(value)
        size = int(np.prod(out))
        eye = np.eye(size).reshape(size, *out)
        rows = [pullback(cotangent)[0] for cotangent in eye]
        return np.stack(rows).reshape(out + shape) if rows else np.zeros(out + shape)

    return call


def hvp(f: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """Hessian-vector product of a scalar function of its first argument's structure, forward over reverse."""
    gradient = grad(f, tuple(range(len(primals))))
    out = jvp(gradient, primals, tangents)[1]
    return out[0] if len(primals) == 1 else out


def hessian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """A function that returns the Hessian of a scalar function, of shape ``argument.shape * 2``."""
    return jacobian(grad(f, argnum), argnum, mode="forward")
