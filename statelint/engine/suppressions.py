"""Which findings a file's comments silence, and what is wrong with those comments."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from statelint import catalogue
from statelint.findings import Confidence, Draft, Finding, Span
from statelint.source import Directive, Selector, SourceFile

_TOOL = ("SL001", "SL002", "SL003", "SL004")


def covers(selector: str, code: str) -> bool:
    """Say whether a suppression's selector stands for a code."""
    if selector.upper().startswith("SL"):
        return code.startswith(selector.upper())
    return catalogue.find_code(selector) == code


class Suppressions:
    """The suppression comments of one file, and which of their selectors were of use so far."""

    def __init__(self, file: SourceFile, require_reason: bool) -> None:
        self._file = file
        self._require_reason = require_reason
        self._used: set[tuple[int, int]] = set()
        self._without_reason: set[tuple[str, int, int]] = set()

    def silences(self, finding: Finding) -> str | None:
        """Return the reason of the comment that silences a finding (it may be empty); None if none does."""
        silenced: str | None = None
        for directive in self._file.comments.directives:
            if not _reaches(directive, finding.line):
                continue
            matching = [one for one in directive.selectors if covers(one.text, finding.code)]
            if not matching and (directive.selectors or directive.foreign or finding.code in _TOOL):
                continue
            self._used.add((directive.start, -1))
            self._used.update((directive.start, one.start) for one in matching)
            if self._require_reason and not directive.reason:
                self._without_reason.add((finding.code, finding.line, finding.column))
            elif silenced is None:
                silenced = directive.reason
        return silenced

    def advise(self, finding: Finding) -> Finding:
        """Add to a finding's help that a comment would silence it if it gave a reason."""
        if (finding.code, finding.line, finding.column) not in self._without_reason:
            return finding
        note = "The comment that should suppress this gives no reason: end it with ` -- why`."
        return msgspec.structs.replace(finding, help=f"{finding.help} {note}".strip())

    def drafts(self, selected: frozenset[str]) -> list[Draft]:
        """Return SL004 for what no rule is called, and SL003 for what silenced nothing.

        To be asked after all findings were shown to `silences`. A selector of rules that are not selected is let be.
        """
        rows = [*self._unknown(), *self._misspelled()]
        for directive in self._file.comments.directives:
            if not directive.selectors:
                if directive.kind != "noqa" and (directive.start, -1) not in self._used:
                    rows.append(self._unused(directive, ()))
                continue
            unused = tuple(one for one in directive.selectors if self._is_unused(directive, one, selected))
            if unused:
                rows.append(self._unused(directive, unused))
        return rows

    def _is_unused(self, directive: Directive, selector: Selector, selected: frozenset[str]) -> bool:
        if (directive.start, selector.start) in self._used:
            return False
        known = [code for code in catalogue.entries() if covers(selector.text, code)]
        return bool(known) and selected.issuperset(known) and not set(known) <= {"SL003", "SL004"}

    def _unused(self, directive: Directive, unused: tuple[Selector, ...]) -> Draft:
        whole = len(unused) == len(directive.selectors) and not directive.foreign
        names = ", ".join(one.text for one in unused)
        if directive.stray:
            message = "The suppression stands on a line of its own and so suppresses nothing."
            help = "Move it to the end of the statement's line, or remove it."
        elif not names:
            message, help = "Nothing is reported here: the suppression has no effect.", "Remove the comment."
        else:
            where = "in this file" if directive.kind == "ignore-file" else "here"
            message = (
                f"{names} {'is' if len(unused) == 1 else 'are'} not reported {where}: the suppression has no effect."
            )
            help = "Remove the comment." if whole else f"Remove {names} from the comment."
        span = self._span(directive.start, directive.end) if whole else self._span(unused[0].start, unused[-1].end)
        hint = {"start": str(directive.start), "unused": " ".join(str(one.start) for one in unused)}
        return self._draft("SL003", span, message, help, hint)

    def _unknown(self) -> Iterator[Draft]:
        for directive in self._file.comments.directives:
            for one in directive.selectors:
                if any(covers(one.text, code) for code in catalogue.entries()):
                    continue
                close = catalogue.nearest(one.text)
                yield self._draft(
                    "SL004",
                    self._span(one.start, one.end),
                    f"No rule is called `{one.text}`, so it suppresses nothing.",
                    f"Did you mean `{close}`?" if close else "`statelint rule --all` lists the rules.",
                    {},
                )

    def _misspelled(self) -> Iterator[Draft]:
        for one in self._file.comments.misspelled:
            yield self._draft(
                "SL004",
                self._span(one.start, one.end),
                f"`{one.word}` is no directive of statelint, so the comment has no effect.",
                f"Did you mean `# statelint: {one.meant}`?",
                {},
            )

    def _span(self, start: int, end: int) -> Span:
        lines = self._file.lines
        (line, column), (end_line, end_column) = lines.position(start), lines.position(end)
        before = len(lines.line(line)[: column - 1].encode("utf-8", "surrogatepass"))
        through = len(lines.line(end_line)[: end_column - 1].encode("utf-8", "surrogatepass"))
        return line, before, end_line, through

    def _draft(self, code: str, span: Span, message: str, help: str, hint: dict[str, str]) -> Draft:
        return Draft(code, self._file.path, span, message, help, Confidence.CERTAIN, "", (), hint)


def _reaches(directive: Directive, line: int) -> bool:
    if directive.kind == "ignore-file":
        return True
    return not directive.stray and directive.first <= line <= directive.last
