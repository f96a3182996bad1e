"""Which rules are reported where, and how loud."""

from __future__ import annotations

from functools import cached_property

from statelint import catalogue
from statelint.config import Settings, path_patterns
from statelint.findings import Severity


class RuleChoice:
    """Which rules hold for a file, and how loud they are, by a file's settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def selected(self) -> frozenset[str]:
        """The codes that are chosen; of two selectors the longer counts, of two equally long ones `ignore`."""
        chosen = (*self.settings.select, *self.settings.extend_select)
        ignored = (*self.settings.ignore, *self.settings.extend_ignore)
        weight: dict[str, tuple[int, bool]] = {}
        for selectors, keep in ((chosen, True), (ignored, False)):
            for selector in selectors:
                rank = 0 if selector == "ALL" else len(selector) if selector[:2].isupper() else 99
                for code in catalogue.matching(selector):
                    if rank >= weight.get(code, (-1, True))[0]:
                        weight[code] = (rank, keep)
        # a file that can't be checked must not look clean because other rules were asked for
        always = (code for code in ("SL001", "SL002") if weight.get(code, (0, True))[1])
        return frozenset((*(code for code, (_, keep) in weight.items() if keep), *always))

    def reports(self, code: str) -> bool:
        """Say whether a rule is reported. One that has no page yet goes with ``ALL``."""
        return code in self.selected or ("ALL" in self.settings.select and code not in catalogue.entries())

    def ignored_in(self, path: str) -> dict[str, str]:
        """Return the codes that ``per-file-ignores`` silences in an absolute path, each with its pattern."""
        silenced: dict[str, str] = {}
        for pattern, selectors in self.settings.per_file_ignores.items():
            negated = pattern.startswith("!")
            if path_patterns((pattern.removeprefix("!"),), self.settings.root).matches_tree(path) != negated:
                for selector in selectors:
                    silenced.update(dict.fromkeys(catalogue.matching(selector), pattern))
        return silenced

    def severity(self, code: str) -> Severity:
        """Return how loud a rule is: the longest key that matches it, else what the rule says."""
        table = self.settings.severity
        best = ""
        for selector in table:
            if code in catalogue.matching(selector) and (not selector[:2].isupper() or len(selector) >= len(best)):
                best = selector
        return table[best] if best else Severity(catalogue.load(code).severity)
