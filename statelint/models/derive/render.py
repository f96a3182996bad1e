"""Rows as lines of TOML, names with equal rows on one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from statelint.models import grammar

_ORDER = [
    "also",
    "bases",
    "kind",
    "parameters",
    "buffers",
    "training_writes",
    "attributes",
    "init",
    "params",
    "result",
    "type",
    "saves",
    "mutates",
    "grad",
    "draws",
    "key",
    "seeds",
    "external",
    "effect",
    "region",
    "invokes",
    "backward",
    "context",
    "must_use",
    "call",
    "from",
]
_PLACES = ("torch.", "torch.nn.functional.", "torch.linalg.", "torch.fft.", "torch.special.", "torch.Tensor.", "numpy.")

Fields = dict[str, object]


def text(value: object) -> str:
    """Write a value the way TOML wants it on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {text(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Iterable):
        return "[" + ", ".join(text(item) for item in value) + "]"
    raise TypeError(type(value))


def _key(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f'"{name}"'


def line(name: str, fields: Mapping[str, object]) -> str:
    """Write one row."""
    ordered = {field: fields[field] for field in _ORDER if field in fields}
    return f'"{name}" = {text(ordered)}'


def group(rows: Mapping[str, Fields], family: Mapping[str, str]) -> dict[str, Fields]:
    """Put names of one family whose rows say the same under one name, the others in ``also``."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for name in sorted(rows, key=_rank):
        groups.setdefault((family.get(name, name), name.endswith("_"), _normal(rows[name])), []).append(name)
    found: dict[str, Fields] = {}
    for first, *others in groups.values():
        found[first] = {**({"also": others} if others else {}), **rows[first]}
    return dict(sorted(found.items(), key=lambda item: _rank(item[0])[1:] + _rank(item[0])))


def _rank(name: str) -> tuple[int, str]:
    place = name[: name.rindex(".") + 1]
    return (_PLACES.index(place) if place in _PLACES else len(_PLACES), name)


def _normal(fields: Fields) -> str:
    """Return a row's text with the first parameter's name and ``out`` left out."""
    params = grammar.split(str(fields.get("params", "")))
    first = re.escape(params[0].partition("=")[0]) if params else "-"
    kept = [part for part in params if part not in ("*", "/") and part.partition("=")[0] != "out"]
    parts = {**fields, "params": ", ".join(kept)}
    parts["mutates"] = ", ".join(part for part in grammar.split(str(fields.get("mutates", ""))) if part != "out")
    body = "; ".join(f"{key}={value}" for key, value in sorted(parts.items()) if value != "")
    return re.sub(rf"(?<![\w.:]){first}(?![\w.])", "@", body)


def write(path: Path, library: str, version: str, tables: Mapping[str, Mapping[str, Mapping[str, object]]]) -> None:
    """Write a model file."""
    parts = [f'[library]\nname = "{library}"\nversion = "{version}"\n']
    for table, rows in tables.items():
        if rows:
            parts.append(f"[{table}]\n" + "".join(line(name, row) + "\n" for name, row in rows.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")
