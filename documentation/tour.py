"""The page of the tour, from its programs: what statelint says of each, and what their proofs show.

``python -m documentation.tour --write`` writes docs/tour.md; without the flag the page is printed.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tempfile
import textwrap
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fixtures.programs import Program, expectations  # noqa: E402
from fixtures.proving import own_world, verdicts  # noqa: E402
from fixtures.strategies import outcome  # noqa: E402
from fixtures.test_findings import findings  # noqa: E402

from statelint import tape  # noqa: E402
from statelint.config import Configurations  # noqa: E402
from statelint.engine import Engine  # noqa: E402
from statelint.findings import Finding  # noqa: E402

FOLDER = ROOT / "fixtures" / "tour"
PAGE = ROOT / "docs" / "tour.md"
COMMAND = "python -m documentation.tour --write"
STOP = r"^<!-- stop: (\w+)((?: \w+)*) -->$"
ROLES = re.compile(r"(bad|fixed|good)(_\w+)?$")
POINT = [0.3, -0.7, 1.2, 0.4]
"""Where the programs of the table of strategies are differentiated."""
WRONG = {
    "gradient": "the gradient is not that of central differences",
    "tape": "`check_grad` refutes it",
    "repeat": "two equal calls differ",
    "stale": "the result is not what it has to be",
    "leak": "a traced value outlived its trace",
    "draws": "draws that should be independent are the same numbers",
    "retained": "the graph that is kept grows with each call",
    "external": "the result changes with the outside world",
    "parameters": "its parameters are not those that are meant",
    "strategy": "the tape refuses it",
}
REFUTED = {"state": "it keeps state from call to call", "gradient": "the derivative is not the numeric one"}
RIGHT = {
    "gradient": "the gradient is that of central differences",
    "tape": "`check_grad` proves it on the tape",
    "repeat": "two equal calls give the same",
    "stale": "the result is what it has to be",
    "leak": "no traced value outlives its trace",
    "draws": "the draws are different numbers",
    "retained": "the graph that is kept does not grow",
    "external": "the result does not change with the outside world",
    "parameters": "its parameters are those that are meant",
    "strategy": "the tape differentiates it, and the gradient is that of central differences",
}


def stops(text: str = "") -> dict[str, list[Program]]:
    """The programs of each stop, in the order of the page: the wrong one, its repairs, what looks alike."""
    found = re.findall(STOP, text or _text(), re.MULTILINE)
    return {stop: _programs(stop, roles.split()) for stop, roles in found}


def _programs(stop: str, roles: list[str]) -> list[Program]:
    """The programs of a folder, in the order given."""
    found = {path.stem for path in (FOLDER / stop).glob("*.py") if ROLES.fullmatch(path.stem)}
    roles = roles or sorted(found, key=lambda role: (role != "bad", role))
    assert set(roles) == found, f"{stop}: {sorted(found)} are there, {roles} are shown"
    return [Program(FOLDER / stop, role) for role in roles]


def page() -> str:
    """Lint and run all programs, and return the page."""
    note = f"<!-- Written by `{COMMAND}` from fixtures/tour/: do not edit. -->"
    text = _text().replace("<!-- written -->", note).replace("<!-- strategies -->", strategies())
    shown = {stop: "\n\n".join(map(_program, each)) for stop, each in stops(text).items()}
    return re.sub(STOP, lambda match: shown[match[1]], text, flags=re.MULTILINE)


def _text() -> str:
    return (FOLDER / "tour.md").read_text("utf-8")


def _program(program: Program) -> str:
    caption, first, code = _parts(program.path)
    title = {"bad": "Wrong", "fixed": "Right", "good": "Right, though it looks alike"}[program.role.partition("_")[0]]
    title += "".join(f" ({word})" for word in [program.role.partition("_")[2]] if word)
    blocks = [f"**{title}.** {caption}", f'```python title="{program.path.name}" linenums="{first}"\n{code}```']
    if program.role == "bad":
        blocks.append(_said(program))
    blocks.append(_shown(program))
    return "\n\n".join(blocks)


def _parts(path: Path) -> tuple[str, int, str]:
    """What a program's docstring says, the number of the first line below it, and the program from there."""
    text = re.sub(r"[ ]*# expect: .*", "", path.read_text("utf-8"))
    tree = ast.parse(text)
    caption = ast.get_docstring(tree)
    assert caption, f"{path} says nothing of itself"
    rows = text.splitlines()
    first = tree.body[0].end_lineno or 0
    while not rows[first]:
        first += 1
    return caption, first + 1, "\n".join(rows[first:]) + "\n"


def _said(program: Program) -> str:
    """What statelint prints of a program, or which rules do not find it yet."""
    announced = expectations(program)
    found = reported(program)
    lines = [textwrap.fill(_line(each), 76, subsequent_indent="  ", break_on_hyphens=False) for each in found]
    said = "```console\n$ statelint check " + program.path.name + "\n" + "".join(f"{line}\n" for line in lines) + "```"
    links = {each.code: f"[{each.name}](rules/{os.path.basename(each.url)})" for each in found}
    said += f"\n\nRule: {', '.join(links.values())}."
    if announced.mismatch(findings(program.files())):
        codes = {code for *_, code in announced.fixed} | {name.partition("/")[0] for name in announced.either}
        return f"*The rule for this does not see it yet: {', '.join(sorted(codes))}.*" + (
            f"\n\n{said}" if lines else ""
        )
    return said


def reported(program: Program) -> list[Finding]:
    """What statelint reports of a program by default."""
    files = {str(path): None for path in program.files()}
    return list(Engine(Configurations(isolated=True, folder=str(program.folder))).run(files).findings)


def _line(finding: Finding) -> str:
    place = f"{Path(finding.path).name}:{finding.line}:{finding.column}"
    return f"{place}: {finding.code} {finding.name}: {finding.message} [{finding.confidence.value}]"


def _shown(program: Program) -> str:
    bad = program.role == "bad"
    said = []
    for oracle, shows, note in _verdicts(program):
        assert shows == bad, f"{program.id}: {oracle}: {note}"
        said.append(_sentence(oracle, note, bad))
    return "Run: " + "; ".join(dict.fromkeys(said)) + "."


def _sentence(oracle: str, note: str, bad: bool) -> str:
    text = (WRONG if bad else RIGHT)[oracle]
    if bad and oracle == "gradient":
        error = note.removeprefix("relative error of the gradient ")
        raised = f"the backward pass raises *{note.partition(':')[0]}*"
        return f"{text} (off by {float(error):.0%})" if error != note else raised
    if oracle == "tape" and (bad or note.startswith("derivatives")):
        return f"{text}: {REFUTED[note.partition(':')[0]] if bad else note}"
    return text


def _verdicts(program: Program) -> list[tuple[str, bool, str]]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        try:
            return verdicts(program)
        finally:
            os.chdir(before)


def strategies() -> str:
    """A table: each program of the aliasing stops under each of the tape's strategies."""
    rows = ["| program | " + " | ".join(tape.STRATEGIES) + " |", "|---" * (1 + len(tape.STRATEGIES)) + "|"]
    chapter = _text().partition("## Aliasing\n")[2].partition("\n## ")[0]
    for stop, each in stops(chapter).items():
        for program in each:
            suspect = {finding.line for finding in reported(program)}
            count = len(program.path.read_text("utf-8").splitlines())
            harmless = [line for line in range(1, count + 1) if line not in suspect]
            with own_world():
                cells = [outcome(program.path, POINT, name, harmless)[0] for name in tape.STRATEGIES]
            rows.append(f"| `{stop}/{program.path.name}` | " + " | ".join(cells) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if "--write" in sys.argv:
        PAGE.write_text(page(), "utf-8", newline="\n")
    else:
        print(page(), end="")
