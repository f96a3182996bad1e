"""Differences, convolutions and Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.apply import apply
from statelint.tape.arrays import plain
from statelint.tape.dispatch import COMPOSED_UFUNCS, as_array, implements
from statelint.tape.record import Primitive
from statelint.tape.rules import fourier, products


@implements(np.diff)
def _diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    x = np.moveaxis(as_array(x), axis, -1)
    if (prepend is not None and prepend is not np._NoValue) or (append is not None and append is not np._NoValue):
        raise NotImplementedError("numpy.diff with prepend= or append= is not differentiated by the tape")
    for _ in range(n):
        x = x[..., 1:] - x[..., :-1]
    return np.moveaxis(x, -1, axis)


@implements(np.ediff1d)
def _ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    parts = [p for p in (to_begin, _diff(np.ravel(x)), to_end) if p is not None]
    return np.concatenate([np.atleast_1d(p) for p in parts])


@implements(np.gradient)
def _gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    if edge_order != 1 or any(np.ndim(s) for s in spacing):
        raise NotImplementedError("numpy.gradient is differentiated for uniform spacing and edge_order=1 only")
    axes = range(f.ndim) if axis is None else [int(a) % f.ndim for a in np.atleast_1d(axis)]
    steps = list(spacing) * (len(axes) if len(spacing) == 1 else 1) or [1.0] * len(axes)
    out = []
    for a, h in zip(axes, steps, strict=True):
        x = np.moveaxis(f, a, -1)
        inner = (x[..., 2:] - x[..., :-2]) / (2.0 * h)
        whole = np.concatenate([(x[..., 1:2] - x[..., :1]) / h, inner, (x[..., -1:] - x[..., -2:-1]) / h], -1)
        out.append(np.moveaxis(whole, -1, a))
    return out[0] if len(out) == 1 else tuple(out)


@implements(np.convolve)
def _convolve(x: Any, y: Any, mode: str = "full") -> Any:
    x, y = np.atleast_1d(as_array(x)), np.atleast_1d(as_array(y))
    full = apply(products.CONVOLVE, (x, y))
    long, short = max(x.shape[0], y.shape[0]), min(x.shape[0], y.shape[0])
    if mode == "full":
        return full
    if mode == "same":
        start = (short - 1) // 2
        return full[start : start + long]
    if mode == "valid":
        return full[short - 1 : long]
    raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")


@implements(np.correlate)
def _correlate(x: Any, y: Any, mode: str = "valid") -> Any:
    x, y = np.atleast_1d(as_array(x)), np.atleast_1d(as_array(y))
    full = apply(products.CONVOLVE, (x, np.conj(np.flip(y))))
    n, m = x.shape[0], y.shape[0]
    if mode == "full":
        return full
    if mode == "same":
        start = (m - 1) // 2 if n >= m else n // 2
        return full[start : start + max(n, m)]
    if mode == "valid":
        return full[min(n, m) - 1 : max(n, m)]
    raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")


def _fourier(prim: Primitive, x: Any, n: Any, axis: int, norm: Any) -> Any:
    x = as_array(x)
    axis = axis % x.ndim
    return apply(prim, (x,), {"n": x.shape[axis] if n is None else n, "axis": axis, "norm": norm})


@implements(np.fft.fft)
def _fft(x: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    return _fourier(fourier.FFT, x, n, axis, norm)


@implements(np.fft.ifft)
def _ifft(x: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    return _fourier(fourier.IFFT, x, n, axis, norm)


@implements(np.fft.rfft)
def _rfft(x: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    if np.iscomplexobj(plain(x)):
        raise TypeError("rfft takes real input")
    axis = axis % x.ndim
    n = x.shape[axis] if n is None else n
    return _fft(x, n, axis, norm)[(slice(None),) * axis + (slice(n // 2 + 1),)]


@implements(np.fft.irfft)
def _irfft(x: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    moved = np.moveaxis(x, axis, -1)
    n = 2 * (moved.shape[-1] - 1) if n is None else n
    half = n // 2 + 1
    if moved.shape[-1] < half:
        moved = np.pad(moved, [(0, 0)] * (moved.ndim - 1) + [(0, half - moved.shape[-1])])
    whole = np.concatenate([moved[..., :half], np.conj(np.flip(moved[..., 1 : (n + 1) // 2], -1))], -1)
    return np.moveaxis(np.real(_ifft(whole, n, -1, norm)), -1, axis)


def _over_axes(one: Any, x: Any, s: Any, axes: Any, norm: Any) -> Any:
    if axes is None:
        axes = range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim)
    lengths = [None] * len(axes) if s is None else s
    for n, axis in zip(reversed(lengths), reversed(axes), strict=True):
        x = one(x, n, axis, norm)
    return x


@implements(np.fft.fftn)
def _fftn(x: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    return _over_axes(_fft, x, s, axes, norm)


@implements(np.fft.ifftn)
def _ifftn(x: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    return _over_axes(_ifft, x, s, axes, norm)


@implements(np.fft.fft2)
def _fft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return _over_axes(_fft, x, s, axes, norm)


@implements(np.fft.ifft2)
def _ifft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return _over_axes(_ifft, x, s, axes, norm)


@implements(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    axes = range(x.ndim) if axes is None else np.atleast_1d(axes)
    return np.roll(x, tuple(x.shape[a] // 2 for a in axes), tuple(int(a) for a in axes))


@implements(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    axes = range(x.ndim) if axes is None else np.atleast_1d(axes)
    return np.roll(x, tuple(-(x.shape[a] // 2) for a in axes), tuple(int(a) for a in axes))


@implements(np.sinc)
def _sinc(x: Any) -> Any:
    zero = plain(x) == 0
    angle = np.pi * np.where(zero, 1.0, x)
    series = 1.0 - (np.pi * np.where(zero, x, 0.0)) ** 2 / 6.0
    return np.where(zero, series, np.sin(angle) / angle)


def _modf(x: Any) -> Any:
    whole = np.trunc(plain(x))
    return x - whole, whole


def _divmod(x: Any, y: Any) -> Any:
    return np.floor_divide(x, y), np.remainder(x, y)


COMPOSED_UFUNCS[np.modf] = _modf
COMPOSED_UFUNCS[np.divmod] = _divmod
