"""The rules that exist: code and name from file names alone, a rule's page only when it is asked for."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

URL = "https://github.com/statelint/statelint/blob/main/rules/catalogue/"
FENCE = "+++"


class CatalogueError(Exception):
    """A page of the catalogue that can't be read; names the file."""


class Rule(msgspec.Struct, frozen=True):
    """A rule's record: the front matter of its page."""

    code: str
    name: str
    family: str
    summary: str
    frameworks: tuple[str, ...] = ()
    fix: Literal["safe", "unsafe", "none"] = "none"
    severity: Literal["error", "warning", "info", "hint"] = "warning"
    since: str = ""


class _FrontMatter(Rule, frozen=True, forbid_unknown_fields=True):
    """`Rule`, as strict as a file written by hand needs it."""


class Entry(msgspec.Struct, frozen=True):
    """What a page's file name says."""

    code: str
    name: str
    path: str

    @property
    def url(self) -> str:
        """Where the page can be read; empty for a user's own rule."""
        return URL + os.path.basename(self.path) if self.path.endswith(".md") else ""


def rules_folder() -> Path:
    """Return the folder of models and catalogue: inside the installed package, else beside it in a checkout."""
    inside = Path(__file__).parent / "rules"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "rules"


@lru_cache(1)
def entries() -> dict[str, Entry]:
    """Return all rules by code, in the order of their codes, without reading a page."""
    found: dict[str, Entry] = {}
    folder = rules_folder() / "catalogue"
    for path in sorted(folder.glob("SL*.md")):
        code, _, name = path.stem.partition("-")
        found[code] = Entry(code, name, str(path))
    for code, (rule, _, source) in sorted(_ADDED.items()):
        found[code] = Entry(code, rule.name, source)
    return found


_ADDED: dict[str, tuple[Rule, str, str]] = {}


def add(rule: Rule, page: str, source: str) -> None:
    """Make a user's own rule known; ``source`` is its file.

    Raises:
        CatalogueError: Another rule has its code or name.
    """
    known = _ADDED.get(rule.code)
    if known is not None and known[2] == source:
        return
    other = entries().get(rule.code) or next((e for e in entries().values() if e.name == rule.name), None)
    if other is not None:
        raise CatalogueError(f"{source}: {rule.code} {rule.name}: the rule {other.code} {other.name} exists already")
    _ADDED[rule.code] = (rule, page, source)
    entries.cache_clear()
    _codes_by_name.cache_clear()


@lru_cache(1)
def _codes_by_name() -> dict[str, str]:
    return {entry.name: entry.code for entry in entries().values()}


def find_code(text: str) -> str | None:
    """Return the code that a user means by a code or a name, in any case; None if there is none."""
    upper = text.upper()
    return upper if upper in entries() else _codes_by_name().get(text.lower().replace("_", "-"))


def matching(selector: str) -> tuple[str, ...]:
    """Return the codes that a selector stands for: ``ALL``, a code, a prefix such as ``SL6``, or a name."""
    if selector == "ALL":
        return tuple(entries())
    if selector[:2].isupper():
        return tuple(code for code in entries() if code.startswith(selector))
    code = _codes_by_name().get(selector)
    return (code,) if code else ()


def nearest(selector: str) -> str:
    """Return the code, prefix or name that comes closest to a selector that stands for nothing; may be empty."""
    import difflib

    codes = list(entries())
    prefixes = sorted({code[:3] for code in codes if code.startswith("SL")})
    upper = selector.upper()
    if matching(upper):
        return upper
    names = list(_codes_by_name())
    if upper.startswith("S"):
        close = difflib.get_close_matches(upper, codes + prefixes, 1, 0.5)
    else:
        close = difflib.get_close_matches(selector.lower(), names, 1, 0.5)
    return close[0] if close else ""


def load(code: str) -> Rule:
    """Return a rule's record, read from its page. An unknown code gives a record without words."""
    if code in _ADDED:
        return _ADDED[code][0]
    entry = entries().get(code)
    return _load(entry.path) if entry else Rule(code, code, code[:3], "")


@lru_cache(512)
def _load(path: str) -> Rule:
    import tomli

    head, _ = _split(path)
    try:
        record: dict[str, Any] = tomli.loads(head)
        rule = msgspec.convert(record, _FrontMatter)
    except (tomli.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CatalogueError(f"{path}: {error}") from None
    if Path(path).stem != f"{rule.code}-{rule.name}":
        raise CatalogueError(f"{path}: holds {rule.code}-{rule.name}")
    return rule


def page(code: str) -> str:
    """Return the Markdown of a rule's page, without its front matter."""
    if code in _ADDED:
        return _ADDED[code][1]
    entry = entries()[code]
    return _split(entry.path)[1]


def load_all() -> list[Rule]:
    """Return all rules in the order of their codes."""
    return [load(code) for code in entries()]


def _split(path: str) -> tuple[str, str]:
    text = Path(path).read_text("utf-8")
    parts = text.split(FENCE + "\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise CatalogueError(f"{path}: no front matter between two lines {FENCE}")
    return parts[1], parts[2].lstrip("\n")
