"""The small languages inside a row's fields: ``saves = "other if input"`` and so on, read into records."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, cast

from statelint.models.errors import RowError, nearest
from statelint.models.record import (
    Alternative,
    Condition,
    Invocation,
    Mutation,
    Param,
    Region,
    Result,
    ResultMode,
    Save,
)

TYPES = frozenset(
    [
        "tensor",
        "ndarray",
        "jax",
        "tf",
        "scalar",
        "int",
        "float",
        "bool",
        "str",
        "none",
        "list",
        "dict",
        "set",
        "tuple",
        "key",
        "dtype",
        "generator",
        "optimizer",
        "module",
        "unknown",
        "bytes",
    ]
)
REGIONS = frozenset(
    [
        "grad",
        "jit",
        "vmap",
        "pmap",
        "scan",
        "loop",
        "cond",
        "checkpoint",
        "custom",
        "callback",
        "tape",
        "tf_function",
        "compile",
    ]
)
_MODES = frozenset(["fresh", "view", "same", "maybe", "element", "call", "none", "tuple", "list", "iter", "dict"])
_CONDITIONS = {"if": "grad", "when": "true", "given": "given", "array": "array"}
_PLAIN = re.compile(r"[^\"'\[({]*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*|\[\*\]|\[-?\d+\])*\Z")
_CALL = re.compile(r"(?P<name>\w+)\((?P<args>.*)\)(?P<repeated> repeated)?\Z", re.DOTALL)


def split(text: str, separator: str = ",") -> list[str]:
    """Split at separators outside brackets and quotes; blanks around the parts go, so do empty parts."""
    if _PLAIN.match(text):
        return [part for piece in text.split(separator) if (part := piece.strip())]
    parts, depth, quote, start = [], 0, "", 0
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == separator and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def root_of(path: str) -> str:
    """Return the argument that an access path such as ``params[*].grad`` starts from."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def check_path(path: str, names: Collection[str] | None) -> str:
    """Return ``path`` if it is an access path from one of ``names`` (None: any name)."""
    if not _PATH.match(path):
        raise RowError(f"`{path}` is not an argument")
    if names is not None and root_of(path) not in names:
        raise RowError(f"`{path}` is not an argument of it{nearest(root_of(path), names)}")
    return path


def check_type(word: str) -> str:
    """Return ``word`` if it names a type: a short word or a class's dotted name."""
    if word in TYPES or ("." in word and _DOTTED.match(word)):
        return word
    raise RowError(f"unknown type `{word}`{nearest(word, TYPES)}")


def read_params(text: str) -> tuple[Param, ...]:
    """Read ``input, p=0.5, *args, flag=True, **kwargs``; a lone ``*`` starts the keyword-only ones."""
    kind: Literal["normal", "vararg", "keyword", "kwarg"] = "normal"
    params: list[Param] = []
    for part in split(text):
        name, _, default = (piece.strip() for piece in part.partition("="))
        if part in ("*", "/"):
            kind = "keyword" if part == "*" else kind
            continue
        if part.startswith("**"):
            params.append(Param(name[2:], "kwarg"))
        elif part.startswith("*"):
            params.append(Param(name[1:], "vararg"))
            kind = "keyword"
        else:
            params.append(Param(name, kind, default))
        if not params[-1].name.isidentifier():
            raise RowError(f"`{part}` is not a parameter")
    return tuple(params)


def read_result(text: str, names: Collection[str] | None) -> Result:
    """Read ``view self``, ``tuple(call f, fresh:tensor)`` and the like."""
    text = text.strip()
    head, bracket, rest = text.partition("(")
    if bracket:
        if head not in ("tuple", "list", "iter", "dict") or not rest.endswith(")"):
            raise RowError(f"`{text}` is not a result{nearest(head, _MODES)}")
        return Result(cast("ResultMode", head), items=tuple(read_result(part, names) for part in split(rest[:-1])))
    words, _, kind = text.partition(":")
    mode, _, of = words.partition(" ")
    if mode not in _MODES:
        raise RowError(f"unknown result `{mode}`{nearest(mode, _MODES)}")
    needs = mode in ("view", "same", "maybe", "element", "call")
    if needs != bool(of):
        raise RowError(f"result `{mode}` {'needs an' if needs else 'takes no'} argument name")
    if of:
        check_path(of.strip(), names)
    return Result(cast("ResultMode", mode), of.strip(), type=check_type(kind.strip()) if kind else "")


def read_conditions(words: list[str], names: Collection[str] | None) -> tuple[Condition, ...]:
    """Read ``if x when not flag``, word by word."""
    conditions, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        if word not in _CONDITIONS:
            raise RowError(f"unknown word `{word}`{nearest(word, _CONDITIONS)}")
        negated = bool(rest) and rest[0] == "not"
        if negated:
            rest.pop(0)
        if not rest:
            raise RowError(f"`{word}` needs an argument name")
        kind = cast('Literal["grad", "true", "given", "array"]', _CONDITIONS[word])
        conditions.append(Condition(kind, check_path(rest.pop(0), names), negated))
    return tuple(conditions)


def read_clause(
    text: str, names: Collection[str] | None, flags: Collection[str] = ()
) -> tuple[str, tuple[Condition, ...], frozenset[str]]:
    """Read ``what [flag ...] [if|when|given|array [not] name] ...``; return what, its conditions and its flags."""
    what, *words = text.split()
    check_path(what, None if names is None else {*names, "result"})
    seen = set()
    while words and words[0] in flags:
        seen.add(words.pop(0))
    if words and flags and words[0] not in _CONDITIONS:
        raise RowError(f"unknown word `{words[0]}`{nearest(words[0], [*_CONDITIONS, *flags])}")
    return what, read_conditions(words, names), frozenset(seen)


def read_alternatives(text: str, names: Collection[str] | None) -> tuple[tuple[Alternative, ...], Result]:
    """Read ``tuple(fresh, fresh) given dim; fresh``: conditional results, then the one that holds otherwise."""
    *conditional, last = split(text, ";") or ["fresh"]
    alternatives = []
    for part in conditional:
        match = re.search(rf" ({'|'.join(_CONDITIONS)}) ", part)
        if match is None:
            raise RowError(f"all results but the last need a condition, not `{part}`")
        conditions = read_conditions(part[match.start() :].split(), names)
        alternatives.append(Alternative(read_result(part[: match.start()], names), conditions))
    return tuple(alternatives), read_result(last, names)


def read_saves(text: str, names: Collection[str] | None) -> tuple[Save, ...]:
    """Read ``input if other, result``; ``input hidden``."""
    clauses = (read_clause(part, names, ("hidden",)) for part in split(text))
    return tuple(Save(what, conditions, "hidden" in flags) for what, conditions, flags in clauses)


def read_mutates(text: str, names: Collection[str] | None) -> tuple[Mutation, ...]:
    """Read ``input when inplace, self contents``."""
    clauses = (read_clause(part, names, ("hidden", "contents")) for part in split(text))
    return tuple(
        Mutation(what, conditions, "hidden" in flags, "contents" in flags) for what, conditions, flags in clauses
    )


def read_regions(text: str, names: Collection[str] | None) -> tuple[Region, ...]:
    """Read ``scan f``; several are separated by semicolons."""
    regions = []
    for part in split(text, ";"):
        kind, _, param = part.partition(" ")
        if kind not in REGIONS:
            raise RowError(f"unknown region `{kind}`{nearest(kind, REGIONS)}")
        regions.append(Region(kind, check_path(param.strip(), names)))
    return tuple(regions)


def read_invokes(text: str, names: Collection[str] | None) -> tuple[Invocation, ...]:
    """Read ``f(init, xs[*]) repeated``; several are separated by semicolons."""
    known = None if names is None else {*names, "_", "result"}
    invocations = []
    for part in split(text, ";"):
        match = _CALL.match(part)
        if match is None:
            raise RowError(f"`{part}` is not of the form `f(argument, ...)` or `f(argument, ...) repeated`")
        arguments = tuple(split(match["args"]))
        for argument in arguments:
            check_path(argument.lstrip("*"), known)
        invocations.append(Invocation(check_path(match["name"], names), arguments, bool(match["repeated"])))
    return tuple(invocations)
