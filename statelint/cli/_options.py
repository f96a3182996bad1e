"""The options of the command line that stand for options of the configuration."""

from __future__ import annotations

import argparse
import os
from typing import Any

import msgspec

from statelint.config import OUTPUT_FORMATS, Configurations


class UsageError(Exception):
    """Arguments that can't be used."""


_LISTS = {
    "select": "rules to report: codes, prefixes, names or ALL, separated by commas",
    "ignore": "rules not to report",
    "extend-select": "rules to report as well",
    "extend-ignore": "rules not to report either",
    "exclude": "patterns of files and folders to leave out, instead of the default ones",
    "extend-exclude": "patterns to leave out as well",
    "include": "patterns of the files to lint in folders",
    "differentiable": "patterns of qualified names of differentiated functions",
    "models": "TOML files that describe libraries",
    "src": "folders from which modules are imported",
}
_FLAGS = {
    "force-exclude": "leave out excluded files even if they are named",
    "respect-gitignore": "leave out what .gitignore files ignore",
    "require-reason": "count only suppressions that give a reason",
    "fix": "apply safe fixes",
    "unsafe-fixes": "apply or show fixes that change a signature or a value, too",
    "show-fixes": "list the fixes that were applied",
}


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``, ``--isolated`` and an option for each option of the configuration."""
    group = parser.add_argument_group("configuration")
    group.add_argument("--config", action="append", default=[], metavar="FILE|KEY=VALUE", help="a file, or one option")
    group.add_argument("--isolated", action="store_true", help="read no configuration file")
    for name, text in _LISTS.items():
        group.add_argument(f"--{name}", action="append", metavar="LIST", help=text)
    group.add_argument(
        "--per-file-ignores", action="append", metavar="PATTERN:RULE,...", help="rules not to report in some files"
    )
    group.add_argument("--severity", action="append", metavar="RULE=LEVEL,...", help="how loud rules are")
    group.add_argument("--confidence", metavar="LEVEL", help="the least to report: certain, likely or possible")
    group.add_argument("--budget", type=int, metavar="STEPS", help="steps that one function's analysis may take")
    group.add_argument("-j", "--jobs", type=int, metavar="N", help="processes to use")
    group.add_argument("--output-format", metavar="FORMAT", help=", ".join(OUTPUT_FORMATS))
    for name, text in _FLAGS.items():
        group.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=text)


def configurations(arguments: argparse.Namespace) -> Configurations:
    """Return where settings come from, for parsed arguments and the environment."""
    overrides: dict[str, Any] = {}
    files: list[str] = []
    for text in arguments.config:
        key, equals, value = text.partition("=")
        if not equals or os.path.isfile(text):
            files.append(text)
        else:
            overrides.update(_key_value(key.strip(), value.strip()))
    if len(files) > 1:
        raise UsageError(f"--config: one file at a time, not {', '.join(files)}")
    if files and arguments.isolated:
        raise UsageError("--config FILE and --isolated exclude each other")
    for name in _LISTS:
        given = getattr(arguments, name.replace("-", "_"))
        if given is not None:
            overrides[name] = [part.strip() for each in given for part in each.split(",") if part.strip()]
    if "models" in overrides:
        overrides["models"] = [os.path.abspath(each) for each in overrides["models"]]
    for name in (*_FLAGS, "confidence", "budget", "jobs", "output-format"):
        given = getattr(arguments, name.replace("-", "_"))
        if given is not None:
            overrides[name] = given
    if arguments.per_file_ignores:
        overrides["per-file-ignores"] = _per_file_ignores(arguments.per_file_ignores)
    if arguments.severity:
        overrides["severity"] = _severities(arguments.severity)
    from_environment = os.environ.get("STATELINT_OUTPUT_FORMAT")
    if from_environment and "output-format" not in overrides:
        overrides["output-format"] = from_environment
    return Configurations(overrides, files[0] if files else None, arguments.isolated)


def _key_value(key: str, value: str) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(f"{key} = {value}")
    except tomli.TOMLDecodeError:
        pass
    try:
        return tomli.loads(f"{key} = {msgspec.json.encode(value).decode()}")
    except tomli.TOMLDecodeError as error:
        raise UsageError(f"--config {key}={value}: no valid TOML: {error}") from None


def _per_file_ignores(given: list[str]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    pattern = ""
    for part in (part.strip() for each in given for part in each.split(",")):
        before, colon, code = part.rpartition(":")
        if colon:
            pattern = before
        if not pattern or not code:
            raise UsageError(f"--per-file-ignores {part}: expected PATTERN:RULE")
        table.setdefault(pattern, []).append(code)
    return table


def _severities(given: list[str]) -> dict[str, str]:
    table: dict[str, str] = {}
    for part in (part.strip() for each in given for part in each.split(",") if part.strip()):
        rule, equals, level = part.partition("=")
        if not equals:
            raise UsageError(f"--severity {part}: expected RULE=LEVEL")
        table[rule.strip()] = level.strip()
    return table
