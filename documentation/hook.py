"""mkdocs' hook: adds the pages that are written from the code to the site, and the rules to its navigation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from documentation import reference, rules

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

RULES = "Rules"
"""The entry of the navigation that the rules are listed under."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the rules, by family."""
    config.nav = [{RULES: rules.navigation()} if RULES in entry else entry for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    from mkdocs.structure.files import File

    for place, text in {**rules.pages(), **reference.pages()}.items():
        files.append(File.generated(config, place, content=text))
    return files
