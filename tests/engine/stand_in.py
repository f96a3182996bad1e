"""A catalogue and an analysis of three words, for tests of what is around the analysis.

``BAD`` is a certain SL201, ``MAYBE`` a possible SL601, ``CRASH`` an error of the analysis itself. Each names as its
cause the first ``CAUSE`` of the file, and of the module ``helper`` if there is one.
"""

import re
from pathlib import Path

import msgspec
import pytest

from statelint import catalogue, checks, effects
from statelint.findings import Confidence, Draft, Step

RULES = {
    "SL001": ("unreadable-file", "none", "warning"),
    "SL002": ("syntax-error", "none", "error"),
    "SL003": ("unused-suppression", "safe", "warning"),
    "SL004": ("unknown-rule-in-suppression", "none", "warning"),
    "SL201": ("saved-value-mutated", "none", "warning"),
    "SL202": ("saved-value-mutated-silently", "none", "warning"),
    "SL601": ("global-rng", "none", "info"),
    "SL602": ("key-reuse", "unsafe", "warning"),
    "SL902": ("graph-retaining-store", "safe", "warning"),
}
PAGE = """+++
code = "{code}"
name = "{name}"
family = "family"
summary = "Summary of {name}."
frameworks = ["torch"]
fix = "{fix}"
severity = "{severity}"
since = "0.1.0"
+++
# {name}

## What it does
Text.
"""


class ModuleFacts(msgspec.Struct):
    module: str
    path: str
    hits: list[tuple[str, tuple[int, int, int, int], str]]
    cause: tuple[int, int, int, int] | None
    other: str


def spans(text, word):
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        for found in re.finditer(rf"\b{word}\b", line.partition("#")[0]):
            start = len(line[: found.start()].encode())
            yield number, start, number, start + len(word)


def analyse(project, modules, settings):
    facts = []
    for name in modules:
        if project.module_ir(name) is None:
            continue
        file = project.modules[name]
        if "CRASH" in file.text:
            raise RuntimeError("the analysis broke")
        hits = [(word, span, f"f{span[0] // 100}") for word in ("BAD", "MAYBE") for span in spans(file.text, word)]
        other = project.source("helper", name)
        facts.append(
            ModuleFacts(name, file.path, hits, next(spans(file.text, "CAUSE"), None), other.path if other else "")
        )
    return facts


def link(facts, settings):
    return facts


def run(program, settings):
    drafts = []
    for module in program:
        for word, span, function in module.hits:
            steps = (Step(module.path, module.cause, "the cause"),) if module.cause else ()
            if module.other:
                steps += (Step(module.other, (1, 0, 1, 1), "the helper"),)
            code, confidence = ("SL201", Confidence.CERTAIN) if word == "BAD" else ("SL601", Confidence.POSSIBLE)
            drafts.append(
                Draft(code, module.path, span, f"{word} is overwritten.", "Do not.", confidence, function, steps)
            )
    return drafts


@pytest.fixture
def stand_in(monkeypatch, tmp_path_factory):
    """Replace catalogue and analysis."""
    rules = tmp_path_factory.mktemp("rules")
    (rules / "catalogue").mkdir()
    for code, (name, fix, severity) in RULES.items():
        page = PAGE.format(code=code, name=name, fix=fix, severity=severity)
        (rules / "catalogue" / f"{code}-{name}.md").write_text(page)
    monkeypatch.setattr(catalogue, "rules_folder", lambda: Path(rules))
    clear_catalogue()
    for name, value in (("analyse", analyse), ("link", link), ("ModuleFacts", ModuleFacts)):
        monkeypatch.setattr(effects, name, value, raising=False)
    monkeypatch.setattr(checks, "run", run, raising=False)
    yield
    clear_catalogue()


def clear_catalogue():
    catalogue.entries.cache_clear()
    catalogue._codes_by_name.cache_clear()
    catalogue._load.cache_clear()
