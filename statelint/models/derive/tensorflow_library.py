"""TensorFlow's and Keras's functions: tensors are immutable, so derived are signatures, results, gradients and draws.

Each function is run eagerly and as a graph. The graph shows which of its operations are stateful: a random one draws
from the global generator. A gradient tape shows whether any passes.
"""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from collections.abc import Callable, Collection, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from statelint.models.derive import keras_layers, render, signatures, tensorflow_cases

_MODULES = {
    "tensorflow": ("", "math", "nn", "linalg", "random", "image", "signal", "strings", "sparse", "ragged", "bitwise",
    "sets"),
    "keras": ("ops", "random", "activations", "tree", "losses", "metrics"),
}  # fmt: skip
_CONTROL = frozenset(
    (
        *(
            "Assert",
            "Variable",
            "cond",
            "case",
            "while_loop",
            "switch_case",
            "scan",
            "map_fn",
            "vectorized_map",
            "foldl",
        ),
        *(
            "foldr",
            "function",
            "custom_gradient",
            "recompute_grad",
            "grad_pass_through",
            "gradients",
            "hessians",
            "print",
        ),
        *(
            "py_function",
            "numpy_function",
            "switch",
            "fori_loop",
            "map",
            "associative_scan",
            "vectorize",
            "get",
            "device",
        ),
        *(
            "init_scope",
            "name_scope",
            "control_dependencies",
            "no_gradient",
            "nondifferentiable_batch_function",
            "group",
        ),
        *("variable_creator_scope", "load_library", "load_op_library", "get_logger", "get_static_value", "timestamp"),
        *("create_rng_state", "set_global_generator", "get_global_generator", "set_seed", "saved_model", "remat"),
        *(
            "stop_gradient",
            "map_structure",
            "map_structure_up_to",
            "traverse",
            "deserialize",
            "serialize",
            "unrolled_while",
        ),
        *("current_state", "RandomGenerator", "all_candidate_sampler", "is_symbolic_tensor", "type_spec_from_value"),
        *("vectorized_map", "optimize_for_inference", "parse_example", "unwrap", "make_tensor_proto", "make_ndarray"),
        *("fractional_avg_pool", "fractional_max_pool", "nce_loss", "sampled_softmax_loss", "import_graph_def"),
        *("log_uniform_candidate_sampler", "uniform_candidate_sampler", "learned_unigram_candidate_sampler"),
        *("fixed_unigram_candidate_sampler", "random_jpeg_quality", "sample_distorted_bounding_box", "check_pinned"),
        *("register_tensor_conversion_function", "map_values", "map_flat_values", "jvp", "vjp", "map_shape_structure"),
        *("parallel_stack", "random_index_shuffle", "with_space_to_batch", "scan", "broadcast_static_shape"),
        *("ctc_beam_search_decoder", "ctc_greedy_decoder", "ctc_loss", "ctc_decode", "ctc_unique_labels"),
    )
)
"""Functions that take functions, change modes, or need more than arrays: by hand, or without a row."""


_TENSORS = (
    "tensorflow.math.", "tensorflow.nn.", "tensorflow.linalg.", "tensorflow.image.", "tensorflow.signal.", "keras.ops.",
    "keras.losses.", "keras.metrics.",
)  # fmt: skip


def version() -> str:
    """Return TensorFlow's version."""
    return ".".join(tf.__version__.split(".")[:2])


def derive(skip: Collection[str], only: Collection[str]) -> dict[str, dict[str, dict[str, render.Fields]]]:
    """Return rows by file and table, those for ``only`` if it is not empty."""
    logging.disable(logging.WARNING)
    files: dict[str, dict[str, render.Fields]] = {}
    family: dict[str, str] = {}
    known: dict[int, render.Fields] = {}
    for file, name, function in _functions():
        if name in skip or (only and name not in only):
            continue
        found = known.setdefault(id(function), {})
        if not found:
            found.update(_row(name, function))
        family[name] = f"{getattr(function, '__module__', '')}.{getattr(function, '__name__', name)}"
        files.setdefault(file, {})[name] = dict(found)
    made = {
        place: {"functions": dict(sorted(render.group(rows, family).items()))} for place, rows in sorted(files.items())
    }
    classes = keras_layers.derive(skip, only)
    return {**made, **({"keras_classes": {"classes": classes}} if classes else {})}


def _functions() -> Iterator[tuple[str, str, Callable[..., Any]]]:
    for library, parts in _MODULES.items():
        root = tf if library == "tensorflow" else keras
        for part in parts:
            module = getattr(root, part) if part else root
            file = {"tensorflow": "tensorflow", "keras": f"keras_{part}"}[library]
            for name, function in tensorflow_cases.public(module, f"{library}.{part}" if part else library):
                if name.rpartition(".")[2] not in _CONTROL:
                    yield file, name, function


def _row(name: str, function: Callable[..., Any]) -> render.Fields:
    """What running a function shows; its signature alone if no arguments were found that it takes."""
    inside = name.partition(".")[2]
    for expression in tensorflow_cases.expressions(inside):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                args = tensorflow_cases.arguments(expression)
                before = _generator()
                result = function(*args)
            except Exception:  # not the arguments that this function takes
                continue
            alias = _result(result)
            row: render.Fields = {"params": _params(function)}
            row.update({"type": alias.removeprefix("fresh:")} if alias.startswith("fresh:") else {"result": alias})
            if alias != "none":
                row["saves"] = ""
            if _draws(function, args) or _generator() != before:
                row["draws"] = "tensorflow unless seed" if _repeats(function, args) else "tensorflow"
            if "tf" in alias and _blocked(function, args):
                row["grad"] = "no"
            row["from"] = "derived"
            return row
    tensor = name.startswith(_TENSORS)
    return {"params": _params(function), "type": "tf" if tensor else "unknown", "saves": "", "from": "signature"}


def _params(function: Callable[..., Any]) -> str:
    signature = signatures.from_python(function)
    return signatures.text(signature.params) if signature else "*args, **kwargs"


def _result(result: Any) -> str:
    """A result in the rows' words."""
    if isinstance(result, (tf.Tensor, tf.RaggedTensor, tf.SparseTensor)):
        return "fresh:tf"
    if result is None:
        return "none"
    if isinstance(result, tuple) and result and len(result) < 6:
        return f"tuple({', '.join(_result(item) for item in result)})"
    if isinstance(result, list) and result:
        return f"list({_result(result[0])})"
    name = type(result).__name__
    return f"fresh:{name}" if name in ("int", "float", "bool", "str") else "fresh:unknown"


def _generator() -> object:
    """The state of Keras's global generator, which `keras.random` draws from."""
    made = importlib.import_module("keras.src.random.seed_generator").global_seed_generator()
    return made.state.numpy().tolist()


def _repeats(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether an integer as ``seed`` makes each call draw the same."""
    try:
        first, second = (tf.nest.flatten(function(*args, seed=1)) for _ in range(2))
        return all(bool(tf.reduce_all(a == b)) for a, b in zip(first, second, strict=True))
    except Exception:  # it takes none
        return False


def _draws(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether the function's graph holds a stateful random operation."""
    try:
        graph = tf.function(lambda: function(*args)).get_concrete_function().graph
    except Exception:  # not to be traced
        return False
    operations = [op for op in graph.get_operations() if op._is_stateful]
    for inner in graph._functions.values():
        nodes: list[Any] = getattr(getattr(inner, "graph", None), "get_operations", list)()
        operations += [op for op in nodes if op._is_stateful]
    return any(
        word in op.type for op in operations for word in ("Random", "Multinomial", "TruncatedNormal", "Poisson",
        "Gamma")
        if not op.type.startswith("Stateless")
    )  # fmt: skip


def _blocked(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether no gradient comes back to any floating argument, where there is one."""
    inputs = [a for a in tf.nest.flatten(args) if isinstance(a, tf.Tensor) and a.dtype.is_floating]
    if not inputs:
        return False
    try:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            results = tf.nest.flatten(function(*args))
            results = [r for r in results if isinstance(r, tf.Tensor) and (r.dtype.is_floating or r.dtype.is_complex)]
            total = tf.add_n([tf.reduce_sum(tf.math.real(r)) for r in results]) if results else None
        if total is None:
            return True
        return all(g is None for g in tape.gradient(total, inputs))
    except Exception:  # no gradient is defined: nothing is known
        return False
