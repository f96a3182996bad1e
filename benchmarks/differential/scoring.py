"""Figures of many programs of a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.differential.kinds import Result


@dataclass
class Score:
    """Programs: ``wrong`` ones, of which ``missed`` (no fault found) and ``partly`` (some); ``right`` ones, of which
    ``alarmed``; ``misled``: wrong ones with a finding beside the faults; ``open`` and ``discarded`` ones do not count.
    ``expected``, ``found``, ``stray`` count faults (or pairs) and findings."""

    wrong: int = 0
    missed: int = 0
    partly: int = 0
    right: int = 0
    alarmed: int = 0
    misled: int = 0
    open: int = 0
    discarded: int = 0
    expected: int = 0
    found: int = 0
    stray: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def disagreements(self) -> int:
        return self.missed + self.partly + self.alarmed + self.misled

    def line(self) -> str:
        """All in a line."""
        recall = 1 - self.missed / self.wrong if self.wrong else 1.0
        alarms = self.alarmed / self.right if self.right else 0.0
        return (
            f"{self.wrong} wrong: {self.missed} missed (recall {recall:.2%}), {self.partly} partly; {self.right} right: "
            f"{self.alarmed} with false alarms ({alarms:.2%}); {self.misled} wrong ones with a stray finding; {self.open} open, "
            f"{self.discarded} discarded; faults {self.found}/{self.expected}, stray findings {self.stray}"
        )


def score(results: Iterable[Result]) -> Score:
    """Count."""
    total = Score()
    for result in results:
        if result.discarded:
            total.discarded += 1
            total.reasons[result.discarded[:80]] += 1
            continue
        total.expected += result.expected
        total.found += result.found
        total.stray += len(result.stray)
        if result.open:
            total.open += 1
        elif result.expected:
            total.wrong += 1
            total.missed += not result.found
            total.partly += 0 < result.found < result.expected
            total.misled += bool(result.stray)
        else:
            total.right += 1
            total.alarmed += bool(result.stray)
    return total
