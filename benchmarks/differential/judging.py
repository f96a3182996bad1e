"""Programs whose truth is a set of faults, against the linter's findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.differential.kinds import Result
from benchmarks.differential.linting import lint
from benchmarks.differential.truth import Truth

SAME = {"SL504": "SL201"}
"""A rule of its own for one kind of write: an optimizer's step."""


def judge(texts: Sequence[str], run: Callable[[str], Truth], codes: frozenset[str]) -> list[Result]:
    """Run and lint each program."""
    results = []
    for text, findings in zip(texts, lint(texts), strict=True):
        truth = run(text)
        if truth.discarded:
            results.append(Result(discarded=truth.discarded))
            continue
        findings = {(SAME.get(code, code), line) for code, line in findings}
        judged = {each for each in findings if each[0] in codes}
        missing = tuple(
            (fault.code, tuple(sorted(fault.any_of)))
            for fault in truth.faults
            if not any((fault.code, line) in judged for line in fault.any_of) and not fault.else_ & findings
        )
        right = {(fault.code, line) for fault in truth.faults for line in fault.any_of} | truth.allowed
        expected = len(truth.faults)
        stray = tuple(sorted(each for each in judged - right if each[0] not in truth.unjudged))
        results.append(Result(expected, expected - len(missing), stray, missing, truth.open))
    return results
