"""Calls for TensorFlow's and Keras's public functions: argument expressions over a few small tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

_OPERANDS: dict[str, Any] = {}


def operands() -> dict[str, Any]:
    """Return matrices, vectors, integers, booleans, images, complex and symmetric matrices by their letter."""
    if not _OPERANDS:
        m = tf.constant([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.8]])
        _OPERANDS.update(
            m=m, n=m + 0.5, v=tf.constant([0.2, 0.5, 0.7]), w=tf.constant([0.9, 0.4, 0.3]),
            x=tf.reshape(tf.linspace(0.1, 0.9, 48), (1, 4, 4, 3)), y=tf.reshape(tf.linspace(0.1, 0.9, 24), (2, 4, 3)),
            k=tf.ones((2, 2, 3, 2)) * 0.1, i=tf.constant([0, 2, 1]), j=tf.constant([1, 2, 0]),
            b=tf.constant([True, False, True]), c=tf.complex(m, m), s=tf.constant(["ab", "c"]), z=tf.constant(0.5),
            q=tf.constant([1, 2], tf.int32), g=tf.constant([[0], [2]]), tf=tf,
            u=tf.sparse.from_dense([[1.0, 0.0], [0.0, 2.0]]), r=tf.ragged.constant([[1, 2], [3]]),
        )  # fmt: skip
    return _OPERANDS


_GUESSES = (
    "v", "m", "v, w", "m, n", "i", "i, j", "x", "y", "c", "b", "b, b", "s", "3", "[2, 2]", "m, 1", "m, v", "i, 3",
    "v, 0",
    "[v, w]", "[v, w], 0", "m, [0, 1]", "m, [3, 3]", "v, i", "i, v", "i, v, 3", "v, w, z", "v, 0.1, 0.6", "m, 0.1",
    "x, 1",
    "x, [2, 2]", "x, 0.1", "x, k, 1, 'SAME'", "x, 2, 2, 'SAME'", "b, v, w", "m, g", "m, g, v", "m, i, 3", "z, z, 3",
    "r",
    "u", "u, u", "y, y", "y, y, y", "x, 0.5, 1.5", "[2, 2], q", "[2, 2], q, z", "m, 2, q", "q", "m, m, m", "v, v, v, z",
    "[2], 0.5, [1, 2]", "tf.cast(x, tf.uint8)", "tf.cast(c, tf.complex64)", "0, 5", "0.0, 1.0, 4", "",
)  # fmt: skip
_KNOWN = {
    "einsum": "'ij,jk->ik', m, n", "tile": "m, [1, 2]", "transpose": "m", "cast": "m, 'float64'",
    "pad": "m, [[0, 1], [0, 1]]",
    "slice": "m, [0, 0], [1, 2]", "repeat": "v, 2", "random.normal": "[2, 2]", "stop_gradient": "m", "vectorize": None,
    "random.stateless_normal": "[2, 2], q", "switch": None, "nn.dropout": "m, 0.5", "random.dropout": "m, 0.5",
    "random.categorical": "m, 2", "random.shuffle": "m", "random.gamma": "[2], z", "random.beta": "[2], z, z",
    "random.binomial": "[2], 3.0, z", "random.randint": "[2], 0, 5", "random.uniform": "[2, 2]",
    "random.poisson": "[2], z",
    "random.stateless_gamma": "[2], q, z", "random.stateless_poisson": "[2], q, z",
    "random.stateless_categorical": "m, 2, q",
    "random.stateless_binomial": "[2], q, 3.0, z", "random.stateless_parameterized_truncated_normal": "[2], q",
    "unstack": "m", "split": "m, 3, 1", "ops.split": "m, 3, 1",
    "nn.batch_normalization": "m, v, v, v, v, 0.1", "ops.batch_normalization": "m, v, v, 0", "norm": "m",
    "ops.moments": "m, 0", "nn.moments": "m, 0", "unique": "i", "ops.array": "v", "convert_to_tensor": "v",
    "gather": "m, i",
    "image.random_crop": "x, [1, 2, 2, 3]", "image.random_hue": "x, 0.1", "image.random_saturation": "x, 0.5, 1.5",
    "image.random_contrast": "x, 0.5, 1.5", "image.random_brightness": "x, 0.1", "image.random_jpeg_quality": None,
    "image.stateless_random_crop": "x, [1, 2, 2, 3], q", "image.stateless_random_brightness": "x, 0.1, q",
    "image.stateless_random_contrast": "x, 0.5, 1.5, q", "image.stateless_random_hue": "x, 0.1, q",
    "image.stateless_random_saturation": "x, 0.5, 1.5, q", "image.stateless_random_flip_left_right": "x, q",
    "image.stateless_random_flip_up_down": "x, q", "image.stateless_random_jpeg_quality": None,
    "where": "b, v, w", "tensor_scatter_nd_update": "v, g, [0.1, 0.2]", "tensor_scatter_nd_add": "v, g, [0.1, 0.2]",
    "tensor_scatter_nd_sub": "v, g, [0.1, 0.2]", "tensor_scatter_nd_max": "v, g, [0.1, 0.2]",
    "tensor_scatter_nd_min": "v, g, [0.1, 0.2]", "scatter_nd": "g, [0.1, 0.2], [3]",
    "ops.scatter": "g, [0.1, 0.2], [3]",
    "ops.scatter_update": "v, g, [0.1, 0.2]", "ops.slice": "m, [0, 0], [1, 2]",
    "ops.slice_update": "m, [0, 0], [[1.0]]",
    "random.split": None, "random.truncated_normal": "[2, 2]", "nn.l2_loss": "v", "ops.custom_gradient": None,
    "nn.conv1d": "y, tf.ones((2, 3, 2)), 1, 'SAME'", "nn.conv2d_transpose": "x, tf.ones((2, 2, 2, 3)), [1, 8, 8, 2], 2",
    "nn.depthwise_conv2d": "x, k, [1, 1, 1, 1], 'SAME'", "ops.conv": "x, k", "ops.depthwise_conv": "x, k",
    "nn.softmax_cross_entropy_with_logits": "m, n", "nn.sparse_softmax_cross_entropy_with_logits": "i, m",
    "nn.sigmoid_cross_entropy_with_logits": "m, n", "nn.weighted_cross_entropy_with_logits": "m, n, 0.5",
    "nn.embedding_lookup": "m, i", "linalg.solve": "m, n", "nn.ctc_loss": None, "max_pool3d": None,
    "adaptive_max_pool": None, "adaptive_average_pool": None, "top_k_categorical_accuracy": "m, n, 2",
    "sparse_top_k_categorical_accuracy": "i, n, 2", "sparse_categorical_accuracy": "i, n",
    "sparse_categorical_crossentropy": "i, n", "nn.conv3d": None, "moveaxis": "m, 0, 1", "swapaxes": "m, 0, 1",
    "space_to_depth": "x, 2", "depth_to_space": "tf.ones((1, 2, 2, 4)), 2", "in_top_k": "i, m, 2",
    "tensordot": "m, n, 1",
    "strided_slice": "m, [0, 0], [2, 2]", "reverse_sequence": "m, i, 1", "nn.pool": "x, [2, 2], 'MAX'",
    "nn.separable_conv2d": "x, k, tf.ones((1, 1, 6, 2)), [1, 1, 1, 1], 'SAME'", "signal.stft": "v, 2, 1",
    "image.resize_with_crop_or_pad": "x, 2, 2", "image.crop_to_bounding_box": "x, 0, 0, 2, 2",
    "image.resize_with_pad": "x, 5, 5", "image.pad_to_bounding_box": "x, 0, 0, 6, 6", "image.transpose": "x",
    "image.grayscale_to_rgb": "tf.ones((1, 2, 2, 1))", "random.fold_in": "q, 1",
    "strings.split": "s", "strings.regex_replace": "s, 'a', 'b'", "strings.substr": "s, 0, 1",
    "ops.dot_product_attention": "tf.ones((1, 2, 1, 4)), tf.ones((1, 2, 1, 4)), tf.ones((1, 2, 1, 4))",
    "fixed_unigram_candidate_sampler": None, "strings.to_number": "tf.constant(['1'])", "linalg.lu_solve": None,
    "boolean_mask": "v, b", "fill": "[2, 2], 0.5",
}  # fmt: skip


def expressions(name: str) -> list[str]:
    """Return argument expressions to try for a function, by its name inside its library."""
    short = name.rpartition(".")[2]
    for key in (name, name.partition(".")[2], short):
        if key in _KNOWN:
            known = _KNOWN[key]
            return [known] if known else []
    return list(_GUESSES)


def arguments(expression: str) -> tuple[Any, ...]:
    """Evaluate one expression."""
    return tuple(eval(f"[{expression}]", dict(operands())))  # our own text, above


def public(module: Any, prefix: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public functions of a module by dotted name."""
    for name in dir(module):
        value = getattr(module, name, None)
        if name.startswith("_") or not callable(value) or inspect.isclass(value) or inspect.ismodule(value):
            continue
        yield f"{prefix}.{name}", value
