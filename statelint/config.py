"""The configuration: ``[tool.statelint]`` of a pyproject.toml, or a statelint.toml, as typed settings.

`Options` is the one list of options: the reader, the JSON Schema, ``statelint config`` and the command line are made
from it. `Configurations` finds which file holds for a folder; `Settings` is the result.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta

from statelint import catalogue, own_rules
from statelint.findings import Confidence, Severity
from statelint.source.patterns import PathPatterns, repository_root

FILES = ("statelint.toml", ".statelint.toml", "pyproject.toml")
# fmt: off
DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pants.d",
    ".pixi", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".statelint_cache", ".svn", ".tox", ".venv",
    ".vscode", "__pycache__", "__pypackages__", "_build", "buck-out", "build", "dist", "node_modules",
    "site-packages", "venv",
)
# fmt: on
OUTPUT_FORMATS = (
    "full",
    "concise",
    "grouped",
    "json",
    "json-lines",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "pylint",
)
_FORMAT = "^(" + "|".join(OUTPUT_FORMATS) + ")$"
_COMMAND_LINE = "the command line"
_ADDED_UP = ("extend-select", "extend-ignore", "extend-exclude", "models", "rules", "differentiable")


class ConfigError(Exception):
    """A configuration that can't be used; the message names the key, the file and the nearest valid name."""


def _doc(text: str) -> Meta:
    return Meta(description=text)


class Options(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """The options of statelint, as a configuration file writes them."""

    extend: Annotated[str, _doc("Another configuration file that this one changes; relative to this file.")] = ""
    select: Annotated[tuple[str, ...], _doc("Rules to report: codes, prefixes such as `SL6`, names, or `ALL`.")] = (
        "ALL",
    )
    ignore: Annotated[tuple[str, ...], _doc("Rules not to report. Of two selectors the more specific one counts.")] = ()
    extend_select: Annotated[tuple[str, ...], _doc("Rules to report in addition to `select`.")] = ()
    extend_ignore: Annotated[tuple[str, ...], _doc("Rules not to report in addition to `ignore`.")] = ()
    per_file_ignores: Annotated[
        dict[str, list[str]],
        _doc('Rules not to report in files that match a pattern: `{"tests/**" = ["SL6"]}`.'),
    ] = {}
    severity: Annotated[
        dict[str, Severity], _doc("How loud rules are, by code, prefix or name: error, warning, info or hint.")
    ] = {}
    confidence: Annotated[
        Confidence, _doc("The least confidence to report: certain, likely (one fact assumed) or possible (more).")
    ] = Confidence.LIKELY
    differentiable: Annotated[
        tuple[str, ...],
        _doc("Patterns of qualified names of functions that are differentiated: `mylib.physics.*.step`."),
    ] = ()
    models: Annotated[
        tuple[str, ...], _doc("TOML files that describe how your own libraries behave; relative to this file.")
    ] = ()
    rules: Annotated[
        tuple[str, ...],
        _doc("Python files with rules of your own; relative to this file. Those of installed packages are added."),
    ] = ()
    include: Annotated[tuple[str, ...], _doc("Patterns of the files to lint in a folder.")] = (
        "*.py",
        "*.pyi",
        "*.ipynb",
    )
    exclude: Annotated[
        tuple[str, ...],
        _doc("Patterns of files and folders to leave out, as in a .gitignore. Replaces the default list."),
    ] = DEFAULT_EXCLUDE
    extend_exclude: Annotated[tuple[str, ...], _doc("Patterns to leave out in addition to `exclude`.")] = ()
    force_exclude: Annotated[bool, _doc("Leave out excluded files even if they are named on the command line.")] = False
    respect_gitignore: Annotated[bool, _doc("Leave out what .gitignore files ignore.")] = True
    src: Annotated[
        tuple[str, ...], _doc("Folders from which the project's modules are imported; relative to this file.")
    ] = (".", "src")
    python: Annotated[
        str,
        _doc(
            "The environment whose packages the code imports: a virtual environment's folder, its interpreter, or a "
            "folder of packages; relative to this file. Default: the active environment, or `.venv`."
        ),
    ] = ""
    output_format: Annotated[str, Meta(description="The format of the report.", pattern=_FORMAT)] = "full"
    require_reason: Annotated[
        bool, _doc("Count only suppressions that give a reason: `# statelint: ignore[SL201] -- why`.")
    ] = False
    fix: Annotated[bool, _doc("Apply safe fixes.")] = False
    unsafe_fixes: Annotated[bool, _doc("With `fix`: also apply fixes that change a signature or a value.")] = False
    show_fixes: Annotated[bool, _doc("List the fixes that were applied.")] = False
    jobs: Annotated[int, Meta(description="Processes to use; 0 takes what the machine has.", ge=0, le=1024)] = 0
    budget: Annotated[
        int, Meta(description="Steps that the analysis of one function may take before it gives up (SL005).", ge=1000)
    ] = 200_000


class Settings(Options, frozen=True, kw_only=True):
    """The options that hold in a folder. ``root`` is the project's folder, ``origin`` the file they come from."""

    root: str = ""
    origin: str = ""

    def __hash__(self) -> int:
        return hash((self.root, self.origin))

    @property
    def exclude_patterns(self) -> PathPatterns:
        """What is left out under a folder."""
        return path_patterns((*self.exclude, *self.extend_exclude), self.root)

    @property
    def include_patterns(self) -> PathPatterns:
        """What is taken under a folder."""
        return path_patterns(self.include, self.root)

    @property
    def sources(self) -> tuple[str, ...]:
        """The folders of ``src`` that exist, absolute."""
        found = (os.path.normpath(os.path.join(self.root, each)) for each in self.src)
        return tuple(dict.fromkeys(each for each in found if os.path.isdir(each)))


_PATTERNS: dict[tuple[tuple[str, ...], str], PathPatterns] = {}


def path_patterns(patterns: tuple[str, ...], root: str) -> PathPatterns:
    """Return the compiled form of a list of patterns, made once."""
    found = _PATTERNS.get((patterns, root))
    if found is None:
        found = _PATTERNS[patterns, root] = PathPatterns(patterns, root)
    return found


class OptionInfo(msgspec.Struct, frozen=True):
    """An option as ``statelint config`` shows it."""

    name: str
    type: str
    default: str
    doc: str


def options() -> list[OptionInfo]:
    """Return all options with their documentation, in the order in which they are written above."""
    properties = json_schema()["properties"]
    defaults = msgspec.to_builtins(Options())
    hints = get_type_hints(Options)
    infos: list[OptionInfo] = []
    for field in msgspec.structs.fields(Options):
        name = field.encode_name
        default = msgspec.json.encode(defaults[name]).decode()
        infos.append(OptionInfo(name, _type_name(hints[field.name]), default, properties[name]["description"]))
    return infos


def _type_name(hint: object) -> str:
    if isinstance(hint, type) and issubclass(hint, (Severity, Confidence)):
        return " | ".join(f'"{each.value}"' for each in hint)
    text = str(hint) if hasattr(hint, "__args__") else getattr(hint, "__name__", str(hint))
    for kind in (Severity, Confidence):
        text = text.replace(f"{kind.__module__}.{kind.__name__}", _type_name(kind))
    return text.replace("tuple[str, ...]", "list[str]")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a statelint.toml, and of the table ``[tool.statelint]``."""
    schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(Options)))
    definitions = schema.pop("$defs")
    body: dict[str, Any] = definitions.pop("Options")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "statelint's configuration",
        **{key: value for key, value in body.items() if key != "title"},
        "$defs": dict(sorted(definitions.items())),
    }


class Configurations:
    """Finds the settings of each folder: the nearest configuration upwards, unless one file is given for all.

    ``overrides`` are options of the command line, which win over every file.
    """

    def __init__(
        self,
        overrides: Mapping[str, object] | None = None,
        file: str | None = None,
        isolated: bool = False,
        folder: str = "",
    ) -> None:
        self._folder = os.path.abspath(folder or ".")
        self._overrides = dict(overrides or {})
        self._by_folder: dict[str, Settings] = {}
        self._by_file: dict[str, Settings] = {}
        self._fixed: Settings | None = None
        if self._overrides:
            _validated(self._overrides, _COMMAND_LINE, selectors=False)  # own rules are not known yet
        if self._overrides.get("python"):
            self._overrides["python"] = _absolute(str(self._overrides["python"]), self._folder)
        installed = [] if isolated else list(own_rules.installed())
        self._installed: dict[str, Any] = {"rules": installed} if installed else {}
        if isolated:
            self._fixed = self._settle({}, "", self._folder)
        elif file is not None:
            self._fixed = self._settle(_read(os.path.abspath(file)), os.path.abspath(file), self._folder)

    def of(self, folder: str) -> Settings:
        """Return the settings that hold for the files in an absolute folder."""
        if self._fixed is not None:
            return self._fixed
        known = self._by_folder.get(folder)
        if known is not None:
            return known
        settings = self._find(folder)
        self._by_folder[folder] = settings
        return settings

    def _find(self, folder: str) -> Settings:
        for name in FILES:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and _holds_settings(path):
                if path not in self._by_file:
                    self._by_file[path] = self._settle(_read(path), path, folder)
                return self._by_file[path]
        parent = os.path.dirname(folder)
        if parent != folder:
            above = self.of(parent)
            if above.origin or not _is_project(folder):
                return above
        return self._settle({}, "", folder if _is_project(folder) else "")

    def _settle(self, table: dict[str, Any], origin: str, root: str) -> Settings:
        merged = _merge(self._installed, _merge(table, self._overrides))
        _register(merged.get("rules", ()), origin or _COMMAND_LINE)
        _check_selectors(self._overrides, _COMMAND_LINE)
        chosen = _validated(merged, origin or _COMMAND_LINE)
        values = {field.name: getattr(chosen, field.name) for field in msgspec.structs.fields(Options)}
        return Settings(**values, root=root or self._folder, origin=origin)


def _is_project(folder: str) -> bool:
    marks = ("pyproject.toml", "setup.py", "setup.cfg")
    return repository_root(folder) == folder or any(os.path.isfile(os.path.join(folder, each)) for each in marks)


def _holds_settings(path: str) -> bool:
    if os.path.basename(path) != "pyproject.toml":
        return True
    try:
        text = Path(path).read_bytes()
    except OSError:
        return False
    return b"statelint" in text and "statelint" in _tool_table(path)


def _toml(path: str) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(Path(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise ConfigError(f"{_shown(path)}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomli.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{_shown(path)}: no valid TOML: {error}") from None


def _tool_table(path: str) -> dict[str, Any]:
    tool = _toml(path).get("tool", {})
    return tool if isinstance(tool, dict) else {}


def _read(path: str, chain: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the options of a file, with those that it extends, paths made absolute."""
    if path in chain:
        raise ConfigError(f"{_shown(chain[-1])}: `extend` goes in a circle through {_shown(path)}")
    if os.path.basename(path) == "pyproject.toml":
        table = _tool_table(path).get("statelint", {})
    else:
        table = _toml(path)
    if not isinstance(table, dict):
        raise ConfigError(f"{_shown(path)}: `tool.statelint` must be a table")
    folder = os.path.dirname(path)
    _validated(table, path, folder)
    for key in ("models", "rules"):
        if key in table:
            table[key] = [os.path.normpath(os.path.join(folder, each)) for each in table[key]]
    if table.get("python"):
        table["python"] = _absolute(table["python"], folder)
    base = table.pop("extend", "")
    if not base:
        return table
    target = _absolute(base, folder)
    return _merge(_read(target, (*chain, path)), table)


def _absolute(path: str, folder: str) -> str:
    return os.path.normpath(os.path.join(folder, os.path.expanduser(path)))


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay options over others. Lists that add to another option add up; a new `select` starts the choice anew."""
    merged = dict(below)
    if "select" in above:
        for key in ("ignore", "extend-select", "extend-ignore"):
            merged.pop(key, None)
    for key, value in above.items():
        if key in _ADDED_UP and isinstance(merged.get(key), list) and isinstance(value, list):
            merged[key] = list(dict.fromkeys([*merged[key], *value]))
        elif key in ("per-file-ignores", "severity") and isinstance(value, dict):
            merged[key] = {**merged.get(key, {}), **value}
        else:
            merged[key] = value
    return merged


def _validated(table: Mapping[str, Any], origin: str, folder: str = "", selectors: bool = True) -> Options:
    fields = {field.encode_name: field for field in msgspec.structs.fields(Options)}
    for key in table:
        if key not in fields:
            raise ConfigError(f"{_shown(origin)}: unknown option `{key}`{_hint(key, list(fields))}")
    for key, value in table.items():
        try:
            msgspec.convert({key: value}, Options)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{_shown(origin)}: bad value of `{key}`: {_explained(error, key, value)}") from None
    chosen = msgspec.convert(table, Options)
    if selectors:
        _register([each if ":" in each else os.path.join(folder, each) for each in chosen.rules], origin)
        _check_selectors(table, origin)
    return chosen


def _register(rules: Iterable[str], origin: str) -> None:
    try:
        own_rules.register(each if ":" in each else os.path.normpath(each) for each in rules)
    except (own_rules.OwnRuleError, catalogue.CatalogueError) as error:
        raise ConfigError(f"{_shown(origin)}: bad value of `rules`: {_shown_in(str(error))}") from None


def _shown_in(message: str) -> str:
    path, colon, rest = message.partition(": ")
    return _shown(path) + colon + rest


def _explained(error: msgspec.ValidationError, key: str, value: object) -> str:
    message, _, place = str(error).partition(" - at ")
    inner = place.strip("`").removeprefix("$.").removeprefix(key)
    if inner and isinstance(value, list) and inner[1:-1].isdigit():
        value = value[int(inner[1:-1])]
    elif inner and isinstance(value, dict) and inner == "[...]":
        value = next((each for each in value.values() if isinstance(each, str)), value)
    allowed: Sequence[str] = ()
    if key == "output-format":
        allowed, message = OUTPUT_FORMATS, "expected one of " + ", ".join(OUTPUT_FORMATS)
    elif key in ("severity", "confidence"):
        allowed = [each.value for each in (Severity if key == "severity" else Confidence)]
        message = "expected one of " + ", ".join(allowed)
    shown = msgspec.json.encode(value, enc_hook=str).decode()
    return f"{shown}: {message[:1].lower()}{message[1:]}{_hint(value, allowed) if isinstance(value, str) else ''}"


def _check_selectors(table: Mapping[str, Any], origin: str) -> None:
    places: list[tuple[str, str]] = []
    for key in ("select", "ignore", "extend-select", "extend-ignore"):
        places += [(key, each) for each in table.get(key, ())]
    for pattern, selectors in table.get("per-file-ignores", {}).items():
        places += [(f'per-file-ignores."{pattern}"', each) for each in selectors]
    places += [(f"severity.{each}", each) for each in table.get("severity", {})]
    for key, selector in places:
        if selector != "ALL" and not catalogue.matching(selector):
            close = catalogue.nearest(selector)
            hint = f"; did you mean `{close}`?" if close else ""
            raise ConfigError(f"{_shown(origin)}: bad value of `{key}`: no rule is called `{selector}`{hint}")


def _hint(word: str, known: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word.replace("_", "-"), known, 1, 0.5)
    return f"; did you mean `{close[0]}`?" if close else ""


def _shown(path: str) -> str:
    if not os.path.isabs(path):
        return path
    inside = os.path.relpath(path)
    return path if inside.startswith(os.pardir) else inside
