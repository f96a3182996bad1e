"""The line from files to findings, once: parse, analyse, link, check, describe, suppress, sort."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from statelint.config import Configurations, Settings
from statelint.engine.describe import describe, place
from statelint.engine.entries import dead_entries
from statelint.engine.project import Failure, Project, failure, shown_path
from statelint.engine.selection import RuleChoice
from statelint.engine.suppressions import Suppressions
from statelint.engine.workers import Progress, Share, analyse_all
from statelint.findings import Confidence, Draft, Finding
from statelint.source import Problem, SourceFile

_RANK = {Confidence.CERTAIN: 0, Confidence.LIKELY: 1, Confidence.POSSIBLE: 2}


class Reported(msgspec.Struct, frozen=True):
    """A finding with the file that it is in, and the draft that it was made from."""

    finding: Finding
    file: SourceFile
    draft: Draft


class Silenced(msgspec.Struct, frozen=True):
    """A finding that a comment suppresses, and the reason that the comment gives."""

    finding: Finding
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """A run's result: what is reported, what comments silence, and what went wrong in statelint itself."""

    reported: tuple[Reported, ...]
    silenced: tuple[Silenced, ...]
    failures: tuple[Failure, ...]
    files: int
    project: Project

    @property
    def findings(self) -> list[Finding]:
        """The findings alone, sorted."""
        return [each.finding for each in self.reported]


Analyse = Callable[[Project, Settings, int, Progress | None], Share]


class Engine:
    """Runs the line over a set of files, any number of times (fixes change them in between)."""

    def __init__(self, configurations: Configurations, jobs: int = 1, analyse: Analyse = analyse_all) -> None:
        self._configurations = configurations
        self._jobs = jobs
        self._analyse = analyse
        self._choices: dict[int, RuleChoice] = {}

    def run(
        self,
        files: Mapping[str, bytes | None],
        progress: Progress | None = None,
        folders: Sequence[str] = (),
        known: Collection[str] = (),
    ) -> Outcome:
        """Lint files, given by absolute path, with the bytes to take instead of those on disk (None: on disk).

        ``folders`` are the absolute folders that the files were looked for in. ``known`` are files that are analysed
        with them, and not reported on.
        """
        given = {**dict.fromkeys(known), **files}
        sources = [SourceFile(shown_path(path), path, data=data) for path, data in sorted(given.items())]
        settings = self._analysis_settings(sources)
        project = Project(sources, settings)
        share = self._analyse(project, settings, self._jobs, progress)
        drafts, failures = _checked(share, settings)
        blocked = {name for name, problems in share.problems.items() if any(each.whole for each in problems)}
        by_module: dict[str, list[Draft]] = {}
        for draft in drafts:
            file = project.at_path(draft.path)
            if file is not None and file.reported and file.absolute in files and file.module not in blocked:
                by_module.setdefault(file.module, []).append(draft)
        reported: list[Reported] = []
        silenced: list[Silenced] = []
        for name in sorted({*by_module, *share.problems, *share.speaking}):
            file = project.modules[name]
            if file.absolute not in files:
                continue
            found, hushed = self._file(project, file, by_module.get(name, []), share.problems.get(name, []))
            reported += found
            silenced += hushed
        reported += self._entries(project, files, folders)
        reported.sort(key=lambda each: place(each.finding))
        silenced.sort(key=lambda each: place(each.finding))
        return Outcome(tuple(reported), tuple(silenced), (*share.failures, *failures), len(files), project)

    def _analysis_settings(self, sources: Sequence[SourceFile]) -> Settings:
        """One set of settings for the analysis: it knows all models and marked regions of the run's configurations."""
        folders = sorted({os.path.dirname(source.absolute) for source in sources})
        found = {id(each): each for each in map(self._configurations.of, folders)}
        every = sorted(found.values(), key=lambda each: (each.origin, each.root))
        if not every:
            return self._configurations.of(os.getcwd())
        if len(every) == 1:
            return every[0]
        return msgspec.structs.replace(
            every[0],
            models=tuple(sorted({model for each in every for model in each.models})),
            rules=tuple(sorted({rule for each in every for rule in each.rules})),
            differentiable=tuple(sorted({pattern for each in every for pattern in each.differentiable})),
            src=tuple(dict.fromkeys(source for each in every for source in each.sources)),
            budget=max(each.budget for each in every),
        )

    def _entries(self, project: Project, files: Mapping[str, bytes | None], folders: Sequence[str]) -> list[Reported]:
        """What is wrong with the configurations that hold for the files."""
        reported: list[Reported] = []
        found = {each.origin: each for each in (self._configurations.of(os.path.dirname(path)) for path in files)}
        for origin, settings in sorted(found.items()):
            dead = dead_entries(settings, files, folders) if origin else None
            if dead is None or "SL003" not in self._rules(settings).selected:
                continue
            counts: Counter[tuple[str, str, str]] = Counter()
            for draft in dead[1]:
                finding = describe(draft, dead[0], project, self._rules(settings), counts)
                reported.append(Reported(finding, dead[0], draft))
        return reported

    def choice(self, file: SourceFile) -> RuleChoice:
        """Return which rules hold for a file."""
        return self._rules(self._configurations.of(os.path.dirname(file.absolute)))

    def _rules(self, settings: Settings) -> RuleChoice:
        if id(settings) not in self._choices:
            self._choices[id(settings)] = RuleChoice(settings)
        return self._choices[id(settings)]

    def _file(
        self, project: Project, file: SourceFile, drafts: list[Draft], problems: list[Problem]
    ) -> tuple[list[Reported], list[Silenced]]:
        choice = self.choice(file)
        settings = choice.settings
        rows = [_problem_draft(file, problem) for problem in problems]
        rows += sorted(set_of(drafts), key=lambda each: (each.span, each.code, each.message))
        suppressions = Suppressions(file, settings.require_reason)
        reported: list[Reported] = []
        silenced: list[Silenced] = []
        ignored = choice.ignored_in(file.absolute)
        counts: Counter[tuple[str, str, str]] = Counter()

        def take(draft: Draft, filtered: bool) -> None:
            finding = describe(draft, file, project, choice, counts)
            if not choice.reports(finding.code) or finding.code in ignored:
                return
            reason = suppressions.silences(finding)
            if filtered and _RANK[finding.confidence] > _RANK[settings.confidence]:
                return
            if reason is not None:
                silenced.append(Silenced(finding, reason))
                return
            reported.append(Reported(suppressions.advise(finding), file, draft))

        shown = [d for d in rows if choice.reports(d.code) and _RANK[d.confidence] <= _RANK[settings.confidence]]
        said = {(draft.code, draft.span[:2]) for draft in shown}
        for draft in rows:
            if not any((better, draft.span[:2]) in said for better in _yields_to(draft.code)):
                take(draft, True)
        if not any(each.whole for each in problems):
            for draft in suppressions.drafts(choice.selected - ignored.keys()):
                take(draft, False)
        return reported, silenced


def set_of(drafts: Sequence[Draft]) -> list[Draft]:
    """Return drafts without those that say the same of the same place."""
    seen: dict[tuple[object, ...], Draft] = {}
    for draft in drafts:
        seen.setdefault((draft.code, draft.span, draft.message), draft)
    return list(seen.values())


def _yields_to(code: str) -> tuple[str, ...]:
    from statelint import checks

    return checks.yields_to().get(code, ())


def _problem_draft(file: SourceFile, problem: Problem) -> Draft:
    line = file.shown.line(problem.line)
    column = len(line[: problem.column - 1].encode("utf-8", "replace"))
    action = "Fix the syntax" if problem.code == "SL002" else "Make the file readable"
    if problem.whole:
        help = f"{action}, or exclude the file; nothing else was checked in it."
    else:
        help = "Fix the syntax; nothing else was checked in this cell."
    return Draft(
        code=problem.code,
        path=file.path,
        span=(problem.line, column, problem.line, column + 1),
        message=problem.message,
        help=help,
        confidence=Confidence.CERTAIN,
        function="",
    )


def _checked(share: Share, settings: Settings) -> tuple[list[Draft], list[Failure]]:
    if not share.facts:
        return [], []
    from statelint import checks, effects

    try:
        return list(checks.run(effects.link(share.facts, settings), settings)), []
    except Exception as error:
        return [], [failure("", error)]
