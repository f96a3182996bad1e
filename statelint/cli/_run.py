"""One run of ``check``: its files, its settings, and the way from an outcome to what is written."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from statelint import __version__
from statelint.cli import _options, _screen
from statelint.config import Settings
from statelint.source import Discovery

if TYPE_CHECKING:
    from statelint.engine import Outcome
    from statelint.engine.fixing import Fixed
    from statelint.report import ReportContext


class Run:
    """Everything that the verb's arguments lead to.

    ``standard_input`` is the path under which it is linted; ``excluded_input`` is its text if it is not to be linted.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._failed = False
        self._folder = os.getcwd()
        self.paths: list[str] = arguments.paths or ["."]
        self.configurations = _options.configurations(arguments)
        self.standard_input: str | None = None
        self.excluded_input: bytes | None = None
        self.settings = self._run_settings()
        self._format = self.settings.output_format

    def _run_settings(self) -> Settings:
        """The settings of the run as a whole: those of the current folder, else of the first path."""
        here = self.configurations.of(self._folder)
        if here.origin:
            return here
        first = os.path.normpath(os.path.join(self._folder, self.paths[0]))
        there = self.configurations.of(first if os.path.isdir(first) else os.path.dirname(first))
        return there if there.origin else here

    @cached_property
    def files(self) -> dict[str, bytes | None]:
        """The files of the run, by absolute path, with the bytes of standard input for what it holds."""
        if "-" in self.paths:
            if len(self.paths) > 1:
                raise _options.UsageError("- (standard input) cannot be mixed with other paths")
            return self._standard_input()
        discovery = Discovery(self.configurations.of)
        found = discovery.find(self.paths, self._folder)
        for path in discovery.missing:
            self._failed = True
            _screen.note(f"statelint: no such file or folder: {path}{_verb_hint(path)}")
        if not found and not discovery.missing and not discovery.excluded:
            self.say(f"No Python files found under {', '.join(self.paths)}.")
        return {each.absolute: None for each in found}

    @cached_property
    def known(self) -> frozenset[str]:
        """With ``--whole-project`` all files of the project: those of the folder of its configuration, or the
        current."""
        if not self._arguments.whole_project:
            return frozenset()
        roots = sorted({self.configurations.of(os.path.dirname(path)).root for path in self.files})
        found = Discovery(self.configurations.of).find(roots, self._folder) if roots else []
        return frozenset(each.absolute for each in found)

    def _standard_input(self) -> dict[str, bytes | None]:
        name = self._arguments.stdin_filename or "<stdin>"
        absolute = os.path.normpath(os.path.join(self._folder, name))
        data = sys.stdin.buffer.read()
        settings = self.configurations.of(os.path.dirname(absolute))
        self.standard_input = absolute
        if settings.force_exclude and settings.exclude_patterns.matches_tree(absolute):
            self.excluded_input = data
            return {}
        return {absolute: data}

    @property
    def nothing_to_do(self) -> bool:
        """Whether none of the paths exists."""
        return not self.files and self._failed

    def shown_files(self) -> list[str]:
        """The files of the run as they are shown."""
        from statelint.engine.project import shown_path

        return [shown_path(each) for each in sorted(self.files)]

    def settings_text(self) -> str:
        """The settings that hold for the first file, one a line, as TOML."""
        first = next(iter(sorted(self.files)), os.path.join(self._folder, "x.py"))
        settings = self.configurations.of(os.path.dirname(first))
        values = msgspec.to_builtins(settings)
        origin = settings.origin or "(defaults)"
        lines = [f"# {first}", f"# configuration: {origin}", f"# root: {settings.root}"]
        lines += [f"{key} = {_toml(value)}" for key, value in values.items() if key not in ("root", "origin")]
        return "\n".join(lines) + "\n"

    def lint(self) -> Outcome:
        """Lint the files once."""
        from statelint.engine import Engine

        self._settle_collector()
        bar = _screen.Bar(not self._arguments.quiet)
        try:
            return Engine(self.configurations, self.settings.jobs).run(
                self.files, bar.callback, self._folders, self.known
            )
        finally:
            bar.close()

    def fix(self, refused: frozenset[tuple[str, str]] = frozenset()) -> Fixed:
        """Lint and fix the files in memory, but not in the functions that are ``refused``."""
        from statelint.engine import Engine, fixing

        self._settle_collector()
        bar = _screen.Bar(not self._arguments.quiet)
        try:
            engine = Engine(self.configurations, self.settings.jobs)
            unsafe = self.settings.unsafe_fixes
            return fixing.fix(engine, self.files, unsafe, bar.callback, self._folders, refused, self.known)
        finally:
            bar.close()

    @property
    def _folders(self) -> list[str]:
        paths = (os.path.normpath(os.path.join(self._folder, each)) for each in self.paths)
        return [each for each in paths if os.path.isdir(each)]

    def _settle_collector(self) -> None:
        import gc

        gc.freeze()
        gc.set_threshold(100_000, 50, 50)

    def report(self, outcome: Outcome, fixed: int = 0) -> None:
        """Write what is found, in the format that was asked for."""
        from statelint.report import render

        self.tell_failures(outcome)
        if self._arguments.statistics:
            text = self._statistics(outcome)
        else:
            text = render(self._format, outcome.findings, self._context(outcome))
        if fixed:
            self.say(f"Fixed {fixed} {'finding' if fixed == 1 else 'findings'}.")
        encoding = _screen.encoding_for(self._format)
        if self._arguments.output_file:
            self._write_file(self._arguments.output_file, text.encode(encoding, "backslashreplace"))
        elif self.standard_input is not None and self.settings.fix:
            _screen.note(text.rstrip("\n"))  # standard output carries the fixed text
        else:
            _screen.write(text, encoding)

    def _write_file(self, path: str, data: bytes) -> None:
        try:
            with open(path, "wb") as file:
                file.write(data)
        except OSError as error:
            raise _options.UsageError(f"--output-file {path}: {error.strerror}") from None

    def _context(self, outcome: Outcome) -> ReportContext:
        import shutil

        from statelint.cli._pages import rule_info
        from statelint.report import Cell, ReportContext, Suppressed

        project = outcome.project

        def source(path: str) -> list[str] | None:
            file = project.at_path(path)
            if file is None or file.problem is not None:
                return None
            return [file.shown.line(number) for number in range(1, len(file.shown) + 1)]

        def cell(path: str, line: int) -> Cell | None:
            file = project.at_path(path)
            number, inner = file.locate(line) if file is not None else (None, line)
            return None if number is None else Cell(number, inner)

        applicable = Counter(str(each.fix.applicability) for each in outcome.findings if each.fix is not None)
        to_terminal = not self._arguments.output_file
        return ReportContext(
            version=__version__,
            source=source,
            cell=cell,
            rule=rule_info,
            width=shutil.get_terminal_size((100, 24)).columns,
            color=_screen.colored(self._arguments.color) and to_terminal,
            encoding=_screen.encoding_for(self._format),
            hyperlinks=to_terminal and self._arguments.color != "never" and _screen.hyperlinks(),
            files=outcome.files,
            fixable=applicable["safe"],
            fixable_unsafely=applicable["unsafe"],
            suppressed=tuple(Suppressed(each.finding, each.reason) for each in outcome.silenced),
            base=self._folder,
        )

    def _statistics(self, outcome: Outcome) -> str:
        counts = Counter((each.code, each.name) for each in outcome.findings)
        fixable = {each.code for each in outcome.findings if each.fix is not None}
        ordered = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
        if self._format.startswith("json"):
            rows = [
                {"code": code, "name": name, "count": count, "fixable": code in fixable}
                for (code, name), count in ordered
            ]
            return msgspec.json.format(msgspec.json.encode(rows)).decode() + "\n"
        width = max((len(str(count)) for count in counts.values()), default=1)
        return "".join(
            f"{count:>{width}}  {code}  [{'*' if code in fixable else ' '}] {name}\n" for (code, name), count in ordered
        )

    def tell_failures(self, outcome: Outcome) -> None:
        """Write errors of statelint itself, which left out a file or the whole analysis."""
        from statelint.cli.main import ISSUES

        for each in outcome.failures:
            self._failed = True
            place = f" while analysing {each.path}" if each.path else ""
            _screen.note(f"statelint: internal error{place}: {each.error}")
            if os.environ.get("STATELINT_DEBUG"):
                _screen.note(each.details)
        if outcome.failures:
            _screen.note(
                f"This is a bug in statelint; the other files were linted. Please report it at {ISSUES} with what"
                " STATELINT_DEBUG=1 shows."
            )

    def say(self, text: str) -> None:
        """Write a remark to standard error, unless only findings are wanted."""
        if not self._arguments.quiet:
            _screen.note(text)

    def exit_code(self, code: int) -> int:
        """Return the exit code: what failed counts more than what was found."""
        return 2 if self._failed else code


def _verb_hint(path: str) -> str:
    import difflib

    from statelint.cli.main import verbs

    close = difflib.get_close_matches(path, verbs(), 1, 0.7) if path.isalpha() else []
    return f"; did you mean `statelint {close[0]}`?" if close else ""


def _toml(value: object) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{msgspec.json.encode(key).decode()} = {_toml(each)}" for key, each in value.items())
        return "{" + inner + "}"
    return msgspec.json.encode(value).decode()
