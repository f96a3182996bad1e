"""``statelint server``: the language server, for editors."""

from __future__ import annotations

import argparse

from statelint.cli._options import UsageError

HELP = "run the language server on standard input and output"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("--stdio", action="store_true", help="accepted for editors that say so; there is no other way")


def run(arguments: argparse.Namespace) -> int:
    """Serve until the editor leaves."""
    from statelint import lsp

    if not lsp.available():
        raise UsageError(lsp.MISSING)
    return lsp.start()
