"""``statelint config``: the options of the configuration."""

from __future__ import annotations

import argparse

import msgspec

from statelint.cli import _screen
from statelint.cli._options import UsageError

HELP = "list the options of the configuration, or explain one"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("option", nargs="?", metavar="KEY", help="the option to explain")
    parser.add_argument("--output-format", choices=("text", "json", "schema"), default="text")


def run(arguments: argparse.Namespace) -> int:
    """Print one option or all."""
    from statelint.config import json_schema, options

    if arguments.output_format == "schema":
        _screen.write(msgspec.json.format(msgspec.json.encode(json_schema())).decode() + "\n")
        return 0
    found = options()
    if arguments.option is not None:
        key = arguments.option.replace("_", "-")
        found = [each for each in found if each.name == key]
        if not found:
            import difflib

            close = difflib.get_close_matches(key, [each.name for each in options()], 1, 0.5)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            raise UsageError(f"no option is called `{arguments.option}`{hint}")
    if arguments.output_format == "json":
        data = msgspec.json.encode(found if arguments.option is None else found[0])
        _screen.write(msgspec.json.format(data).decode() + "\n")
        return 0
    for index, each in enumerate(found):
        lines = [f"{each.name}", f"    {each.doc}", f"    Type: {each.type}", f"    Default: {each.default}"]
        _screen.write(("\n" if index else "") + "\n".join(lines) + "\n")
    return 0
