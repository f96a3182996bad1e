"""Rules for people and for programs."""

from __future__ import annotations

from statelint import catalogue
from statelint.report import RuleInfo


def rule_info(code: str) -> RuleInfo | None:
    """Return what a report may say of a rule; None if there is no such rule."""
    entry = catalogue.entries().get(code)
    if entry is None:
        return None
    rule = catalogue.load(code)
    return RuleInfo(rule.code, rule.name, rule.family, rule.summary, entry.url, catalogue.page(code))


def heading(rule: catalogue.Rule) -> str:
    """Return a rule's title and its facts as Markdown."""
    fix = {"safe": "Fix: safe.", "unsafe": "Fix: unsafe.", "none": "No fix."}[rule.fix]
    frameworks = f" On: {', '.join(rule.frameworks)}." if rule.frameworks else ""
    since = f" Since {rule.since}." if rule.since else ""
    return f"# {rule.name} ({rule.code})\n\n{rule.summary}\n\n*{rule.family}. {fix}{frameworks}{since}*\n\n"


def markdown(rule: catalogue.Rule) -> str:
    """Return a rule's whole page as Markdown."""
    return heading(rule) + without_title(catalogue.page(rule.code))


def without_title(page: str) -> str:
    """Drop a page's own first-level title: the heading has it."""
    first, _, rest = page.partition("\n")
    return rest.lstrip("\n") if first.startswith("# ") else page
