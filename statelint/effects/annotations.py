"""What an annotation says of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.effects.value import (
    DICT,
    FUNCTION,
    JAX,
    KEY,
    LIST,
    NDARRAY,
    NONE,
    NUMBER,
    OBJECT,
    PLAIN,
    SET,
    TENSOR,
    TEXT,
    TF,
    TUPLE,
    UNKNOWN,
    InstRef,
    LibInst,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer

_LAST = {
    "Tensor": TENSOR,
    "FloatTensor": TENSOR,
    "LongTensor": TENSOR,
    "BoolTensor": TENSOR,
    "IntTensor": TENSOR,
    "ndarray": NDARRAY,
    "NDArray": NDARRAY,
    "int": NUMBER,
    "float": NUMBER,
    "bool": NUMBER,
    "complex": NUMBER,
    "str": TEXT,
    "bytes": TEXT,
    "None": NONE,
    "List": LIST,
    "list": LIST,
    "MutableSequence": LIST,
    "Tuple": TUPLE,
    "tuple": TUPLE,
    "Dict": DICT,
    "dict": DICT,
    "Mapping": DICT,
    "MutableMapping": DICT,
    "OrderedDict": DICT,
    "Set": SET,
    "set": SET,
    "Callable": FUNCTION | UNKNOWN,
    "PRNGKey": KEY,
    "PRNGKeyArray": KEY,
    "KeyArray": KEY,
    "Key": KEY,
    "dtype": PLAIN,
    "device": PLAIN,
    "Size": PLAIN,
    "Path": PLAIN,
}
_JAX = {
    "jax.Array",
    "jax.numpy.ndarray",
    "jaxtyping.Array",
    "chex.Array",
    "jnp.ndarray",
    "jax.numpy.Array",
    "chex.ArrayDevice",
}
_TF = {"tensorflow.Tensor", "keras.KerasTensor", "tensorflow.types.experimental.TensorLike"}
_JAXTYPING = {
    "Float",
    "Int",
    "Bool",
    "Shaped",
    "Num",
    "Inexact",
    "Real",
    "Complex",
    "Float32",
    "Float64",
    "Int32",
    "UInt8",
}
_TRANSPARENT = {"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired"}


def kind_of_annotation(analyzer: Analyzer, module: str, text: str) -> Value:
    """The value that an annotation's text describes; unknown where it says nothing of use."""
    kind = 0
    refs: list[Ref] = []
    for part in _alternatives(text.strip().strip("\"'")):
        found = _single(analyzer, module, part)
        if found.kind == UNKNOWN and not found.refs:
            return Value(UNKNOWN)
        kind |= found.kind
        refs.extend(r for r in found.refs if r not in refs)
    return Value(kind or UNKNOWN, refs=tuple(refs[:4]))


def _alternatives(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for char in text:
        if char in "[(":
            depth += 1
        elif char in "])":
            depth -= 1
        if char == "|" and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    parts.append(current.strip())
    return [p for p in parts if p]


def _arguments(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for char in text:
        if char in "[(":
            depth += 1
        elif char in "])":
            depth -= 1
        if char == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    parts.append(current.strip())
    return [p for p in parts if p]


def _single(analyzer: Analyzer, module: str, text: str) -> Value:
    head, bracket, rest = text.partition("[")
    head = head.strip()
    last = head.rpartition(".")[2]
    inner = rest.rstrip()[:-1] if bracket else ""
    if last in _TRANSPARENT and inner:
        arguments = _arguments(inner)
        if last == "Annotated":
            arguments = arguments[:1]
        joined = kind_of_annotation(analyzer, module, " | ".join(arguments))
        if last == "Optional" and joined.kind != UNKNOWN:
            return Value(joined.kind | NONE, refs=joined.refs)
        return joined
    symbol = analyzer.symbols.dotted(module, head) if head.replace(".", "").replace("_", "").isalnum() else None
    if symbol is not None and symbol.kind == "class":
        return Value(OBJECT, refs=(InstRef(symbol.module, symbol.name),))
    if symbol is not None and symbol.kind == "library":
        name = symbol.name
        if name in _TF:
            return Value(TF)
        if name in _JAX:
            return Value(JAX)
        if last in _JAXTYPING and name.startswith("jaxtyping") and inner:
            return kind_of_annotation(analyzer, module, _arguments(inner)[0])
        model = analyzer.models.class_(name)
        if last in _LAST and (
            name.startswith(("torch", "numpy", "typing", "jax", "collections", "pathlib", "chex")) or model is None
        ):
            if name.startswith(("jax", "flax", "chex")) and last in ("ndarray", "Array"):
                return Value(JAX)
            return Value(_LAST[last])
        if model is not None and model.kind not in ("array",):
            return Value(OBJECT, refs=(LibInst(model.name),))
        return Value(UNKNOWN)
    if (symbol is None or symbol.kind == "builtin") and last in _LAST:
        return Value(_LAST[last])
    return Value(UNKNOWN)
