"""JUnit XML: a suite for each file, a failed test for each finding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from statelint.findings import Finding
from statelint.report._context import ReportContext
from statelint.report._text import place, relative, story, with_cell

_NOT_XML = re.compile("[^\\t\\n\\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return the XML document; a clean run has one test, which passes, since some readers take no empty report."""
    counts = f'tests="{max(len(findings), 1)}" failures="{len(findings)}" errors="0"'
    rows = ['<?xml version="1.0" encoding="utf-8"?>', f'<testsuites name="statelint" {counts}>']
    if not findings:
        rows += [
            '  <testsuite name="statelint" tests="1" failures="0" errors="0" skipped="0">',
            '    <testcase name="no problems found" classname="statelint"/>',
            "  </testsuite>",
        ]
    for path, group in groupby(findings, key=lambda finding: finding.path):
        rows += _suite(relative(path, context), list(group), context)
    return "\n".join([*rows, "</testsuites>"]) + "\n"


def _suite(path: str, findings: list[Finding], context: ReportContext) -> list[str]:
    counts = f'tests="{len(findings)}" failures="{len(findings)}" errors="0" skipped="0"'
    rows = [f'  <testsuite name="{_attribute(path)}" {counts}>']
    for finding in findings:
        line = context.cell(finding.path, finding.line)
        name = f"{finding.code} {finding.name} at {place(finding, context).removeprefix(path + ':')}"
        number = finding.line if line is None else line.line
        attributes = f'classname="{_attribute(path)}" file="{_attribute(path)}" line="{number}"'
        body = f"{place(finding, context)}: {finding.message}{story(finding, context)}"
        rows += [
            f'    <testcase name="{_attribute(name)}" {attributes}>',
            f'      <failure type="{_attribute(finding.code)}" message="{_attribute(with_cell(finding, context))}">'
            f"{_text(body)}</failure>",
            "    </testcase>",
        ]
    return [*rows, "  </testsuite>"]


def _text(text: str) -> str:
    """Return text for an element: what XML 1.0 can't hold becomes U+FFFD, the rest survives."""
    return re.sub("[&<>\r]", lambda match: _ENTITIES[match[0]], _NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    """Return text for a quoted attribute, with its line ends kept."""
    return re.sub('["\n\t]', lambda match: _ENTITIES[match[0]], _text(text))
