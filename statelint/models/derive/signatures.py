"""Parameter names of library functions: from Python signatures, type stubs and the first line of docstrings."""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from statelint.models import grammar
from statelint.models.errors import RowError
from statelint.models.record import Param

_CONSTANT = re.compile(r"(None|True|False|-?\d+(\.\d+)?(e-?\d+)?|'[\w ]*'|\"[\w ]*\")\Z")


class Signature(msgspec.Struct, frozen=True):
    """Parameters in order; ``arrays`` are those annotated as arrays, where the source says so."""

    params: tuple[Param, ...]
    arrays: frozenset[str] = frozenset()

    def binds(self, positional: int, keywords: Iterable[str]) -> bool:
        """Tell whether a call with so many positional arguments and these keywords fits."""
        names = {param.name for param in self.params}
        room = sum(param.kind == "normal" for param in self.params)
        open_end = any(param.kind == "vararg" for param in self.params)
        any_name = any(param.kind == "kwarg" for param in self.params)
        return (positional <= room or open_end) and (any_name or names.issuperset(keywords))


def constant(text: str) -> str:
    """Return the text of a default if it is a plain constant."""
    return text if _CONSTANT.match(text) else ""


def from_python(function: Callable[..., Any]) -> Signature | None:
    """Read the signature that `inspect` sees; None if it says only ``*args, **kwargs``."""
    try:
        found = inspect.signature(function)
    except (ValueError, TypeError):
        return None
    kinds: dict[Any, Literal["vararg", "kwarg", "keyword"]] = {
        inspect.Parameter.VAR_POSITIONAL: "vararg",
        inspect.Parameter.VAR_KEYWORD: "kwarg",
        inspect.Parameter.KEYWORD_ONLY: "keyword",
    }
    params, arrays = [], set()
    for parameter in found.parameters.values():
        name = parameter.name.lstrip("_") if parameter.name.startswith("__") else parameter.name
        default = "" if parameter.default is parameter.empty else optional(repr(parameter.default))
        params.append(Param(name, kinds.get(parameter.kind, "normal"), default))
        if "Tensor" in str(parameter.annotation):
            arrays.add(name)
    if params and all(param.name in ("args", "kwargs") for param in params):
        return None
    return Signature(tuple(params), frozenset(arrays))


def optional(text: str) -> str:
    """Return a default as a row gives it: a constant as it is, anything else as ``...``."""
    return constant(text) or "..."


def from_docstring(function: Any) -> list[Signature]:
    """Read ``name(a, b=0, *, out=None) -> Tensor`` lines at the start of a docstring."""
    found = []
    for line in (getattr(function, "__doc__", None) or "").strip().splitlines()[:4]:
        match = re.match(r"[\w.]*\((.*?)\)\s*(->.*)?$", line.strip())
        if not match:
            continue
        try:
            params = grammar.read_params(_plain(match[1]))
        except RowError:
            continue
        params = tuple(
            msgspec.structs.replace(param, default=optional(param.default)) if param.default else param
            for param in params
        )
        found.append(Signature(params))
    return found


def _plain(text: str) -> str:
    """Drop annotations, and brackets of optional parameters, from a docstring's parameter list."""
    text = text.replace("[", "").replace("]", "") if re.search(r"\[,|\[\w+=", text) else text
    parts = []
    for part in grammar.split(text):
        name, equals, default = part.partition("=")
        parts.append(f"{name.partition(':')[0].strip()}{equals}{default}")
    return ", ".join(parts)


@functools.cache
def stubs(path: Path, owner: str = "") -> dict[str, list[Signature]]:
    """Return the overloads of each function in a stub file, or of each method of one class there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body: Sequence[ast.stmt] = tree.body
    if owner:
        body = next((node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner), [])
    found: dict[str, list[Signature]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(_from_tree(node.args))
    return found


def _from_tree(args: ast.arguments) -> Signature:
    params, arrays = [], set()
    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    for arg, default in zip(plain, defaults, strict=True):
        params.append(Param(arg.arg, "normal", optional(ast.unparse(default)) if default else ""))
    if args.vararg:
        params.append(Param(args.vararg.arg, "vararg"))
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        params.append(Param(arg.arg, "keyword", optional(ast.unparse(default)) if default else ""))
    if args.kwarg:
        params.append(Param(args.kwarg.arg, "kwarg"))
    for arg in (*plain, *args.kwonlyargs):
        if arg.annotation is not None and "Tensor" in ast.unparse(arg.annotation):
            arrays.add(arg.arg)
    return Signature(tuple(params), frozenset(arrays))


def merge(overloads: Sequence[Signature], calls: Iterable[tuple[int, Sequence[str]]]) -> tuple[Param, ...] | None:
    """Return one parameter list for all overloads: that of the overload that fits most calls, then the other names."""
    if not overloads:
        return None
    seen = list(calls)
    best = max(
        overloads,
        key=lambda overload: (
            sum(overload.binds(positional, keywords) for positional, keywords in seen),
            len(overload.arrays),
            -sum(param.name not in overload.arrays and not param.default for param in overload.params),
            len(overload.params),
        ),
    )
    everywhere = set.intersection(*({param.name for param in overload.params} for overload in overloads))
    params = [_loosened(param, everywhere) for param in best.params]
    names = {param.name for param in params} | {"self", "input"}
    extra = []
    for overload in overloads:
        for param in overload.params:
            if param.name not in names and param.kind in ("normal", "keyword"):
                names.add(param.name)
                extra.append(Param(param.name, "keyword", param.default or "None"))
    if any(param.kind == "kwarg" for param in params):
        return (*params[:-1], *extra, params[-1])
    return (*params, *extra)


def _loosened(param: Param, required: set[str]) -> Param:
    """Give a parameter that other overloads lack a default."""
    if param.kind in ("vararg", "kwarg") or param.default or param.name in required or param.name in ("self", "input"):
        return param
    return msgspec.structs.replace(param, default="None")


def text(params: Sequence[Param]) -> str:
    """Write parameters the way a row does."""
    parts, keyword = [], False
    for param in params:
        if param.kind == "vararg":
            parts.append(f"*{param.name}")
            keyword = True
        elif param.kind == "kwarg":
            parts.append(f"**{param.name}")
        else:
            if param.kind == "keyword" and not keyword:
                parts.append("*")
                keyword = True
            parts.append(f"{param.name}={param.default}" if param.default else param.name)
    return ", ".join(parts)
