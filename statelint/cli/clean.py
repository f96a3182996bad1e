"""``statelint clean``: remove the cache."""

from __future__ import annotations

import argparse
import os

from statelint.cli import _screen
from statelint.cli._options import UsageError

HELP = "remove the cache"
CACHE = ".statelint_cache"
_TAG = "CACHEDIR.TAG"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("--cache-dir", metavar="FOLDER", help="where the cache is")


def run(arguments: argparse.Namespace) -> int:
    """Remove the cache folder, if it is one."""
    from statelint.config import Configurations

    given = arguments.cache_dir or os.environ.get("STATELINT_CACHE_DIR")
    folder = given or os.path.join(Configurations().of(os.getcwd()).root, CACHE)
    if not os.path.isdir(folder):
        _screen.note(f"No cache at {folder}.")
        return 0
    if os.path.basename(os.path.normpath(folder)) != CACHE and not os.path.isfile(os.path.join(folder, _TAG)):
        raise UsageError(f"{folder} does not look like a cache (no {_TAG}); not removed")
    import shutil

    shutil.rmtree(folder)
    _screen.note(f"Removed {folder}.")
    return 0
