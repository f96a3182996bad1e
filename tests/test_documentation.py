"""The pages of the site that are written from the code, and the site as mkdocs builds it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from statelint import catalogue
from statelint.cli.main import parser_of, verbs
from statelint.config import options

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from documentation import reference, rules  # noqa: E402


def test_every_rule_has_a_page_and_a_line_in_the_index() -> None:
    pages = rules.pages()
    for rule in catalogue.load_all():
        assert f"# {rule.name} ({rule.code})" in pages[rules.source(rule)]
        line = next(line for line in pages[rules.INDEX].splitlines() if line.startswith(f"| {rule.code} |"))
        assert f"[{rule.name}](" in line
        assert line.count(" | ") - line.count("\\|") == 4


def test_families_have_one_name_each() -> None:
    for prefix, name, members in rules.families():
        assert {rule.family for rule in members} == {name}, prefix


def test_links_between_rules_lead_somewhere() -> None:
    pages = rules.pages()
    for text in pages.values():
        for target in re.findall(r"\]\((SL[^)#]+)", text):
            assert f"rules/{target}" in pages


def test_every_option_of_the_configuration_is_described() -> None:
    text = reference.configuration()
    for option in options():
        assert f"### `{option.name}`\n\n{option.doc}" in text


def test_every_option_of_every_verb_is_described() -> None:
    text = reference.commands()
    for verb in verbs():
        section = text.partition(f"## statelint {verb}\n")[2].partition("\n## ")[0]
        for action in parser_of(verb)._actions:
            assert all(f"{name}" in section for name in action.option_strings)
            assert action.metavar is None or str(action.metavar).replace("|", "\\|") in section.replace("|", "\\|")


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for place in ("index.html", "tour/index.html", "rules/SL201-saved-value-mutated/index.html", "commands/index.html"):
        assert (tmp_path / place).is_file()
