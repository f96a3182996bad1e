"""A report as text: a table, what is behind it, and the answer."""

from __future__ import annotations

import textwrap

from statelint.verify.records import CHECKS, Checked, Report, Run

_COLOURS = {"proved": "32", "refuted": "31", "inconclusive": "33"}


def render_text(report: Report, width: int = 100, colour: bool = False) -> str:
    """The whole report."""

    def painted(word: str, size: int = 0) -> str:
        padded = word.ljust(size)
        return f"\x1b[1;{_COLOURS[word]}m{padded}\x1b[0m" if colour and word in _COLOURS else padded

    out: list[str] = []
    out += _table(report, painted)
    for checked in report.functions:
        out.append("")
        if len(report.functions) > 1:
            out.append(f"{checked.target}: {painted(checked.verdict)}")
        out += _details(checked, width)
    if report.agreement:
        out += ["", "The two functions, on equal inputs:"]
        out += [f"  {line}" for line in report.agreement]
    out.append("")
    seen = f"Not seen: {'; '.join(report.not_seen)}."
    out += textwrap.wrap(seen, width, subsequent_indent="  ")
    last = report.functions[-1]
    out.append("")
    reasons = "; ".join(last.because)
    said = {"proved": "", "refuted": ": ", "inconclusive": " because "}[last.verdict] + reasons
    head = f"{last.target} {last.verdict}{said if reasons else ''}"
    wrapped = textwrap.wrap(head, width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
    joined = "\n".join(wrapped)
    out.append(joined.replace(f" {last.verdict}", f" {painted(last.verdict)}", 1))
    return "\n".join(out) + "\n"


def _table(report: Report, painted: object) -> list[str]:
    assert callable(painted)
    columns: list[tuple[str, str, Run]] = []
    for k, checked in enumerate(report.functions):
        for run in checked.runs:
            columns.append((("function", "against")[k], run.engine, run))
    size = max(12, *(len(engine) for _, engine, _ in columns)) + 2
    out = []
    if len(report.functions) > 1:
        for k, checked in enumerate(report.functions):
            out.append(f"{('function', 'against')[k]:<10}{checked.target}")
        out += ["", " " * 10 + "".join(name.ljust(size) for name, _, _ in columns)]
    else:
        out += [report.functions[0].target, ""]
    out.append(" " * 10 + "".join(engine.ljust(size) for _, engine, _ in columns).rstrip())
    seen = {row.check for _, _, run in columns for row in run.rows}
    for check in CHECKS:
        if check == "keys" and check not in seen:
            continue
        cells = []
        for _, _, run in columns:
            row = next((r for r in run.rows if r.check == check), None)
            cells.append(painted(row.verdict if row else "-", size))
        out.append(f"{check:<10}" + "".join(cells).rstrip())
    return out


def _details(checked: Checked, width: int) -> list[str]:
    out: list[str] = []
    shown = {run.inputs: run for run in checked.runs if run.inputs}
    for text, run in shown.items():
        how = " (shapes guessed from annotations)" if run.guessed else ""
        of = f" ({run.engine})" if len(shown) > 1 else ""
        out += textwrap.wrap(f"called with{of}: {text}{how}", width, initial_indent="  ", subsequent_indent="    ")
    for check in CHECKS:
        said: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for run in checked.runs:
            for row in run.rows:
                if row.check == check:
                    said.setdefault((row.text, row.details), []).append(run.engine)
        for (text, details), engines in said.items():
            name = f"{check} ({', '.join(engines)})" if len(engines) < len(checked.runs) else check
            out += textwrap.wrap(f"{name}: {text}", width, initial_indent="  ", subsequent_indent="    ")
            for each in details:
                out += textwrap.wrap(each, width, initial_indent="      ", subsequent_indent="        ")
    for run in checked.runs:
        if run.trouble:
            out += textwrap.wrap(f"{run.engine}: {run.trouble}", width, initial_indent="  ", subsequent_indent="    ")
    for note in dict.fromkeys(note for run in checked.runs for note in run.notes):
        out += textwrap.wrap(f"note: {note}", width, initial_indent="  ", subsequent_indent="    ")
    return out
