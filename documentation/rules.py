"""Pages of the rules, from ``rules/catalogue``: one of each rule, and an index by family."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path

from statelint import catalogue
from statelint.cli._pages import markdown

INDEX = "rules/index.md"
FIXES = {"safe": "safe", "unsafe": "unsafe", "none": ""}
INTRODUCTION = """# Rules

A code is stable once it is released; the name says what is wrong. `statelint rule CODE` shows a rule's page in the
terminal, and `select`, `ignore`, `severity` and `per-file-ignores` take codes, names and prefixes such as `SL6`
([configuration](../configuration.md)). A *safe* fix keeps values and signatures, an *unsafe* one changes one of them on
purpose.
"""


def families() -> list[tuple[str, str, list[catalogue.Rule]]]:
    """Prefix, name and rules of each family, in the order of the codes."""
    found = []
    for prefix, each in groupby(catalogue.load_all(), key=lambda rule: rule.code[:3]):
        rules = list(each)
        name, _ = Counter(rule.family for rule in rules).most_common(1)[0]
        found.append((prefix, name, rules))
    return found


def source(rule: catalogue.Rule) -> str:
    """The name of a rule's page: that of its file, so that the links between the files hold."""
    return f"rules/{Path(catalogue.entries()[rule.code].path).name}"


def index() -> str:
    """The index by family."""
    text = INTRODUCTION
    for prefix, name, rules in families():
        text += f"\n## {prefix}: {name}\n\n| code | name | reports | on | fix |\n|---|---|---|---|---|\n"
        for rule in rules:
            link = f"[{rule.name}]({Path(source(rule)).name})"
            cells = (rule.code, link, rule.summary, ", ".join(rule.frameworks), FIXES[rule.fix])
            text += "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
    return text


def pages() -> dict[str, str]:
    """All pages, by their place in the documentation."""
    return {INDEX: index(), **{source(rule): markdown(rule) for rule in catalogue.load_all()}}


def navigation() -> list[object]:
    """What the site's navigation lists: the index, then the families."""
    listed: list[object] = [INDEX]
    for prefix, name, rules in families():
        listed.append({f"{prefix} {name}": [{f"{rule.code} {rule.name}": source(rule)} for rule in rules]})
    return listed
