"""``statelint verify``: run a function in a process of its own and see whether what it claims holds."""

from __future__ import annotations

import argparse
import importlib.util
import shutil

from statelint.cli import _screen
from statelint.cli._options import UsageError

HELP = "run a function: same values, right gradient, no state changed? (executes your code)"
EXIT_PROVED, EXIT_REFUTED, EXIT_INCONCLUSIVE = 0, 1, 3
_DESCRIPTION = (
    "Runs a function in a process of its own, on the reference tape and on its framework if that is installed, and"
    " says proved, refuted or inconclusive. This executes the code of the file."
)


_HINT = (
    ".\nSay what to call it with: --example 'ARGUMENTS', or a comment on the line above it:\n"
    "  # statelint: example=(np.linspace(0.1, 1.0, 4), 2.0)\n"
    "For a method, the arguments of its class: --init-example, or such a comment above the class."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = _DESCRIPTION
    parser.epilog = (
        "Exit codes: 0 proved, 1 refuted, 2 a bad option or target, 3 inconclusive. With --against: of the latter."
    )
    parser.add_argument(
        "target", metavar="FILE::FUNC", help="the function; a method as CLASS.METHOD, a module as CLASS"
    )
    parser.add_argument("--against", metavar="FILE::FUNC", help="the fixed function, to be seen side by side")
    parser.add_argument("--example", default="", metavar="ARGS", help="its arguments: '(np.ones(3), scale=2.0)'")
    parser.add_argument(
        "--init-example", default="", metavar="ARGS", help="the arguments of its class, or an object of it"
    )
    parser.add_argument("--against-example", default="", metavar="ARGS", help="the same for the function of --against")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of all generators and directions (default 0)")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for each process (default 60)")
    parser.add_argument("--memory", type=int, default=2048, metavar="MB", help="for each process (default 2048)")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="text (default) or json")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="when to use colour")


def run(arguments: argparse.Namespace) -> int:
    """Verify one function, or two side by side."""
    for package in ("numpy", "numba"):
        if importlib.util.find_spec(package) is None:
            raise UsageError(f'verify needs {package}: pip install "statelint-ad[verify]" (in a checkout: ".[verify]")')
    if arguments.timeout <= 0 or arguments.memory <= 0:
        raise UsageError("--timeout and --memory are positive numbers")
    if arguments.seed < 0:
        raise UsageError("--seed is not negative")
    import msgspec

    from statelint.verify import Limits, TargetError, look, render_text, verify

    try:
        targets = [look(arguments.target, arguments.example, arguments.init_example)]
        if arguments.against:
            targets.append(look(arguments.against, arguments.against_example, arguments.init_example))
    except TargetError as problem:
        raise UsageError(str(problem)) from None
    if len(targets) > 1 and not targets[1].example and targets[0].example:
        targets[1] = msgspec.structs.replace(
            targets[1], example=targets[0].example, init=targets[1].init or targets[0].init
        )
    report = verify(targets, Limits(arguments.timeout, arguments.memory), arguments.seed)
    for target, found in zip(targets, report.functions, strict=True):
        unusable = [each.trouble for each in found.runs if each.unusable]
        if unusable and len(unusable) == len(found.runs):
            raise UsageError(f"{target.shown}: {unusable[-1]}{_HINT}")
    if arguments.output_format == "json":
        text = msgspec.json.format(msgspec.json.encode(report)).decode() + "\n"
    else:
        width = min(shutil.get_terminal_size((100, 24)).columns, 120)
        text = render_text(report, width, _screen.colored(arguments.color))
    _screen.write(text, _screen.encoding_for(arguments.output_format))
    return {"proved": EXIT_PROVED, "refuted": EXIT_REFUTED, "inconclusive": EXIT_INCONCLUSIVE}[report.verdict]
