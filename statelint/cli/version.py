"""``statelint version``: the version, alone or with where it runs."""

from __future__ import annotations

import argparse

from statelint import __version__

HELP = "print the version"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("--output-format", choices=("text", "json"), default="text")


def run(arguments: argparse.Namespace) -> int:
    """Print the version."""
    if arguments.output_format == "text":
        print(f"statelint {__version__}")
        return 0
    import json
    import platform

    print(json.dumps({"version": __version__, "python": platform.python_version(), "platform": platform.platform()}))
    return 0
