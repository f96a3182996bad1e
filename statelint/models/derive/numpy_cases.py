"""Calls for NumPy's public functions and array methods."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_NOT_RUN = frozenset(
    ("test", "info", "show_config", "show_runtime", "get_include", "save", "savez", "savez_compressed", "savetxt", "load")
    + ("loadtxt", "genfromtxt", "fromfile", "seterr", "seterrcall", "setbufsize", "set_printoptions", "printoptions")
)
"""What touches files, the process or the terminal; these have rows by hand."""
_SKIPPED_TYPES = (type, type(np))


def arrays() -> dict[str, np.ndarray[Any, Any]]:
    """Return operands: square and oblong matrices, vectors, integers, booleans."""
    random = np.random.default_rng(3)
    square = random.random((3, 3)) + np.eye(3) * 2
    return {
        "m": square, "n": random.random((3, 3)) + 0.2, "v": random.random(3) + 0.2, "w": random.random(3) + 0.2,
        "i": np.array([0, 2, 1]), "j": np.array([1, 2, 0]), "b": np.array([True, False, True]),
        "k": random.random((2, 3, 4)), "s": square @ square.T, "c": random.random((3, 3)) + 1j,
    }  # fmt: skip


# Arguments by name; letters are the arrays above, the rest are Python expressions.
_ARGUMENTS = {
    "append": "v, w", "apply_along_axis": "sum, 0, m", "apply_over_axes": "np.sum, m, [0]", "argpartition": "v, 1",
    "array2string": "v", "array_repr": "v", "array_split": "v, 2", "array_str": "v", "astype": "v, np.float64",
    "average": "m", "bincount": "i", "bitwise_count": "i", "block": "[[m, n], [n, m]]", "bmat": "[[m, n]]",
    "broadcast_arrays": "v, m", "broadcast_shapes": "(3,), (1,)", "broadcast_to": "v, (2, 3)", "can_cast": "np.float32, np.float64",
    "choose": "i, [v, w, v]", "clip": "v, 0.3, 0.6", "column_stack": "[v, w]", "compress": "b, v", "concatenate": "[v, w]",
    "concat": "[v, w]", "convolve": "v, w", "copyto": "v, w", "corrcoef": "m", "correlate": "v, w", "cov": "m", "cross": "v, w",
    "delete": "v, 1", "diag_indices": "3", "digitize": "v, w[:1]", "dsplit": "k, 2", "dstack": "[m, n]",
    "einsum": "'ij,jk->ik', m, n", "einsum_path": "'ij,jk->ik', m, n", "expand_dims": "v, 0", "extract": "b, v", "eye": "3",
    "fill_diagonal": "m, 0.0", "from_dlpack": "v", "frombuffer": "v", "fromfunction": "lambda x, y: x + y, (2, 2)",
    "fromiter": "[1.0, 2.0], float", "fromregex": "io.StringIO('1 2'), '(\\\\d+) (\\\\d+)', [('a', int), ('b', int)]",
    "fromstring": "'1 2', float, -1, ' '", "full": "3, 1.0", "full_like": "v, 1.0", "geomspace": "1, 10, 4", "gradient": "v",
    "histogram": "v", "histogram2d": "v, w", "histogram_bin_edges": "v", "histogramdd": "m", "hsplit": "m, 3",
    "hstack": "[v, w]", "identity": "3", "in1d": "v, w", "indices": "(2, 2)", "inner": "v, w", "insert": "v, 1, 0.5",
    "interp": "v, w, v", "intersect1d": "v, w", "isin": "v, w", "ix_": "i, j", "kron": "m, n", "lexsort": "[v, w]",
    "linspace": "0, 1, 4", "logspace": "0, 1, 4", "mask_indices": "3, np.triu", "matrix_transpose": "m", "meshgrid": "v, w",
    "min_scalar_type": "3", "moveaxis": "k, 0, 1", "nanpercentile": "v, 30", "nanquantile": "v, 0.3", "ndindex": "2, 2",
    "outer": "v, w", "pad": "v, 1", "partition": "v, 1", "percentile": "v, 30", "piecewise": "v, [b], [1.0, 2.0]",
    "place": "v, b, w", "polyadd": "v, w", "polydiv": "v, w", "polyfit": "v, w, 1", "polymul": "v, w", "polysub": "v, w",
    "polyval": "v, w", "promote_types": "'f4', 'f8'", "put": "v, i, w", "put_along_axis": "v, i, w, 0", "putmask": "v, b, w",
    "quantile": "v, 0.3", "ravel_multi_index": "(i, j), (3, 3)", "repeat": "v, 2", "require": "v", "reshape": "m, (9,)",
    "resize": "v, (4,)", "roll": "v, 1", "rollaxis": "k, 1", "rot90": "m", "searchsorted": "v, 0.3", "select": "[b], [v]",
    "setdiff1d": "v, w", "setxor1d": "v, w", "split": "v, 3", "stack": "[v, w]", "swapaxes": "m, 0, 1", "take": "v, i",
    "take_along_axis": "v, i, 0", "tensordot": "m, n", "tile": "v, 2", "tri": "3", "tril_indices": "3", "triu_indices": "3",
    "tril_indices_from": "m", "triu_indices_from": "m", "union1d": "v, w", "unravel_index": "4, (3, 3)", "unstack": "m",
    "vander": "v", "vdot": "v, w", "vecdot": "v, w", "vsplit": "m, 3", "vstack": "[v, w]", "where": "b, v, w", "zeros": "3",
    "empty": "3", "ones": "3", "array_equal": "v, w", "array_equiv": "v, w", "allclose": "v, w", "isclose": "v, w",
    "arange": "4", "bartlett": "4", "blackman": "4", "hamming": "4", "hanning": "4", "kaiser": "4, 1.0", "base_repr": "4",
    "binary_repr": "4", "result_type": "v, w", "common_type": "v, w", "iscomplexobj": "v", "issubdtype": "float, float",
    "typename": "'d'", "mintypecode": "['d']", "nan_to_num": "v", "real_if_close": "c", "real": "c", "imag": "c", "dot": "m, n",
    "matmul": "m, n", "matvec": "m, v", "vecmat": "v, m", "shares_memory": "v, w", "may_share_memory": "v, w", "size": "v",
    "packbits": "b", "unpackbits": "np.array([3], dtype=np.uint8)", "poly": "v", "roots": "v", "polyder": "v", "polyint": "v",
    "trim_zeros": "v", "sort_complex": "c", "unwrap": "v", "asmatrix": "m", "matrix": "m", "diagflat": "v", "diag": "m",
    "format_float_positional": "0.5", "format_float_scientific": "0.5", "isdtype": "np.dtype(float), 'real floating'",
    "iterable": "v", "isscalar": "v", "gcd": "i, j", "lcm": "i, j", "ldexp": "v, i", "left_shift": "i, j", "right_shift": "i, j",
    "bitwise_and": "i, j", "bitwise_or": "i, j", "bitwise_xor": "i, j", "invert": "i", "bitwise_not": "i",
    "bitwise_invert": "i", "bitwise_left_shift": "i, j", "bitwise_right_shift": "i, j", "isnat": "np.array(['2020'], 'M8[D]')",
    "linalg.matrix_power": "m, 2", "linalg.multi_dot": "[m, n, m]", "linalg.solve": "m, v", "linalg.lstsq": "m, v, None",
    "linalg.tensorinv": "np.eye(4).reshape(2, 2, 2, 2)", "linalg.tensorsolve": "np.eye(4).reshape(2, 2, 2, 2), m[:2, :2]",
    "linalg.outer": "v, w", "linalg.cholesky": "s", "linalg.matmul": "m, n", "linalg.cross": "v, w", "linalg.tensordot": "m, n",
    "linalg.vecdot": "v, w", "fft.fftfreq": "4", "fft.rfftfreq": "4", "asarray": "v", "asanyarray": "v", "array": "v",
    "ascontiguousarray": "m", "asfortranarray": "m", "ravel": "m", "asarray_chkfinite": "v", "copy": "v", "busday_count": "'2020-01', '2020-02'",
    "busday_offset": "'2020-01-01', 1, 'forward'", "is_busday": "'2020-01-01'", "datetime_as_string": "np.datetime64('2020')",
    "datetime_data": "np.dtype('M8[D]')", "frompyfunc": "abs, 1, 1", "vectorize": "abs", "einsum ": "", "nested_iters": "v, [[0]]",
}  # fmt: skip

_METHODS = {
    "argpartition": "1", "astype": "np.float64", "choose": "[v, w, v]", "clip": "0.3, 0.6", "compress": "b", "dot": "w",
    "fill": "0.5", "partition": "1", "put": "i, w", "repeat": "2", "reshape": "9", "searchsorted": "0.3",
    "setfield": "1.0, np.float64", "getfield": "np.float64", "swapaxes": "0, 0", "take": "i", "resize": "3", "item": "0",
    "byteswap": "", "setflags": "", "view": "", "tobytes": "", "to_device": "'cpu'", "trace": "", "diagonal": "",
    "transpose": "", "conj": "", "__setitem__": "0, 0.5", "__getitem__": "slice(0, 2)", "__iadd__": "w", "__add__": "w",
    "__isub__": "w", "__imul__": "w", "__itruediv__": "w", "__ipow__": "2", "__ifloordiv__": "w", "__imod__": "w / 9",
    "__sub__": "w", "__mul__": "w", "__truediv__": "w", "__pow__": "2", "__matmul__": "w", "__neg__": "", "__abs__": "",
    "__imatmul__": "n", "__iand__": "~b", "__ior__": "~b", "__ixor__": "~b",
}  # fmt: skip
_RECEIVERS = {
    "__imatmul__": "m", "trace": "m", "diagonal": "m", "choose": "i", "dot": "v", "__iand__": "b", "__ior__": "b",
    "__ixor__": "b", "mT": "m", "T": "m", "flatten": "m", "ravel": "m", "sort": "v", "real": "c", "imag": "c", "reshape": "m",
}  # fmt: skip
_GUESSES = ("v", "m", "v, w", "m, n", "i", "3", "c", "")


def functions() -> Iterator[tuple[str, Any, list[str]]]:
    """Yield dotted name, function and expressions of arguments to try, for NumPy's public functions."""
    for prefix, module in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name in dir(module):
            value = getattr(module, name, None)
            if name.startswith("_") or name in _NOT_RUN or not callable(value) or isinstance(value, _SKIPPED_TYPES):
                continue
            yield f"numpy.{prefix}{name}", value, expressions(f"{prefix}{name}")


def expressions(name: str) -> list[str]:
    """Return argument expressions to try for a function, given by its name inside NumPy."""
    known = _ARGUMENTS.get(name)
    return [known] if known else list(_GUESSES)


def methods() -> Iterator[tuple[str, Callable[..., Any], list[str]]]:
    """Yield dotted name, function of ``self`` and expressions of arguments, for array methods and properties."""
    names = [name for name in dir(np.ndarray) if not name.startswith("_") or name in _METHODS]
    for name in names:
        receiver = _RECEIVERS.get(name, "v")
        attribute = inspect.getattr_static(np.ndarray, name)
        if callable(attribute):
            arguments = _METHODS.get(name, "")
            yield f"numpy.ndarray.{name}", attribute, [f"{receiver}, {arguments}".rstrip(", "), receiver]
        else:
            yield f"numpy.ndarray.{name}", _getter(name), [receiver]


def _getter(name: str) -> Callable[..., Any]:
    def get(owner: Any, /) -> Any:
        return getattr(owner, name)

    get.__doc__ = ""
    return get


def arguments(expression: str) -> tuple[Any, ...]:
    """Return the arguments that an expression stands for, made anew."""
    names = {**arrays(), "np": np, "io": io}
    return tuple(eval(f"({expression},)", names)) if expression else ()  # noqa: S307
