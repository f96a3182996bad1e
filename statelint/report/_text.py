"""Text and paths made safe for the formats that machines read."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import msgspec

from statelint.findings import Edit, Finding, Fix, Related
from statelint.report._context import ReportContext


def scalar(text: str) -> str:
    """Replace lone surrogates, which stand for undecodable bytes of file names and have no UTF-8 form, by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def scalar_finding(finding: Finding) -> Finding:
    """Return the finding with `scalar` applied to each of its texts."""
    related = tuple(msgspec.structs.replace(r, path=scalar(r.path), message=scalar(r.message)) for r in finding.related)
    fix = finding.fix
    if fix is not None:
        edits = tuple(_scalar_edit(edit) for edit in fix.edits)
        fix = Fix(applicability=fix.applicability, message=scalar(fix.message), edits=edits)
    texts = ("code", "name", "message", "help", "path", "function", "url", "fingerprint")
    changes: dict[str, str] = {name: scalar(getattr(finding, name)) for name in texts}
    return msgspec.structs.replace(finding, related=related, fix=fix, **changes)


def _scalar_edit(edit: Edit) -> Edit:
    return msgspec.structs.replace(edit, text=scalar(edit.text))


def encode_each(findings: Sequence[Finding]) -> list[str]:
    """Encode findings as JSON, each by itself and on one line."""
    encode = msgspec.json.Encoder().encode
    try:
        return [encode(finding).decode() for finding in findings]
    except UnicodeEncodeError:
        return [encode(scalar_finding(finding)).decode() for finding in findings]


def relative(path: str, context: ReportContext) -> str:
    """Return the path relative to the base directory if it lies below it, with forward slashes."""
    base = context.base
    if base and os.path.isabs(path):
        try:
            inside = os.path.relpath(path, base)
        except ValueError:
            return path.replace(os.sep, "/")
        if inside != os.pardir and not inside.startswith(os.pardir + os.sep):
            path = inside
    return path.replace(os.sep, "/")


def place(finding: Finding | Related, context: ReportContext) -> str:
    """Return ``path:line:column``, or ``path:cell N:line:column`` in a notebook."""
    path = relative(finding.path, context)
    cell = context.cell(finding.path, finding.line)
    if cell is None:
        return f"{path}:{finding.line}:{finding.column}"
    return f"{path}:cell {cell.number}:{cell.line}:{finding.column}"


def with_cell(finding: Finding, context: ReportContext) -> str:
    """Return the message, led by the place in its cell if it is a notebook's: tools know no lines of cells."""
    cell = context.cell(finding.path, finding.line)
    if cell is None:
        return finding.message
    return f"cell {cell.number}:{cell.line}:{finding.column}: {finding.message}"


def story(finding: Finding, context: ReportContext) -> str:
    """Return the reason chain and the help as plain lines, each after a line end."""
    lines = [f"{i}. {place(step, context)}: {step.message}" for i, step in enumerate(finding.related, start=1)]
    if finding.help:
        lines.append(f"help: {finding.help}")
    return "".join(f"\n{line}" for line in lines)


def line_for_tools(finding: Finding, context: ReportContext) -> int:
    """Return the line to name to a tool, the first one for notebooks, whose lines on disk are those of JSON."""
    return finding.line if context.cell(finding.path, finding.line) is None else 1


_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    """Return the text with control characters and line ends escaped as in a Python string."""
    return _BREAKS.sub(lambda match: repr(match[0])[1:-1], scalar(text))
