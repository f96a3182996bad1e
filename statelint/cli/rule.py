"""``statelint rule``: a rule's page, or the list of all rules."""

from __future__ import annotations

import argparse
import os
import sys

import msgspec

from statelint import catalogue, own_rules
from statelint.cli import _pages, _screen
from statelint.cli._options import UsageError
from statelint.config import Configurations

HELP = "explain a rule, or list all"
_KEYS = ("code", "name", "family", "summary", "frameworks", "fix", "since")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("rule", nargs="?", metavar="CODE|NAME", help="the rule to explain")
    parser.add_argument("--all", action="store_true", help="all rules")
    parser.add_argument(
        "--test", action="store_true", help="run the cases that your own rules carry in their files (CODE: of one rule)"
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration that names your own rules")
    parser.add_argument("--output-format", choices=("text", "json", "markdown"), default="text")


def run(arguments: argparse.Namespace) -> int:
    """Print one rule or all, or test the user's own."""
    settings = Configurations(file=arguments.config).of(os.getcwd())
    if arguments.test:
        return _test(settings.rules, arguments.rule)
    if arguments.all == (arguments.rule is not None):
        raise UsageError("rule: give a code or a name, or --all")
    if arguments.all:
        rules = catalogue.load_all()
    else:
        code = catalogue.find_code(arguments.rule)
        if code is None:
            close = catalogue.nearest(arguments.rule)
            raise UsageError(f"no rule is called `{arguments.rule}`" + (f"; did you mean `{close}`?" if close else ""))
        rules = [catalogue.load(code)]
    if arguments.output_format == "json":
        records = [{key: getattr(rule, key) for key in _KEYS} for rule in rules]
        data = msgspec.json.encode(records if arguments.all else {**records[0], "page": catalogue.page(rules[0].code)})
        _screen.write(msgspec.json.format(data).decode() + "\n")
    elif arguments.output_format == "markdown":
        _screen.write("\n".join(_pages.markdown(rule) for rule in rules))
    elif arguments.all:
        _screen.write("".join(f"{rule.code}  {_mark(rule)} {rule.name:<32} {rule.summary}\n" for rule in rules))
    else:
        _print_page(rules[0])
    return 0


def _test(sources: tuple[str, ...], wanted: str | None) -> int:
    from statelint.own_cases import run_cases

    if wanted is not None:
        code = catalogue.find_code(wanted)
        sources = tuple(each for each in sources if own_rules.load(each).RULE.code == code)
    if not sources:
        raise UsageError(
            "rule --test: no rule of your own" + (f" is called `{wanted}`" if wanted else " is configured")
        )
    failed = total = 0
    for source in sources:
        for case in run_cases(source):
            total += 1
            failed += not case.passed
            said = "ok" if case.passed else "FAILED"
            for lines, what in ((case.missing, "nothing reported"), (case.extra, "reported, not expected")):
                said += "".join(f"; line {line}: {what}" for line in lines)
            _screen.write(f"{case.code} {case.kind} {case.number}: {said}\n")
    _screen.write(f"{total - failed} of {total} cases passed\n")
    return 1 if failed else 0


def _mark(rule: catalogue.Rule) -> str:
    return {"safe": "[*]", "unsafe": "[~]", "none": "[ ]"}[rule.fix]


def _print_page(rule: catalogue.Rule) -> None:
    if not (sys.stdout.isatty() and _screen.colored("auto")):
        _screen.write(_pages.markdown(rule), _screen.encoding_for("text"))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(_pages.markdown(rule)), width=min(console.width, 100))
