"""``check --fix --verify``: fixes whose functions do not hold when they are run are taken back before anything is
written."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from statelint.cli._options import UsageError

if TYPE_CHECKING:
    from statelint.cli._run import Run
    from statelint.engine.fixing import Fixed
    from statelint.verify.fixes import Verified


def fix_and_verify(run: Run) -> tuple[Fixed, list[str]]:
    """Fix in memory, run what has changed, leave out what is refuted, until nothing is; and what there is to say."""
    for package in ("numpy", "numba"):
        if importlib.util.find_spec(package) is None:
            raise UsageError(f'--verify needs {package}: pip install "statelint-ad[verify]"')
    if run.standard_input is not None:
        raise UsageError("--verify runs files: it can't be used with standard input")
    from statelint.verify import Limits
    from statelint.verify.fixes import verify_changes

    refused: set[tuple[str, str]] = set()
    taken_back: list[str] = []
    known: dict[tuple[str, ...], Verified] = {}
    while True:
        fixed = run.fix(frozenset(refused))
        shown = {change.absolute: change.path for change in fixed.changes}
        changes = {change.absolute: (change.before, change.after) for change in fixed.changes}
        answers = verify_changes(changes, Limits(), 0, known)
        refuted = [answer for answer in answers if answer.verdict == "refuted"]
        if not refuted:
            return fixed, [*taken_back, *(_said(shown[each.path], each) for each in answers)]
        for each in refuted:
            place = (each.path, each.function)
            if place in refused:  # the fix belongs to a finding elsewhere in the file
                place = (each.path, "")
            else:
                taken_back.append(_said(shown[each.path], each))
            refused.add(place)


def _said(path: str, answer: Verified) -> str:
    where = f"{path}::{answer.function}" if answer.function else path
    because = f": {answer.because}" if answer.because else ""
    if answer.verdict is None:
        return f"{where}: fixed, not run{because}"
    if answer.verdict == "refuted":
        return f"{where}: the fix is taken back, because running it refutes it{because}"
    before = f" (before: {answer.before})" if answer.before else ""
    return f"{where}: fixed, {answer.verdict}{before}{because}"
