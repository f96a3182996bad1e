"""Numeric derivatives that the tests hold the tape against."""

import numpy as np

import statelint.tape as tape


def numeric_jvp(f, xs, ts, h=1e-3):
    """Directional derivative by central differences with two steps of Richardson extrapolation."""

    def central(step):
        up = f(*(x + step * t for x, t in zip(xs, ts, strict=True)))
        down = f(*(x - step * t for x, t in zip(xs, ts, strict=True)))
        return (np.asarray(up) - np.asarray(down)) / (2 * step)

    a, b, c = central(h), central(h / 2), central(h / 4)
    ab, bc = (4 * b - a) / 3, (4 * c - b) / 3
    return (16 * bc - ab) / 15


def pair(g, t):
    """The pairing that fixes the transpose: the real part of the sum of products."""
    return np.sum(np.asarray(g) * np.asarray(t)).real


def direction_like(rng, x):
    """A random direction of the shape and kind of ``x``."""
    x = np.asarray(x)
    out = rng.standard_normal(x.shape)
    return out + 1j * rng.standard_normal(x.shape) if x.dtype.kind == "c" else out


def check_rules(f, xs, *, orders=2, tol=1e-6, seed=0):
    """Both modes of ``f`` at ``xs`` against numeric derivatives, then those of its own derivative."""
    rng = np.random.default_rng(seed)
    xs = [np.asarray(x, dtype=complex if np.iscomplexobj(x) else float) for x in xs]
    value = np.asarray(f(*xs))
    ts = [direction_like(rng, x) for x in xs]
    out, pullback = tape.vjp(f, *xs)
    np.testing.assert_allclose(out, value, rtol=1e-12, atol=1e-12)
    assert np.shape(out) == value.shape
    same, tangent = tape.jvp(f, tuple(xs), tuple(ts))
    np.testing.assert_allclose(same, value, rtol=1e-12, atol=1e-12)
    expected = numeric_jvp(f, xs, ts)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(tangent, expected, rtol=tol, atol=tol * scale)
    g = direction_like(rng, value)
    cotangents = pullback(g)
    for c, x in zip(cotangents, xs, strict=True):
        assert np.shape(c) == x.shape
        assert np.asarray(c).dtype == x.dtype
    left = sum(pair(c, t) for c, t in zip(cotangents, ts, strict=True))
    np.testing.assert_allclose(left, pair(g, tangent), rtol=1e-9, atol=1e-9 * scale)
    if orders > 1 and value.size:

        def slope(*ys):
            return tape.vjp(f, *ys)[1](g)[0]

        def forward_slope(*ys):
            return tape.jvp(f, ys, tuple(ts))[1]

        check_rules(slope, xs, orders=orders - 1, tol=tol * 10, seed=seed + 1)
        check_rules(forward_slope, xs, orders=orders - 1, tol=tol * 10, seed=seed + 2)
