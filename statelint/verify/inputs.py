"""Inputs of a function: from its example, its defaults, its annotations."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable
from typing import Any

import numpy as np

from statelint.verify.engines.base import Engine
from statelint.verify.target import as_call

SHAPES: tuple[tuple[int, ...], ...] = ((4,), (4, 4), (2, 4, 4), (2, 4, 8, 8), ())
"""Shapes to try, in turn, for arrays whose annotation says none."""
COUNT = 4
"""What an annotated ``int`` gets."""
_ARRAYS = {"Tensor", "FloatTensor", "DoubleTensor", "Array", "ArrayLike", "ndarray", "NDArray", "Parameter"}
_INTEGERS = {"LongTensor", "IntTensor"}
_KEYS = re.compile(r"(.*_)?(key|rng|prng|rng_key)$")
_DEPTH = 3

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class InputsError(Exception):
    """No inputs can be made; the message names the parameters."""


def from_example(text: str, scope: dict[str, Any], engine: Engine) -> Arguments:
    """Evaluate the text of an example, in the scope of the user's module."""
    call = as_call(text)
    if call is None:
        raise InputsError(f"the example is not a Python expression: {text}")
    names = {**engine.names(), **scope, "_": lambda *args, **kwargs: (args, kwargs)}
    try:
        made: Arguments = eval(call, names)
    except Exception as error:
        raise InputsError(f"the example fails: {type(error).__name__}: {error}") from error
    return made


class FromAnnotations:
    """Arguments from annotations, of one shape wherever an annotation says none."""

    def __init__(self, engine: Engine, seed: int, shape: tuple[int, ...], positive: bool) -> None:
        self._engine, self._shape, self._positive = engine, shape, positive
        self._rng = np.random.default_rng(seed)
        self._sizes: dict[str, int] = {}
        self.guesses = 0
        """How many shapes were made up."""

    def arguments(self, f: Callable[..., Any], what: str) -> Arguments:
        """Arguments for the parameters that have no default.

        Raises:
            InputsError: naming those for which there is nothing to go by.
        """
        signature = signature_of(f)
        if signature is None:
            raise InputsError(f"{what} has no signature")
        hints = _hints(f)
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        missing: list[str] = []
        for name, parameter in signature.parameters.items():
            if parameter.default is not parameter.empty or parameter.kind in (
                parameter.VAR_POSITIONAL,
                parameter.VAR_KEYWORD,
            ):
                continue
            try:
                value = self.value(hints.get(name, parameter.annotation), name)
            except LookupError as problem:
                missing.append(f"`{name}` ({problem.args[0]})")
                continue
            if parameter.kind == parameter.KEYWORD_ONLY:
                kwargs[name] = value
            else:
                args.append(value)
        if missing:
            raise InputsError(f"no input for {', '.join(missing)} of {what}")
        return tuple(args), kwargs

    def value(self, hint: Any, name: str, depth: int = _DEPTH) -> Any:
        """A value of an annotation; LookupError says what is missing."""
        if hint is inspect.Parameter.empty or hint is Any:
            raise LookupError("no annotation and no default")
        if isinstance(hint, str):
            raise LookupError(f"its annotation {hint!r} can't be resolved")
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self.value(parts[0], name, depth)
        if origin in (typing.Union, types.UnionType):
            if type(None) in parts:
                parts = tuple(p for p in parts if p is not type(None))
            return self.value(parts[0], name, depth)
        plain = {
            float: self._number,
            int: lambda: COUNT,
            bool: lambda: True,
            complex: lambda: complex(self._number(), 1),
        }
        if isinstance(hint, type) and hint in plain:
            number: Callable[[], Any] = plain[hint]
            return number()
        if isinstance(hint, type) and issubclass(hint, np.random.Generator):
            return np.random.default_rng(0)
        if hasattr(hint, "dim_str"):
            return self._sized(hint)
        short = getattr(origin or hint, "__name__", "").rpartition(".")[2]
        if short in _INTEGERS:
            return self._engine.array(self._rng.integers(0, COUNT, self._shape))
        if short in _ARRAYS:
            return self._array(name, origin or hint)
        if (depth and origin in (list, tuple, dict)) or short in ("Sequence", "Iterable"):
            return self._container(origin, parts, name, depth - 1)
        if depth and isinstance(hint, type) and hint.__module__ not in ("builtins", "typing"):
            cls: Callable[..., Any] = hint
            args, kwargs = self.arguments(cls, f"{hint.__name__}()")
            return cls(*args, **kwargs)
        raise LookupError(f"nothing known of {getattr(hint, '__name__', hint)!s}")

    def _number(self) -> float:
        return float(np.abs(self._rng.standard_normal()) + 0.25)

    def _numbers(self, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        if self._positive:
            return self._rng.uniform(0.1, 0.9, shape)
        return np.asarray(self._rng.standard_normal(shape))

    def _array(self, name: str, hint: Any) -> Any:
        if _KEYS.fullmatch(name):
            try:
                return self._engine.random_key(int(self._rng.integers(1 << 30)))
            except LookupError:
                pass
        self.guesses += 1
        values = self._numbers(self._shape)
        return values if hint.__module__.startswith("numpy") else self._engine.array(values)

    def _sized(self, hint: Any) -> Any:
        """An array of jaxtyping's annotations, whose sizes are named."""
        shape = []
        for word in hint.dim_str.split():
            word = word.partition("=")[2] or word.lstrip("#?")
            if word.startswith(("*", "...")):
                continue
            shape.append(int(word) if word.isdigit() else self._sizes.setdefault(word, 3 + len(self._sizes)))
        kinds = " ".join(map(str, getattr(hint, "dtypes", ("float",))))
        if "float" in kinds:
            return self._engine.array(self._numbers(tuple(shape)))
        return self._engine.array(self._rng.integers(0, 2, tuple(shape)).astype(bool if kinds == "bool" else np.int64))

    def _container(self, origin: Any, parts: tuple[Any, ...], name: str, depth: int) -> Any:
        if not parts:
            raise LookupError("nothing known of what it holds")
        if origin is dict:
            return {key: self.value(parts[1], name, depth) for key in ("a", "b")} if parts[0] is str else {}
        if origin is tuple and parts[-1] is not Ellipsis:
            return tuple(self.value(part, name, depth) for part in parts)
        made = [self.value(parts[0], name, depth) for _ in range(3)]
        return tuple(made) if origin is tuple else made


def signature_of(f: Callable[..., Any]) -> inspect.Signature | None:
    """The parameters of a function; of ``forward`` for a module, whose call takes anything. None if unknown."""
    if not isinstance(f, type) and not inspect.isroutine(f) and callable(getattr(f, "forward", None)):
        f = f.forward  # type: ignore[attr-defined]
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        return None


def fitted(f: Callable[..., Any], made: Arguments, what: str) -> Arguments:
    """The arguments, if they fit the parameters.

    Raises:
        InputsError: if they don't.
    """
    signature = signature_of(f)
    if signature is not None:
        try:
            signature.bind(*made[0], **made[1])
        except TypeError as error:
            raise InputsError(f"the example does not fit {what}{signature}: {error}") from None
    return made


def _hints(f: Callable[..., Any]) -> dict[str, Any]:
    target: Any = f.__init__ if isinstance(f, type) else f  # type: ignore[misc]
    target = inspect.unwrap(target)
    if not inspect.isroutine(target):
        target = getattr(target, "forward", None) or getattr(type(target), "__call__", target)  # noqa: B004
    try:
        hints = typing.get_type_hints(target, include_extras=True)
    except Exception:
        return {}
    if isinstance(f, type) and dataclasses.is_dataclass(f):
        try:
            return typing.get_type_hints(f, include_extras=True)
        except Exception:
            return hints
    return hints


def described(engine: Engine, f: Callable[..., Any], made: Arguments) -> str:
    """The inputs in a few words: ``x = float64[4], scale = 2.0``."""
    signature = signature_of(f)
    try:
        bound = None if signature is None else signature.bind(*made[0], **made[1]).arguments
    except TypeError:
        bound = None
    if bound is None:
        bound = {f"argument {k}": v for k, v in enumerate(made[0])} | made[1]
    shown = ", ".join(f"{name} = {short(engine, value)}" for name, value in bound.items())
    return shown or "none"


def short(engine: Engine, value: Any) -> str:
    """A value in a few characters."""
    if engine.is_array(value):
        plain = engine.plain(value)
        return f"{plain.dtype}[{', '.join(map(str, plain.shape))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{k!r}: {short(engine, v)}" for k, v in list(value.items())[:4])
        return f"{{{inner}{', ...' if len(value) > 4 else ''}}}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(short(engine, v) for v in value[:4]) + (", ..." if len(value) > 4 else "")
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        text = f"{value:.6g}" if isinstance(value, float) else repr(value)
        return text if len(text) < 40 else text[:37] + "..."
    if inspect.isroutine(value) or isinstance(value, type):
        return getattr(value, "__name__", "function")
    return type(value).__name__
