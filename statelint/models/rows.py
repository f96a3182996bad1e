"""Rows of a model file, as TOML gives them, into records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import msgspec

from statelint.models import grammar
from statelint.models.errors import ModelError, RowError, nearest
from statelint.models.record import ClassModel, FunctionModel, Result

_Row = TypeVar("_Row")
Toml = Any
"""A value as ``tomli`` gives it."""

_WORDS = {
    "grad": {"flow", "no", "apart", "leaf", "keyword"},
    "draws": {"torch", "numpy", "python", "tensorflow", "jax", "self"},
    "seeds": {"torch", "numpy", "python", "tensorflow", "jax", "self"},
    "external": {"file", "network", "process", "clock", "environment", "database", "registry"},
    "effect": {"print", "log", "io", "ambient"},
    "key": {"consume", "derive", "make"},
    "kind": {"layer", "container", "optimizer", "dataset", "generator", "key", "context", "array", "module"},
}
_TEXT = "params result type saves mutates grad draws key seeds external effect region invokes backward context from"
_FLAGS = ("must_use", "expands")
FUNCTION_FIELDS = frozenset([*_TEXT.split(), "also", *_FLAGS])
CLASS_FIELDS = frozenset(
    ["also", "bases", "kind", "parameters", "buffers", "training_writes", "attributes", "call", "init", "from"]
)
TABLES = frozenset({"library", "functions", "classes", "aliases", "unmodelled"})


class ModelFile(msgspec.Struct, frozen=True):
    """What one file (or all rows of one library) says. ``names`` maps every other public name to the row's own;
    ``aliases`` a module's internal place to its public one; ``unmodelled`` a name to why it has no row."""

    functions: dict[str, FunctionModel] = {}
    classes: dict[str, ClassModel] = {}
    names: dict[str, str] = {}
    aliases: dict[str, str] = {}
    unmodelled: dict[str, str] = {}


def _check_fields(row: Mapping[str, Toml], valid: Collection[str]) -> None:
    for field in row:
        if field not in valid:
            raise RowError(f"unknown field `{field}`{nearest(field, valid)}")


def _text(row: Mapping[str, Toml], field: str) -> str:
    value = row.get(field, "")
    if not isinstance(value, str):
        raise RowError(f"`{field}` must be a string, not {value!r}")
    return value


def _word(row: Mapping[str, Toml], field: str, text: str | None = None) -> str:
    word = _text(row, field) if text is None else text
    if word and word not in _WORDS[field]:
        raise RowError(f"unknown {field} `{word}`{nearest(word, _WORDS[field])}")
    return word


def _list(row: Mapping[str, Toml], field: str) -> tuple[str, ...]:
    value = row.get(field, "")
    if isinstance(value, str):
        return tuple(grammar.split(value))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise RowError(f"`{field}` must be a list of names")


def read_function(name: str, row: Mapping[str, Toml], others: Collection[str] = ()) -> FunctionModel:
    """Read a function's row. ``others`` are names beside its parameters that it may speak of (a layer's weights)."""
    _check_fields(row, FUNCTION_FIELDS)
    for flag in _FLAGS:
        if not isinstance(row.get(flag, False), bool):
            raise RowError(f"`{flag}` must be true or false")
    params = grammar.read_params(_text(row, "params")) if "params" in row else None
    names = None if params is None else [param.name for param in params] + [*others]

    alternatives, result = grammar.read_alternatives(_text(row, "result") or "fresh", names)
    if "type" in row:
        if result.type:
            raise RowError("the type is given twice, in `result` and in `type`")
        result = msgspec.structs.replace(result, type=grammar.check_type(_text(row, "type")))
    elif result.mode == "none":
        result = Result("none", type="none")

    draws, unless, draws_unless = _text(row, "draws").partition(" unless ")
    key_mode, _, key_of = _text(row, "key").partition(" ")
    for argument in (draws_unless, key_of, _text(row, "backward")):
        if argument:
            grammar.check_path(argument, names)
    if unless and not draws_unless:
        raise RowError("`unless` needs an argument name")
    if _word(row, "key", key_mode) not in ("", "make") and not key_of:
        raise RowError(f"key `{key_mode}` needs an argument name")

    return FunctionModel(
        name=name,
        params=params,
        result=result,
        alternatives=alternatives,
        saves=grammar.read_saves(_text(row, "saves"), names) if "saves" in row else None,
        mutates=grammar.read_mutates(_text(row, "mutates"), names),
        grad=cast('Literal["flow", "no", "apart", "leaf", "keyword"]', _word(row, "grad") or "flow"),
        draws=_word(row, "draws", draws),
        draws_unless=draws_unless,
        key=(key_mode, key_of) if key_mode else None,
        seeds=_word(row, "seeds"),
        external=_word(row, "external"),
        effect=_word(row, "effect"),
        regions=grammar.read_regions(_text(row, "region"), names),
        invokes=grammar.read_invokes(_text(row, "invokes"), names),
        backward=_text(row, "backward"),
        context=_text(row, "context"),
        must_use=bool(row.get("must_use", False)),
        expands=bool(row.get("expands", False)),
        provenance=_text(row, "from"),
    )


def read_class(name: str, row: Mapping[str, Toml]) -> ClassModel:
    """Read a class's row."""
    _check_fields(row, CLASS_FIELDS)
    attributes = row.get("attributes", {})
    if not isinstance(attributes, dict):
        raise RowError("`attributes` must be a table of names and types")
    parameters, buffers = _list(row, "parameters"), _list(row, "buffers")
    parts: dict[str, FunctionModel | None] = {"init": None, "call": None}
    others = {*parameters, *buffers, *attributes, "training", "self"}
    for part in parts:
        if part in row:
            if not isinstance(row[part], dict):
                raise RowError(f"`{part}` must be a table")
            model = read_function(f"{name}.__{part}__", row[part], others)
            others |= {param.name for param in model.params or ()}
            parts[part] = model
    return ClassModel(
        name=name,
        bases=_list(row, "bases"),
        kind=_word(row, "kind"),
        call=parts["call"],
        init=parts["init"],
        parameters=parameters,
        buffers=buffers,
        attributes={attribute: grammar.check_type(word) for attribute, word in attributes.items()},
        training_writes=_list(row, "training_writes"),
        provenance=_text(row, "from"),
    )


def read_file(path: Path) -> ModelFile:
    """Read one model file; raise `ModelError` at its first mistake."""
    import tomli  # a run from the cache does not need it

    try:
        tables = tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from error
    except tomli.TOMLDecodeError as error:
        raise ModelError(f"{path}: not valid TOML: {error}") from error
    for table, rows in tables.items():
        if table not in TABLES:
            raise ModelError(f"{path}: unknown table [{table}]{nearest(table, TABLES)}")
        if not isinstance(rows, dict):
            raise ModelError(f"{path}: [{table}] must be a table")
    result = ModelFile({}, {}, {}, {}, {})
    _read_table(path, "functions", tables, read_function, result.functions, result.names)
    _read_table(path, "classes", tables, read_class, result.classes, result.names)
    for table, into in (("aliases", result.aliases), ("unmodelled", result.unmodelled)):
        for name, text in tables.get(table, {}).items():
            if not isinstance(text, str):
                raise ModelError(f'{path}: [{table}] "{name}": must be a string')
            into[name] = text
    return result


def _read_table(
    path: Path,
    table: str,
    tables: Mapping[str, Mapping[str, Toml]],
    read: Callable[[str, Mapping[str, Toml]], _Row],
    into: dict[str, _Row],
    names: dict[str, str],
) -> None:
    for name, row in tables.get(table, {}).items():
        try:
            if not isinstance(row, dict):
                raise RowError("must be a table of fields; a name with dots needs quotes")
            into[name] = read(name, row)
            names.update((other, name) for other in _list(row, "also"))
        except RowError as error:
            raise ModelError(f'{path}: [{table}] "{name}": {error}') from error
