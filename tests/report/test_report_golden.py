"""Whole reports, compared with files in golden/; STATELINT_UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from report_samples import FINDINGS, SUPPRESSED, context

from statelint.report import formats, render

GOLDEN = Path(__file__).with_name("golden")

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "full-60": ("full", {"width": 60}),
    "full-100": ("full", {"width": 100}),
    "full-140": ("full", {"width": 140}),
    "full-ascii": ("full", {"width": 80, "encoding": "ascii"}),
    "full-cp1252": ("full", {"width": 80, "encoding": "cp1252"}),
    "full-color": ("full", {"width": 80, "color": True, "hyperlinks": True}),
    "full-no-source": ("full", {"width": 80, "source": lambda _path: None}),
    "concise": ("concise", {}),
    "concise-color": ("concise", {"color": True}),
    "grouped-60": ("grouped", {"width": 60}),
    "grouped-100": ("grouped", {"width": 100}),
    "json": ("json", {}),
    "json-lines": ("json-lines", {}),
    "sarif": ("sarif", {"base": "/project", "suppressed": (SUPPRESSED,)}),
    "github": ("github", {}),
    "gitlab": ("gitlab", {}),
    "junit": ("junit", {}),
    "pylint": ("pylint", {}),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    format, changes = CASES[name]
    text = render(format, FINDINGS, context(**changes))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("STATELINT_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="")
    assert text == path.read_text(encoding="utf-8")


def test_every_format_has_a_golden_report() -> None:
    assert {format for format, _ in CASES.values()} == set(formats())


@pytest.mark.parametrize("format", formats())
def test_order_of_findings_does_not_matter(format: str) -> None:
    assert render(format, FINDINGS, context()) == render(format, FINDINGS[::-1], context())


@pytest.mark.parametrize("format", formats())
def test_nothing_found(format: str) -> None:
    text = render(format, (), context(fixable=0, fixable_unsafely=0))
    expected = {
        "full": "✓ No problems found in 12 files.\n",
        "concise": "✓ No problems found in 12 files.\n",
        "grouped": "✓ No problems found in 12 files.\n",
        "json": "[]\n",
        "gitlab": "[]\n",
        "json-lines": "",
        "github": "",
        "pylint": "",
    }
    assert text == expected.get(format, text)
    assert text == "" or text.endswith("\n")
