"""Every entry of the derivative table: forward, reverse and second order against numeric derivatives."""

import numpy as np
import pytest
from tape_oracle import check_rules

R = np.random.default_rng(7)
X = R.standard_normal((2, 3))
Y = R.standard_normal((3,))
POS = R.uniform(0.5, 2.0, (2, 3))
UNIT = R.uniform(-0.8, 0.8, (2, 3))
SQUARE = R.standard_normal((3, 3)) + 3 * np.eye(3)
BATCH = R.standard_normal((2, 3, 3)) + 3 * np.eye(3)
TALL = R.standard_normal((4, 3))
Z = X + 1j * R.standard_normal((2, 3))
W = Y + 1j * R.standard_normal(3)
ZSQUARE = SQUARE + 1j * R.standard_normal((3, 3))
CUBE = R.standard_normal((2, 3, 4))

UNARY = {
    "positive negative absolute exp exp2 expm1 square sin cos tan arctan sinh cosh tanh arcsinh deg2rad rad2deg": X
    * 1.3,
    "degrees radians conjugate sinc fabs cbrt reciprocal sign floor ceil trunc rint": X * 1.3,
    "log log2 log10 log1p sqrt": POS,
    "arcsin arccos arctanh": UNIT,
    "arccosh": POS + 1.0,
}
BINARY = {
    "add subtract multiply divide arctan2 hypot logaddexp logaddexp2 maximum minimum fmax fmin copysign": (X, Y),
    "remainder fmod": (X, 1.0 + abs(Y)),
    "power float_power": (POS, Y),
}


def sym(x):
    return 0.5 * (x + np.swapaxes(x, -1, -2))


def signs(u):
    return np.sign(np.asarray(u)[0])


CASES = {
    "add scalar": (lambda x: 2.0 + x - 1, [X]),
    "rsub": (lambda x: 3.0 - x, [X]),
    "rdiv": (lambda x: 3.0 / x, [POS]),
    "pow int": (lambda x: x**3, [X]),
    "pow two": (lambda x: x**2, [X]),
    "pow zero": (lambda x: x**0 + x, [X]),
    "pow half": (lambda x: x**0.5, [POS]),
    "rpow": (lambda x: 2.0**x, [X]),
    "mod": (lambda x: x % 0.7, [X]),
    "matmul @": (lambda x, y: x @ y, [X, TALL.T]),
    "same twice": (lambda x: x * x + x, [X]),
    "complex mul": (lambda x, y: x * y, [Z, W]),
    "complex real mix": (lambda x, y: x * y, [X, W]),
    "complex div": (lambda x, y: x / y, [Z, W]),
    "complex exp": (np.exp, [Z]),
    "complex log": (np.log, [Z]),
    "complex sin": (lambda x: np.sin(x) * np.cosh(x), [Z]),
    "complex sqrt": (np.sqrt, [Z + 3]),
    "complex pow": (lambda x: x**3, [Z]),
    "complex abs": (np.abs, [Z]),
    "real": (lambda x: np.real(x) * 2, [Z]),
    "imag": (lambda x: np.imag(x) * 2, [Z]),
    "conj": (lambda x: np.conj(x) * x, [Z]),
    "angle": (np.angle, [Z]),
    "complex matmul": (lambda x, y: x @ y, [Z, ZSQUARE]),
    "complex inv": (np.linalg.inv, [ZSQUARE]),
    "complex solve": (np.linalg.solve, [ZSQUARE, W]),
    "complex det": (np.linalg.det, [ZSQUARE]),
    "complex einsum": (lambda x, y: np.einsum("ij,jk->ik", x, y), [Z, ZSQUARE]),
    "modf": (lambda x: np.modf(x)[0], [X]),
    "ldexp": (lambda x: np.ldexp(x, 2), [X]),
    "sum": (np.sum, [X]),
    "sum axis": (lambda x: np.sum(x, axis=0), [X]),
    "sum axes keep": (lambda x: np.sum(x, axis=(0, -1), keepdims=True), [CUBE]),
    "mean": (lambda x: np.mean(x, axis=1), [X]),
    "var": (lambda x: np.var(x, axis=0, ddof=1), [TALL]),
    "std": (lambda x: x.std(), [X]),
    "complex var": (np.var, [Z]),
    "average": (lambda x, w: np.average(x, axis=1, weights=np.exp(w)), [X, Y]),
    "prod": (np.prod, [X]),
    "prod axis": (lambda x: np.prod(x, axis=1, keepdims=True), [X]),
    "prod zeros": (lambda x: np.prod(x, axis=1), [X * (X > 0)]),
    "max": (np.max, [X]),
    "max axis": (lambda x: np.max(x, axis=1), [X]),
    "min": (lambda x: x.min(axis=0, keepdims=True), [X]),
    "ptp": (np.ptp, [X]),
    "cumsum": (lambda x: np.cumsum(x, axis=1), [X]),
    "cumsum flat": (np.cumsum, [X]),
    "cumprod": (lambda x: np.cumprod(x, axis=1), [X]),
    "cumprod zeros": (lambda x: np.cumprod(x, axis=1), [np.where(X > 0.3, X, 0.0)]),
    "nansum": (np.nansum, [X]),
    "nanmean": (lambda x: np.nanmean(x, axis=0), [X]),
    "nanstd": (np.nanstd, [X]),
    "nanmax": (np.nanmax, [X]),
    "median": (lambda x: np.median(x, axis=0), [TALL]),
    "quantile": (lambda x: np.quantile(x, [0.2, 0.7], axis=0), [TALL]),
    "percentile": (lambda x: np.percentile(x, 30.0), [X]),
    "trapezoid": (lambda y, x: np.trapezoid(y, np.cumsum(np.exp(x)), axis=1), [X, Y]),
    "add.reduce": (lambda x: np.add.reduce(x, axis=0), [X]),
    "maximum.reduce": (lambda x: np.maximum.reduce(x, axis=1), [X]),
    "logaddexp.reduce": (lambda x: np.logaddexp.reduce(x, axis=1), [X]),
    "multiply.accumulate": (lambda x: np.multiply.accumulate(x, axis=1), [X]),
    "multiply.outer": (np.multiply.outer, [X, Y]),
    "reshape": (lambda x: x.reshape(3, -1) * 2, [X]),
    "reshape F": (lambda x: np.reshape(x, (3, 2), order="F") * 2, [X]),
    "ravel": (lambda x: np.ravel(x) ** 2, [X]),
    "transpose": (lambda x: np.transpose(x, (1, 2, 0)) ** 2, [CUBE]),
    "T": (lambda x: x.T * 3, [X]),
    "moveaxis": (lambda x: np.moveaxis(x, 0, -1) ** 2, [CUBE]),
    "rollaxis": (lambda x: np.rollaxis(x, 2, 0) ** 2, [CUBE]),
    "swapaxes": (lambda x: np.swapaxes(x, 0, 2) ** 2, [CUBE]),
    "squeeze": (lambda x: np.squeeze(x) ** 2, [X[None, :, :, None]]),
    "expand_dims": (lambda x: np.expand_dims(x, (0, 2)) ** 2, [X]),
    "broadcast_to": (lambda x: np.broadcast_to(x, (4, 2, 3)) ** 2, [X]),
    "broadcast_arrays": (lambda x, y: np.broadcast_arrays(x, y)[1] * x, [X, Y]),
    "atleast": (lambda x: np.atleast_3d(x) ** 2, [Y]),
    "flip": (lambda x: np.flip(x, 1) ** 2, [X]),
    "rot90": (lambda x: np.rot90(x) ** 2, [X]),
    "rot90 3": (lambda x: np.rot90(x, 3) ** 2, [X]),
    "roll": (lambda x: np.roll(x, 2, axis=1) ** 2, [X]),
    "roll flat": (lambda x: np.roll(x, -1) ** 2, [X]),
    "diagonal": (lambda x: np.diagonal(x, 1) ** 2, [TALL]),
    "diagonal below": (lambda x: np.diagonal(x, -1) ** 2, [TALL]),
    "diagonal wide": (lambda x: np.diagonal(x, -1) ** 2, [TALL.T]),
    "diagonal batch": (lambda x: np.diagonal(x, 0, 1, 2) ** 2, [CUBE]),
    "concatenate": (lambda x, y: np.concatenate([x, y[None], x * 2], axis=0), [X, Y]),
    "stack": (lambda x: np.stack([x, x * x], axis=-1), [X]),
    "hstack": (lambda x, y: np.hstack([y, y * 2]) * x[0, 0], [X, Y]),
    "vstack": (lambda x, y: np.vstack([x, y]), [X, Y]),
    "dstack": (lambda x: np.dstack([x, x * x]), [X]),
    "column_stack": (lambda y: np.column_stack([y, y * y]), [Y]),
    "append": (lambda x, y: np.append(x, y), [X, Y]),
    "split": (lambda x: np.split(x, 2, axis=0)[1] ** 2, [TALL]),
    "array_split": (lambda x: np.array_split(x, 3)[0] ** 2, [TALL]),
    "unstack": (lambda x: np.unstack(x, axis=1)[1] ** 2, [X]),
    "tile": (lambda x: np.tile(x, (2, 2)) ** 2, [X]),
    "repeat": (lambda x: np.repeat(x, [1, 3], axis=0) ** 2, [X]),
    "resize": (lambda x: np.resize(x, (3, 4)) ** 2, [X]),
    "delete": (lambda x: np.delete(x, 1, axis=1) ** 2, [X]),
    "insert": (lambda x, y: np.insert(x, 1, y, axis=0) ** 2, [X, Y]),
    "pad": (lambda x: np.pad(x, ((1, 0), (0, 2))) ** 2, [X]),
    "pad value": (lambda x: np.pad(x, 1, constant_values=2.0) ** 2, [X]),
    "pad edge": (lambda x: np.pad(x, 1, mode="edge") ** 2, [X]),
    "block": (lambda x: np.block([[x, x], [x * x, x]]), [X]),
    "getitem": (lambda x: x[1, ::2] ** 2, [X]),
    "getitem newaxis": (lambda x: x[:, None, ..., 1] ** 2, [CUBE]),
    "getitem negative step": (lambda x: x[::-1, 1:] ** 2, [X]),
    "getitem scalar": (lambda x: x[1, 2] ** 2, [X]),
    "getitem fancy": (lambda x: x[[0, 1, 1], [2, 0, 0]] ** 2, [X]),
    "getitem mixed": (lambda x: x[:, [2, 0, 2]] ** 2, [X]),
    "getitem boolean": (lambda x: x[x > 0] ** 2, [X]),
    "take": (lambda x: np.take(x, [1, 1, 0], axis=1) ** 2, [X]),
    "take wrap": (lambda x: np.take(x, [4, -5], axis=1, mode="wrap") ** 2, [X]),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.array([[0, 0], [2, 1]]), 1) ** 2, [X]),
    "compress": (lambda x: np.compress([True, False, True], x, axis=1) ** 2, [X]),
    "where": (lambda x, y: np.where(x > 0, x * y, y), [X, Y]),
    "select": (lambda x: np.select([x > 0.5, x < 0], [x * x, -x], 0.1), [X]),
    "choose": (lambda x, y: np.choose([0, 1, 0], [x[0], y]), [X, Y]),
    "clip": (lambda x: np.clip(x, -0.5, 0.5) * x, [X]),
    "clip arrays": (lambda x, y: np.clip(x, -abs(y), abs(y)), [X, Y]),
    "nan_to_num": (lambda x: np.nan_to_num(x) ** 2, [X]),
    "sort": (lambda x: np.sort(x, axis=0) * np.arange(1.0, 4), [TALL]),
    "sort flat": (lambda x: np.sort(x, axis=None) ** 2, [X]),
    "partition": (lambda x: np.sort(np.partition(x, 1)[:1]) ** 2, [Y]),
    "tril": (lambda x: np.tril(x, -1) ** 2, [SQUARE]),
    "triu": (lambda x: np.triu(x, 1) ** 2, [BATCH]),
    "diag": (lambda x: np.diag(x, 1) ** 2, [Y]),
    "diag of": (lambda x: np.diag(x) ** 2, [SQUARE]),
    "trace": (lambda x: np.trace(x @ x), [SQUARE]),
    "unique": (lambda x: np.unique(x) ** 2, [X]),
    "interp": (lambda x, f: np.interp(x, np.array([-2.0, 0.0, 2.0]), f), [UNIT, Y]),
    "meshgrid": (lambda y: np.meshgrid(y, y * y)[1] * np.meshgrid(y, y)[0], [Y]),
    "linspace": (lambda x: np.linspace(x[0], x[1], 5) ** 2, [Y]),
    "polyval": (lambda p, x: np.polyval(p, x), [Y, X]),
    "vander": (lambda x: np.vander(x, 4), [Y]),
    "diff": (lambda x: np.diff(x, n=2, axis=0) ** 2, [TALL]),
    "ediff1d": (lambda x: np.ediff1d(x) ** 2, [Y]),
    "gradient": (lambda x: np.gradient(x, 0.3, axis=0) ** 2, [TALL]),
    "convolve": (np.convolve, [Y, X[0, :2]]),
    "fft": (lambda x: np.fft.fft(x, axis=0), [TALL]),
    "fft pad cut": (lambda x: np.fft.fft(np.fft.ifft(x, 3, 0), 5, 0, "ortho"), [TALL]),
    "fft complex": (np.fft.fft, [Z]),
    "rfft": (np.fft.rfft, [TALL]),
    "rfft odd": (lambda x: np.fft.rfft(x, 5), [TALL]),
    "irfft": (np.fft.irfft, [Z]),
    "irfft odd": (lambda x: np.fft.irfft(x, 5), [Z]),
    "fft2": (np.fft.fft2, [X]),
    "ifftn": (np.fft.ifftn, [Z]),
    "fftshift": (lambda x: np.fft.fftshift(x) ** 2, [X]),
    "dot": (np.dot, [X, TALL.T]),
    "dot vectors": (np.dot, [Y, Y * 2]),
    "dot nd": (np.dot, [CUBE, TALL]),
    "inner": (np.inner, [X, Y]),
    "outer": (np.outer, [X, Y]),
    "vdot": (np.vdot, [Z, Z * 2]),
    "vecdot": (np.vecdot, [X, Y]),
    "tensordot": (lambda x, y: np.tensordot(x, y, axes=([2], [0])), [CUBE, TALL]),
    "tensordot 1": (lambda x, y: np.tensordot(x, y, 1), [X, TALL.T]),
    "matmul vector": (np.matmul, [X, Y]),
    "matmul vector left": (np.matmul, [Y, TALL.T]),
    "matmul batch": (np.matmul, [BATCH, SQUARE]),
    "matmul batch vector": (np.matmul, [BATCH, Y]),
    "matmul vector batch": (np.matmul, [Y, BATCH]),
    "kron": (np.kron, [X, SQUARE]),
    "cross": (np.cross, [X, Y]),
    "einsum": (lambda x, y: np.einsum("ij,kj->ik", x, y), [X, TALL]),
    "einsum implicit": (lambda x, y: np.einsum("ij,j", x, y), [X, Y]),
    "einsum trace": (lambda x: np.einsum("ii->", x), [SQUARE]),
    "einsum diagonal": (lambda x: np.einsum("ii->i", x), [SQUARE]),
    "einsum ellipsis": (lambda x, y: np.einsum("...ij,jk->...ik", x, y), [BATCH, SQUARE]),
    "einsum sum only": (lambda x, y: np.einsum("ij,k->k", x, y), [X, Y]),
    "einsum three": (lambda x, y, z: np.einsum("ij,jk,k->i", x, y, z), [X, SQUARE, Y]),
    "inv": (np.linalg.inv, [BATCH]),
    "solve": (np.linalg.solve, [SQUARE, TALL.T]),
    "solve vector": (np.linalg.solve, [SQUARE, Y]),
    "solve broadcast": (np.linalg.solve, [BATCH, SQUARE]),
    "det": (np.linalg.det, [BATCH]),
    "slogdet": (lambda x: np.linalg.slogdet(x)[1], [BATCH]),
    "cholesky": (lambda x: np.linalg.cholesky(sym(x) + 3 * np.eye(3)), [SQUARE]),
    "eigh values": (lambda x: np.linalg.eigh(sym(x) + np.diag([1.0, 4.0, 9.0]))[0], [BATCH]),
    "eigh vectors": (lambda x: np.linalg.eigh(sym(x) + np.diag([1.0, 4.0, 9.0]))[1] ** 2, [SQUARE]),
    "eigvalsh": (lambda x: np.linalg.eigvalsh(sym(x) + np.diag([1.0, 4.0, 9.0])), [SQUARE]),
    "qr": (lambda x: np.linalg.qr(x)[0] @ np.sin(np.linalg.qr(x)[1]), [TALL]),
    "qr r": (lambda x: np.linalg.qr(x)[1], [TALL]),
    "svd values": (lambda x: np.linalg.svd(x, compute_uv=False), [X]),
    "svd tall": (lambda x: np.linalg.svd(x, full_matrices=False)[0] ** 2, [TALL]),
    "svd wide": (lambda x: np.linalg.svd(x, full_matrices=False)[2] ** 2, [X]),
    "lstsq": (lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], [TALL, TALL[:, :2] + 1]),
    "lstsq residual": (lambda a, b: np.linalg.lstsq(a, b, rcond=None)[1], [TALL, TALL[:, 0] + 1]),
    "pinv": (np.linalg.pinv, [TALL]),
    "pinv wide": (np.linalg.pinv, [X]),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, 3), [SQUARE]),
    "matrix_power -1": (lambda x: np.linalg.matrix_power(x, -2), [SQUARE]),
    "multi_dot": (lambda x, y: np.linalg.multi_dot([x, y, y]), [X, SQUARE]),
    "norm": (np.linalg.norm, [X]),
    "norm axis": (lambda x: np.linalg.norm(x, axis=1), [X]),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf), [X]),
    "norm nuc": (lambda x: np.linalg.norm(x, "nuc"), [X]),
    "norm 3": (lambda y: np.linalg.norm(y, 3), [Y]),
    "cond": (np.linalg.cond, [SQUARE]),
    "astype": (lambda x: x.astype(np.float64) * 2, [X]),
}
for names, x in UNARY.items():
    for name in names.split():
        CASES[name] = (getattr(np, name), [x])
for names, xs in BINARY.items():
    for name in names.split():
        CASES[name] = (getattr(np, name), list(xs))


@pytest.mark.parametrize("name", CASES)
def test_both_modes_and_second_order(name):
    f, xs = CASES[name]
    check_rules(f, xs)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (1, 3), (2, 0)])
@pytest.mark.parametrize(
    "name", ["add", "multiply", "divide", "exp", "sin", "tanh", "maximum", "sum", "cumsum", "where", "matmul"]
)
def test_edge_shapes(name, shape):
    x = np.full(shape, 0.7) + np.arange(np.prod(shape, dtype=int)).reshape(shape)
    if name in ("add", "multiply", "divide", "maximum"):
        check_rules(getattr(np, name), [x, np.ones((1,) * len(shape)) * 1.3])
    elif name == "where":
        check_rules(lambda v: np.where(v > 1, v * v, v), [x])
    elif name == "matmul" and len(shape) == 2:
        check_rules(lambda v: v @ v.T, [x])
    elif name == "sum":
        check_rules(lambda v: np.sum(v * v), [x])
    elif name == "cumsum":
        check_rules(lambda v: np.cumsum(v * v), [x])
    elif name != "matmul":
        check_rules(getattr(np, name), [x])


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "m"), [(5, 3), (5, 2), (3, 5), (2, 5), (4, 4), (3, 3), (1, 3)])
@pytest.mark.parametrize("function", [np.convolve, np.correlate])
def test_convolution_modes(function, n, m, mode):
    check_rules(lambda x, y: function(x, y, mode), [R.standard_normal(n), R.standard_normal(m)], orders=1)
