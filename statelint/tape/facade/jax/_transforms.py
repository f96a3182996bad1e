"""Transformations of the jax facade, on containers of its arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import statelint.tape as tape
from statelint.tape import trees
from statelint.tape.dispatch import as_array
from statelint.tape.facade.jax._array import outside, raw, raw_tree, wrap, wrap_tree


def _inner(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the facade's arrays as the tape calls it."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return raw_tree(f(*(wrap_tree(a) for a in args), **kwargs))

    return call


def _with_aux(f: Callable[..., Any], has_aux: bool) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        out = f(*(wrap_tree(a) for a in args), **kwargs)
        return (raw_tree(out[0]), raw_tree(out[1])) if has_aux else raw_tree(out)

    return call


def value_and_grad(f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, **_: Any) -> Callable[..., Any]:
    """Value and gradient."""

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        both = tape.value_and_grad(_with_aux(f, has_aux), argnums, has_aux)
        value, gradient = both(*(raw_tree(a) for a in args), **kwargs)
        return wrap_tree(value), wrap_tree(gradient)

    return call


def grad(f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, **_: Any) -> Callable[..., Any]:
    """Gradient."""
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return call


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Value and pullback."""
    got = tape.vjp(_with_aux(f, has_aux), *(raw_tree(p) for p in primals), has_aux=has_aux)

    def pullback(g: Any) -> Any:
        return wrap_tree(got[1](raw_tree(g)))

    return (wrap_tree(got[0]), pullback, *(wrap_tree(a) for a in got[2:]))


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Value and directional derivative."""
    value, tangent = tape.jvp(_inner(f), tuple(map(raw_tree, primals)), tuple(map(raw_tree, tangents)))
    return wrap_tree(value), wrap_tree(tangent)


def jacobian(f: Callable[..., Any], argnums: int = 0, mode: str = "reverse") -> Callable[..., Any]:
    """Jacobian of one array in another."""
    return lambda *args: wrap_tree(tape.jacobian(_inner(f), argnums, mode)(*(raw_tree(a) for a in args)))


def jit(f: Callable[..., Any] | None = None, **options: Any) -> Any:
    """The function itself: nothing is traced, so Python's side effects happen at every call."""
    if f is None:
        return functools.partial(jit, **options)
    call = functools.wraps(f)(lambda *args, **kwargs: wrap_tree(f(*args, **kwargs)))
    call.clear_cache = lambda: None  # type: ignore[attr-defined] # nothing is kept
    return call


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, **_: Any) -> Callable[..., Any]:
    """The function for each slice, one after the other, stacked."""

    def call(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
        sizes = {
            np.shape(raw(v))[a]
            for arg, a in zip(args, axes, strict=True)
            if a is not None
            for v in trees.leaves(arg)
            if isinstance(a, int)
        }
        if any(not isinstance(a, (int, type(None))) for a in axes) or len(sizes) != 1:
            return outside("vmap with nested in_axes or unequal sizes")
        rows = [
            f(
                *(
                    arg if a is None else trees.tree_map(lambda v, a=a, i=i: _slice(v, a, i), arg)
                    for arg, a in zip(args, axes, strict=True)
                )
            )
            for i in range(sizes.pop())
        ]
        return trees.tree_map(lambda *parts: wrap(np.stack([as_array(raw(p)) for p in parts], axis=out_axes)), *rows)

    return call


def _slice(v: Any, axis: int, index: int) -> Any:
    return wrap(raw(v)[(*(slice(None),) * axis, index)])


class CustomVjp:
    """See ``jax.custom_vjp``."""

    def __init__(self, f: Callable[..., Any], nondiff_argnums: Any = ()) -> None:
        if nondiff_argnums:
            outside("custom_vjp(nondiff_argnums=...)")
        self._f = f
        self._rule = tape.custom_vjp(_inner(f))
        functools.update_wrapper(self, f)

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Set the rule."""
        self._rule.defvjp(
            lambda *args: tuple(map(raw_tree, forward(*(wrap_tree(a) for a in args)))),
            lambda residuals, g: tuple(map(raw_tree, backward(wrap_tree(residuals), wrap_tree(g)))),
        )

    def __call__(self, *args: Any) -> Any:
        """Call it."""
        return wrap_tree(self._rule(*(raw_tree(a) for a in args)))


def custom_vjp(f: Any = None, nondiff_argnums: Any = ()) -> Any:
    """See ``jax.custom_vjp``."""
    return (
        functools.partial(custom_vjp, nondiff_argnums=nondiff_argnums) if f is None else CustomVjp(f, nondiff_argnums)
    )


class CustomJvp:
    """See ``jax.custom_jvp``."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._rule = tape.custom_jvp(f)
        self._f = f
        functools.update_wrapper(self, f)

    def defjvp(self, rule: Callable[..., Any]) -> Any:
        """Set the rule."""
        self._rule._f = _inner(self._f)
        self._rule.defjvp(lambda p, t: tuple(map(raw_tree, rule(tuple(map(wrap, p)), tuple(map(wrap, t))))))
        return rule

    def __call__(self, *args: Any) -> Any:
        """Call it."""
        return wrap_tree(self._rule(*(raw_tree(a) for a in args)))


def checkpoint(f: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Save nothing inside."""
    if f is None:
        return functools.partial(checkpoint, **options)
    inner = tape.checkpoint(_inner(f))
    return functools.wraps(f)(lambda *args: wrap_tree(inner(*(raw_tree(a) for a in args))))
