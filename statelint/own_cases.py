"""Runs the right and wrong cases that a user's own rule carries in its file."""

from __future__ import annotations

import re
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec

from statelint import own_rules
from statelint.config import Configurations
from statelint.engine import Engine

_EXPECT = re.compile(r"#\s*expect:\s*([\w, ]+)")


class CaseResult(msgspec.Struct, frozen=True):
    """One case: ``missing`` are the lines on which a finding was expected and is not, ``extra`` the others."""

    code: str
    kind: str
    number: int
    missing: tuple[int, ...]
    extra: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """Whether the rule said what the case expects."""
        return not self.missing and not self.extra


def run_cases(source: str) -> Iterator[CaseResult]:
    """Lint each case of a rule with that rule alone.

    Raises:
        own_rules.OwnRuleError: The rule has no cases, or a wrong case expects nothing.
    """
    module = own_rules.load(source)
    code = module.RULE.code
    cases = [
        (kind, number, text) for kind in ("BAD", "GOOD") for number, text in enumerate(getattr(module, kind, ()), 1)
    ]
    if not cases:
        raise own_rules.OwnRuleError(f"{source}: has no cases: BAD and GOOD are lists of programs")
    for kind, number, text in cases:
        text = textwrap.dedent(text).lstrip("\n")
        wanted = {
            line
            for line, content in enumerate(text.splitlines(), 1)
            for found in _EXPECT.findall(content)
            if code in re.split(r"[,\s]+", found)
        }
        if kind == "BAD" and not wanted:
            raise own_rules.OwnRuleError(f"{source}: BAD case {number} has no comment `# expect: {code}`")
        got = _lint(source, code, text)
        yield CaseResult(code, kind, number, tuple(sorted(wanted - got)), tuple(sorted(got - wanted)))


def _lint(source: str, code: str, text: str) -> set[int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.py"
        path.write_text(text, "utf-8")
        configurations = Configurations({"rules": [source], "select": [code]}, isolated=True, folder=folder)
        outcome = Engine(configurations).run({str(path): None})
        if outcome.failures:
            raise own_rules.OwnRuleError(f"{source}: {outcome.failures[0].error}\n{outcome.failures[0].details}")
        return {finding.line for finding in outcome.findings if finding.code == code}
