"""``statelint graph``: which names and modules share storage."""

from __future__ import annotations

import argparse
import os
import shutil
from typing import TYPE_CHECKING

from statelint.cli import _screen
from statelint.cli._options import UsageError
from statelint.cli.explain import add_configuration, configurations

if TYPE_CHECKING:
    from statelint.config import Configurations
    from statelint.graph import Graph

HELP = "export the graph of shared storage of a function, a module or a package"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("target", metavar="PATH[::QUALNAME]", help="a file or folder, or a function of a file")
    parser.add_argument(
        "--output-format",
        choices=("text", "json", "dot", "graphml", "html"),
        default="text",
        help="text is the default",
    )
    parser.add_argument("-o", "--output-file", metavar="FILE", help="where to write the graph")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="when to use colour")
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the graph."""
    from statelint import explain
    from statelint.explain.text import terminal
    from statelint.graph import render

    try:
        graph = _graph(arguments.target, configurations(arguments))
    except explain.NotFoundError as problem:
        raise UsageError(str(problem)) from None
    to_file = arguments.output_file is not None
    encoding = "utf-8" if to_file or arguments.output_format != "text" else _screen.encoding_for("text")
    color = _screen.colored(arguments.color) and not (to_file and arguments.color == "auto")
    width = shutil.get_terminal_size((100, 24)).columns
    text = render(graph, arguments.output_format, terminal(width, color, encoding))
    if not to_file:
        _screen.write(text, encoding)
        return 0
    try:
        with open(arguments.output_file, "wb") as file:
            file.write(text.encode(encoding, "backslashreplace"))
    except OSError as error:
        raise UsageError(f"--output-file {arguments.output_file}: {error.strerror}") from None
    return 0


def _graph(target: str, configurations: Configurations) -> Graph:
    from statelint import explain
    from statelint.graph import function_graph, module_graph, package_graph

    path, name = explain.split_target(target)
    if os.path.isdir(path) and not name:
        session = explain.open_session(_files(path, configurations), configurations)
        title = os.path.normpath(path)
        if title.strip("./" + os.sep) == "":
            title = os.path.basename(os.path.abspath(path)) or title
        return package_graph(session, title.replace(os.sep, "/"))
    explain.check_file(path)
    session = explain.open_session([path], configurations)
    module = explain.require(session, path)
    if not name:
        return module_graph(session, module)
    graph = function_graph(session, module, explain.find_function(session, module, name))
    assert graph is not None
    return graph


def _files(path: str, configurations: Configurations) -> list[str]:
    from statelint.explain import NotFoundError
    from statelint.source import Discovery

    found = [each.absolute for each in Discovery(configurations.of).find([path], os.getcwd())]
    if not found:
        raise NotFoundError(f"no Python files in {path}")
    return found
