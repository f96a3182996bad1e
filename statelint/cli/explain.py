"""``statelint explain``: the boundary of a function, ``(y, s') = F(x, s)``."""

from __future__ import annotations

import argparse
import os
import shutil
from typing import TYPE_CHECKING

import msgspec

from statelint.cli import _screen
from statelint.cli._options import UsageError
from statelint.config import Configurations

if TYPE_CHECKING:
    from statelint.explain import Session

HELP = "show a function's boundary: what it reads, writes, draws and saves"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("target", metavar="FILE[::QUALNAME]", help="a function, or all functions of a file")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="text (default) or json")
    parser.add_argument("--facts", action="store_true", help="dump all that the analysis knows, a line for each record")
    parser.add_argument("--steps", action="store_true", help="with --facts: each instruction and its value, too")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="when to use colour")
    add_configuration(parser)


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the configuration."""
    parser.add_argument("--config", metavar="FILE", help="the configuration file")
    parser.add_argument("--isolated", action="store_true", help="read no configuration file")


def configurations(arguments: argparse.Namespace) -> Configurations:
    """The configuration that was asked for."""
    if arguments.config and arguments.isolated:
        raise UsageError("--config FILE and --isolated exclude each other")
    return Configurations({}, arguments.config, arguments.isolated)


def run(arguments: argparse.Namespace) -> int:
    """Print one boundary, or a line for each function."""
    from statelint import explain

    path, name = explain.split_target(arguments.target)
    try:
        explain.check_file(path)
        session = explain.open_session([path], configurations(arguments))
        module = explain.require(session, path)
        names = [explain.find_function(session, module, name)] if name else explain.functions_of(session, module)
    except explain.NotFoundError as problem:
        raise UsageError(str(problem)) from None
    if arguments.facts or arguments.steps:
        text = "\n".join(_facts(session, module, each, arguments.steps) for each in names)
    elif arguments.output_format == "json":
        text = _json(session, module, names, bool(name))
    else:
        text = _text(session, module, names, bool(name), arguments.color)
    _screen.write(text, _screen.encoding_for(arguments.output_format))
    return 0


def _facts(session: Session, module: str, name: str, steps: bool) -> str:
    from statelint.effects.dump import dump, dump_steps
    from statelint.effects.inspect import inspect_function

    session.know([module])
    inspection = inspect_function(session.analyzer, module, name)
    assert inspection is not None
    lines = dump(inspection)
    if steps:
        lines += [f"step {line}" for line in dump_steps(inspection)]
    return "\n".join(lines) + "\n"


def _json(session: Session, module: str, names: list[str], one: bool) -> str:
    from statelint.explain import explain

    found = [explain(session, module, each) for each in names]
    data = msgspec.json.encode(found[0] if one else found)
    return msgspec.json.format(data).decode() + "\n"


def _text(session: Session, module: str, names: list[str], one: bool, color: str) -> str:
    from statelint.explain import explain
    from statelint.explain.text import render_line, render_text, terminal

    width = shutil.get_terminal_size((100, 24)).columns
    screen = terminal(width, _screen.colored(color), _screen.encoding_for("text"))
    if not names:
        return f"{_shown(session, module)} defines no functions.\n"
    found = [each for each in (explain(session, module, name) for name in names) if each is not None]
    if one:
        return "".join(render_text(each, screen) for each in found)
    lines = [render_line(each, screen) for each in found]
    hint = f"\nMore about one: statelint explain {_shown(session, module)}::{found[0].function}\n"
    return f"{_shown(session, module)}\n" + "".join(lines) + hint


def _shown(session: Session, module: str) -> str:
    file = session.file(module)
    return file.path.replace(os.sep, "/") if file is not None else module
