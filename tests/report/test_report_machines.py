"""The formats for machines, read back by real parsers and validated against their schemas."""

from __future__ import annotations

import json
import re
import time
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from report_samples import ARGUMENT, FINDINGS, KEY, SAVED, SUPPRESSED, context
from report_strategies import hostile, many, paths

from statelint.findings import Finding
from statelint.report import ReportContext, Suppressed, render
from statelint.report import _schema as schema_of_json
from statelint.report._text import relative, scalar, scalar_finding

REPORT = Path(schema_of_json.__file__).parent
PLACE = ["path", "line", "column", "end_line", "end_column"]
REST = ["severity", "confidence", "function", "related", "fix", "url", "fingerprint", "cell", "cell_line"]
FIELDS = ["code", "name", "message", "help", *PLACE, *REST]


def by_place(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=repr)


@cache
def json_validator() -> Any:
    schema = json.loads((REPORT / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@cache
def sarif_validator() -> Any:
    path = Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json"
    return jsonschema.Draft4Validator(json.loads(path.read_text(encoding="utf-8")))


# json, json-lines


def test_shipped_schema_is_the_one_that_the_records_make() -> None:
    assert (REPORT / "findings.schema.json").read_text(encoding="utf-8") == schema_of_json.document()


def test_json_has_the_agreed_fields_in_their_order() -> None:
    records = json.loads(render("json", FINDINGS, context()))
    assert all(list(record) == FIELDS for record in records)
    json_validator().validate(records)


def test_schema_refuses_what_is_no_finding() -> None:
    records = json.loads(render("json", FINDINGS, context()))
    del records[0]["confidence"]
    assert not json_validator().is_valid(records)


@given(many)
def test_json_round_trip(found: list[Finding]) -> None:
    text = render("json", found, ReportContext())
    text.encode()
    again = msgspec.json.decode(text, type=list[Finding])
    assert by_place(again) == by_place([scalar_finding(f) for f in found])
    json_validator().validate(json.loads(text))


@given(many)
def test_json_lines_hold_the_same_records(found: list[Finding]) -> None:
    lines = render("json-lines", found, ReportContext()).split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == json.loads(render("json", found, ReportContext()))


def test_ten_thousand_findings_as_json_take_milliseconds() -> None:
    found = [msgspec.structs.replace(SAVED, line=line) for line in range(10_000)]
    render("json", found, context())
    best = min(_timed(found) for _ in range(5))
    assert best < 0.25, f"{best * 1000:.0f} ms"


def _timed(found: list[Finding]) -> float:
    start = time.perf_counter()
    render("json", found, context())
    return time.perf_counter() - start


# sarif


def sarif(found: list[Finding] | tuple[Finding, ...], **changes: Any) -> dict[str, Any]:
    log = json.loads(render("sarif", found, context(**changes)))
    sarif_validator().validate(log)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    return run


def test_sarif_of_nothing() -> None:
    run = sarif(())
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


def test_sarif_tells_the_story_the_fix_and_the_rule() -> None:
    run = sarif((SAVED,), base="/project")
    (result,) = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///project/"
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["executionOrder"] for s in steps] == [1, 2, 3, 4]
    assert [s["location"]["message"] for s in steps] == [s["message"] for s in result["relatedLocations"]]
    assert result["partialFingerprints"] == {"statelint/v1": SAVED.fingerprint}
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "gate = gate + 1e-3"}
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["helpUri"] == SAVED.url
    assert rule["help"]["markdown"].startswith("## What it does")
    assert "suppressions" not in result


def test_sarif_suppressions() -> None:
    run = sarif((SAVED,), suppressed=(SUPPRESSED, Suppressed(KEY)))
    silent = {r["ruleId"]: r["suppressions"] for r in run["results"]}
    assert silent["SL201"] == []
    assert silent["SL107"] == [{"kind": "inSource", "status": "accepted", "justification": "the buffer is ours"}]
    assert silent["SL602"] == [{"kind": "inSource", "status": "accepted"}]


def test_sarif_gives_no_lines_of_notebooks() -> None:
    run = sarif(FINDINGS)
    (result,) = [r for r in run["results"] if r["ruleId"] == "SL203"]
    assert "region" not in result["locations"][0]["physicalLocation"]
    assert result["message"]["text"].startswith("cell 2:2:1: ")


@pytest.mark.parametrize(
    ("message", "text"),
    [("`f[0](1)` calls", "`f[0\\](1)` calls"), ("[a](http://b)", "[a\\](http://b)"), ("`f[0](x)`", "`f[0](x)`")],
)
def test_sarif_messages_hold_no_links_by_accident(message: str, text: str) -> None:
    run = sarif((msgspec.structs.replace(ARGUMENT, message=message, help=""),))
    assert run["results"][0]["message"]["text"] == text


@settings(max_examples=40, deadline=None)
@given(many)
def test_sarif_is_valid_for_any_text(found: list[Finding]) -> None:
    assert len(sarif(found)["results"]) == len(found)


@given(paths.filter(lambda p: "\ud800" not in p and not any("\ud800" <= c < "\udc80" or c > "\udcff" for c in p)))
def test_sarif_uris_lead_back_to_the_file(path: str) -> None:
    run = json.loads(render("sarif", [msgspec.structs.replace(ARGUMENT, path=path, fix=None)], ReportContext()))
    artifact = run["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    uri = artifact["uri"]
    assert re.fullmatch(r"[!-~]*", uri)
    assert not urlsplit(uri).query
    assert not urlsplit(uri).fragment
    name = unquote_to_bytes(uri.removeprefix("file://") if "uriBaseId" not in artifact else uri.removeprefix("./"))
    assert name == path.encode("utf-8", "surrogateescape")


# github


def read_commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner does."""
    found = []
    for line in text.split("\n")[:-1]:
        head, message = line.removeprefix("::").split("::", 1)
        command, _, listed = head.partition(" ")
        properties = dict(pair.split("=", 1) for pair in listed.split(","))
        for name, value in properties.items():
            for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
                value = value.replace(code, char)
            properties[name] = value
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            message = message.replace(code, char)
        found.append((command, properties, message))
    return found


@given(many)
def test_github_commands_round_trip(found: list[Finding]) -> None:
    commands = read_commands(render("github", found, ReportContext()))
    assert len(commands) == len(found)
    places = {(c[1]["file"], c[1]["line"]) for c in commands}
    assert places == {(scalar(relative(f.path, ReportContext())), str(f.line)) for f in found}
    assert all(command in ("error", "warning", "notice") for command, _, _ in commands)
    messages = "".join(message for _, _, message in commands)
    assert all(scalar(f.message) in messages for f in found)


# gitlab


@given(many)
def test_gitlab_issues_are_whole_and_distinct(found: list[Finding]) -> None:
    issues = json.loads(render("gitlab", found * 2, ReportContext()))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 2 * len(found)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["positions"]["begin"]["line"] >= 1


# junit


@given(many)
def test_junit_is_well_formed_for_any_text(found: list[Finding]) -> None:
    root = ET.fromstring(render("junit", found, ReportContext()).encode())
    assert root.tag == "testsuites"
    assert int(root.attrib["tests"]) == len(root.findall("*/testcase")) == max(len(found), 1)
    assert int(root.attrib["failures"]) == len(root.findall("*/testcase/failure")) == len(found)
    kept = sorted(_xml(f.message) for f in found)
    assert sorted(failure.attrib["message"] for failure in root.iter("failure")) == kept


def _xml(text: str) -> str:
    def allowed(char: str) -> bool:
        return char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"

    return "".join(char if allowed(char) else "\ufffd" for char in text)


# pylint


@given(many)
def test_pylint_rows_are_rows(found: list[Finding]) -> None:
    text = render("pylint", found, ReportContext())
    rows = text.splitlines()
    assert len(rows) == len(found)
    for row in rows:
        assert re.fullmatch(r".*?:\d+: \[[A-Z]+\d+\([\w-]+\)(, .*)?\] .*", row)


@given(hostile, paths)
def test_relative_paths_stay_below_the_base(text: str, path: str) -> None:
    inside = context(base="/project")
    assert relative("/project/src/x.py", inside) == "src/x.py"
    assert relative("/projects/x.py", inside) == "/projects/x.py"
    assert relative(path, context()) == path.replace("\\", "\\")
    assert scalar(scalar(text)) == scalar(text)


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="unknown output format 'yaml', expected one of: concise, full"):
        render("yaml", (), context())
