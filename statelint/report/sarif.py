"""SARIF 2.1.0, for code scanning services and editors: findings with their paths, fixes and suppressions."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from statelint.findings import Applicability, Confidence, Edit, Finding, Fix, Related, Severity
from statelint.report._context import ReportContext, RuleInfo, Suppressed
from statelint.report._text import place, scalar, with_cell
from statelint.report._uri import directory_uri, file_uri

Json = dict[str, object]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note", Severity.HINT: "note"}
_RANK = {Confidence.CERTAIN: 95.0, Confidence.LIKELY: 70.0, Confidence.POSSIBLE: 40.0}
_ROOT = "%SRCROOT%"
_LINK = re.compile(r"\]\((?=\d+\)|[A-Za-z][A-Za-z0-9+.-]*:)")


def render(findings: Sequence[Finding], context: ReportContext) -> str:
    """Return a log of one run; suppressed findings are in it too, with the reason that their comment gives."""
    suppressed = sorted(context.suppressed, key=lambda one: (one.finding.path, one.finding.line, one.finding.code))
    reported = [*findings, *(one.finding for one in suppressed)]
    codes = sorted({finding.code for finding in reported})
    index = {code: position for position, code in enumerate(codes)}
    results = [_result(finding, index, context) for finding in findings]
    if suppressed:
        for result in results:
            result["suppressions"] = []
        results += [_silenced(one, index, context) for one in suppressed]
    driver: Json = {
        "name": "statelint",
        "version": scalar(context.version),
        "rules": [_rule(code, reported, context) for code in codes],
    }
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: _base(context)},
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    log: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _base(context: ReportContext) -> Json:
    described: Json = {"description": {"text": "The directory that the paths are relative to."}}
    return {"uri": directory_uri(context.base), **described} if context.base else described


def _rule(code: str, reported: Sequence[Finding], context: ReportContext) -> Json:
    example = next(finding for finding in reported if finding.code == code)
    info = context.rule(code) or RuleInfo(code=code, name=example.name, url=example.url)
    summary = scalar(info.summary or info.name or code)
    rule: Json = {
        "id": scalar(code),
        "name": scalar(info.name or code),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "defaultConfiguration": {"level": _LEVEL[example.severity]},
    }
    if info.description:
        rule["help"] = {"text": scalar(info.description), "markdown": scalar(info.description)}
    if info.url:
        rule["helpUri"] = scalar(info.url)
    tags = ["autodiff", *([scalar(info.family)] if info.family else [])]
    rule["properties"] = {"tags": tags, "problem.severity": _problem(example.severity)}
    return rule


def _problem(severity: Severity) -> str:
    return severity.value if severity in (Severity.ERROR, Severity.WARNING) else "recommendation"


def _result(finding: Finding, index: dict[str, int], context: ReportContext) -> Json:
    text = with_cell(finding, context)
    if finding.help:
        text += f"\n{finding.help}"
    location = _location(finding, context)
    if finding.function:
        location["logicalLocations"] = [{"fullyQualifiedName": scalar(finding.function), "kind": "function"}]
    result: Json = {
        "ruleId": scalar(finding.code),
        "ruleIndex": index[finding.code],
        "level": _LEVEL[finding.severity],
        "message": _message(text),
        "locations": [location],
        "rank": _RANK[finding.confidence],
        "properties": {"confidence": finding.confidence.value, "severity": finding.severity.value},
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {"statelint/v1": scalar(finding.fingerprint)}
    if finding.related:
        steps = [_step(step, context) for step in finding.related]
        result["relatedLocations"] = [{"id": i, **step} for i, step in enumerate(steps, start=1)]
        flow = [{"location": step, "executionOrder": i} for i, step in enumerate(steps, start=1)]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    fix = finding.fix
    if fix is not None and _editable(finding, fix, context):
        result["fixes"] = [_fix(finding, fix, context)]
    return result


def _silenced(one: Suppressed, index: dict[str, int], context: ReportContext) -> Json:
    suppression: Json = {"kind": "inSource", "status": "accepted"}
    if one.justification:
        suppression["justification"] = scalar(one.justification)
    return {**_result(one.finding, index, context), "suppressions": [suppression]}


def _location(where: Finding | Related, context: ReportContext) -> Json:
    physical: Json = {"artifactLocation": _artifact(where.path, context)}
    if context.cell(where.path, where.line) is None:
        physical["region"] = _region(where)
    return {"physicalLocation": physical}


def _step(step: Related, context: ReportContext) -> Json:
    in_cell = context.cell(step.path, step.line) is not None
    text = f"{place(step, context)}: {step.message}" if in_cell else step.message
    return {**_location(step, context), "message": _message(text)}


def _artifact(path: str, context: ReportContext) -> Json:
    uri, inside = file_uri(path, context.base)
    return {"uri": uri, "uriBaseId": _ROOT} if inside else {"uri": uri}


def _region(where: Finding | Related | Edit) -> Json:
    return {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }


def _editable(finding: Finding, fix: Fix, context: ReportContext) -> bool:
    """Whether a tool can make the change: there is one, and its lines are those on disk."""
    ready = fix.applicability is not Applicability.DISPLAY and bool(fix.edits)
    return ready and context.cell(finding.path, finding.line) is None


def _fix(finding: Finding, fix: Fix, context: ReportContext) -> Json:
    replacements = [
        {"deletedRegion": _region(edit), "insertedContent": {"text": scalar(edit.text)}} for edit in sorted(fix.edits)
    ]
    change = {"artifactLocation": _artifact(finding.path, context), "replacements": replacements}
    return {
        "description": _message(fix.message),
        "artifactChanges": [change],
        "properties": {"applicability": fix.applicability.value},
    }


def _message(text: str) -> Json:
    """Return a message; code that would read as a link to a place or a page, as in ``f[0](1)``, is escaped."""
    return {"text": _LINK.sub(r"\\](", scalar(text))}
