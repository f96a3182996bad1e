"""``statelint check``: lint files, and report, fix or suppress what is found."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from statelint.cli import _options, _screen
from statelint.cli._run import Run

if TYPE_CHECKING:
    from statelint.engine.fixing import Change

HELP = "lint files and folders (the default verb)"


def prepare(arguments: list[str]) -> list[str]:
    """A bare ``--add-ignore`` takes no reason, and not the path that follows it."""
    return ["--add-ignore=" if each == "--add-ignore" else each for each in arguments]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files, folders, globs, or - (default: .)")
    parser.add_argument("--stdin-filename", metavar="FILE", help="the name of what standard input holds")
    parser.add_argument("-o", "--output-file", metavar="FILE", help="where to write the report")
    parser.add_argument("--statistics", action="store_true", help="count findings by rule instead of listing them")
    parser.add_argument("--fix-only", action="store_true", help="apply fixes and report nothing")
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="run each fixed function before and after (executes your code), and take back what is refuted",
    )
    parser.add_argument(
        "--add-ignore", metavar="REASON", help="suppress all findings by comments: --add-ignore[=REASON]"
    )
    parser.add_argument(
        "--whole-project",
        action="store_true",
        help="analyse all files of the project, and report on those that are named",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 also if there are findings")
    parser.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit with 1 also if all was fixed")
    parser.add_argument("--show-files", action="store_true", help="list the files that would be linted")
    parser.add_argument("--show-settings", action="store_true", help="show the settings that hold for the first file")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="when to use colour")
    parser.add_argument("-q", "--quiet", action="store_true", help="write findings and errors alone")
    parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=None, help="use the cache")
    parser.add_argument("--cache-dir", metavar="FOLDER", help="where the cache is")
    _options.add_configuration(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lint, and do with the findings what was asked for."""
    run = Run(arguments)
    if run.nothing_to_do:
        return 2
    if arguments.show_files:
        _screen.write("".join(f"{path}\n" for path in run.shown_files()))
        return run.exit_code(0)
    if arguments.show_settings:
        _screen.write(run.settings_text())
        return run.exit_code(0)
    if arguments.add_ignore is not None:
        return _add_ignores(run, arguments.add_ignore)
    if arguments.diff or arguments.fix_only or run.settings.fix:
        return _fix(run, arguments)
    if arguments.verify:
        raise _options.UsageError("--verify belongs to --fix, --fix-only or --diff")
    outcome = run.lint()
    run.report(outcome)
    found = 0 if arguments.exit_zero else len(outcome.reported)
    return run.exit_code(1 if found else 0)


def _fix(run: Run, arguments: argparse.Namespace) -> int:
    from statelint.engine import fixing

    said: list[str] = []
    if arguments.verify:
        from statelint.cli._proof import fix_and_verify

        fixed, said = fix_and_verify(run)
    else:
        fixed = run.fix()
    for each in (*fixed.notes, *said):
        _screen.note(each)
    run.tell_failures(fixed.outcome)
    if arguments.diff:
        _screen.write(fixing.diff(fixed.changes))
        if fixed.changes and not arguments.quiet:
            _screen.note(f"{fixed.count} {'fix' if fixed.count == 1 else 'fixes'} would be applied.")
        return run.exit_code(1 if fixed.changes and not arguments.exit_zero else 0)
    unwritten = _write(run, fixed.changes)
    if run.settings.show_fixes:
        run.say("\n".join(_fix_list(fixed.applied)))
    if not arguments.fix_only:
        run.report(fixed.outcome, fixed=fixed.count)
    found = 0 if arguments.fix_only or arguments.exit_zero else len(fixed.outcome.reported)
    if arguments.exit_non_zero_on_fix and fixed.count:
        found += 1
    return 2 if unwritten else run.exit_code(1 if found else 0)


def _write(run: Run, changes: tuple[Change, ...]) -> bool:
    """Write the changes, or the changed text where the text came from standard input; say if that failed."""
    from statelint.engine import fixing

    if run.standard_input is not None:
        before = run.excluded_input if run.excluded_input is not None else run.files[run.standard_input]
        _screen.write_bytes(changes[0].after if changes else before or b"")
        return False
    notes = fixing.write(changes)
    for each in notes:
        _screen.note(f"statelint: {each}")
    return bool(notes)


def _fix_list(applied: dict[str, dict[str, int]]) -> list[str]:
    from statelint import catalogue

    total = sum(number for rules in applied.values() for number in rules.values())
    lines = [f"Fixed {total} {'finding' if total == 1 else 'findings'}:"]
    for path, rules in applied.items():
        lines.append(f"- {path}:")
        for code, number in rules.items():
            entry = catalogue.entries().get(code)
            lines.append(f"    {number} × {code} ({entry.name if entry else code})")
    return lines


def _add_ignores(run: Run, reason: str) -> int:
    from statelint.engine import fixing

    outcome = run.lint()
    run.tell_failures(outcome)
    changes, notes = fixing.ignore(outcome, reason)
    if run.standard_input is not None:
        _write(run, tuple(changes))
        return run.exit_code(0)
    notes += fixing.write(changes)
    for each in notes:
        _screen.note(f"statelint: {each}")
    run.say(f"Added comments in {len(changes)} {'file' if len(changes) == 1 else 'files'}.")
    return 2 if notes else run.exit_code(0)
