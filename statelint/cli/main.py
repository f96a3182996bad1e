"""The ``statelint`` command: picks the verb, and turns what goes wrong into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

TYPE_CHECKING = False  # that of typing takes time to import
if TYPE_CHECKING:
    import argparse

EXIT_CLEAN, EXIT_FINDINGS, EXIT_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130
_EXPECTED = ("CatalogueError", "ConfigError", "ModelError", "OwnRuleError", "UsageError", "WorkerError")
"""Errors whose message says all: by name, so that nothing is imported for them."""
ISSUES = "https://github.com/statelint/statelint/issues"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-V"]):
        from statelint import __version__

        print(f"statelint {__version__}")
        return EXIT_CLEAN
    try:
        code = _run(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _close_stdout()
        return EXIT_CLEAN
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        if type(error).__name__ in _EXPECTED:
            return _fail(str(error))
        if os.environ.get("STATELINT_DEBUG"):
            raise
        _fail(f"internal error: {type(error).__name__}: {error}")
        print(
            f"This is a bug in statelint, not in your code. Please report it at {ISSUES} with the command and the"
            " traceback that STATELINT_DEBUG=1 shows.",
            file=sys.stderr,
        )
        return EXIT_ERROR


def _run(given: list[str]) -> int:
    import importlib

    known = verbs()
    if given and given[0] in ("-h", "--help"):
        _print_help(known)
        return EXIT_CLEAN
    verb, rest = (given[0], given[1:]) if given and given[0] in known else ("check", given)
    module = importlib.import_module(f"statelint.cli.{verb}")
    parser = parser_of(verb)
    prepare = getattr(module, "prepare", None)
    try:
        parsed = parser.parse_args(prepare(rest) if prepare else rest)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_ERROR
    code: int = module.run(parsed)
    return code


def parser_of(verb: str) -> argparse.ArgumentParser:
    """Return what reads the arguments of a verb."""
    import argparse
    import importlib

    module = importlib.import_module(f"statelint.cli.{verb}")
    parser = argparse.ArgumentParser(
        prog=f"statelint {verb}", description=module.HELP, allow_abbrev=False, formatter_class=argparse.HelpFormatter
    )
    module.configure(parser)
    return parser


def verbs() -> list[str]:
    """Return the names of all verbs, without importing them."""
    names = (each[:-3] for each in os.listdir(os.path.dirname(__file__)) if each.endswith(".py"))
    return sorted(name for name in names if not name.startswith("_") and name != "main")


def _print_help(known: list[str]) -> None:
    import importlib

    print("Usage: statelint [VERB] [OPTIONS]\n")
    print("Finds hidden state and silent gradient bugs in differentiable Python code.")
    print("Without a verb: statelint check.\n\nVerbs:")
    for verb in known:
        print(f"  {verb:<10}{importlib.import_module(f'statelint.cli.{verb}').HELP}")
    print("\n`statelint VERB --help` lists a verb's options. Exit codes: 0 clean, 1 findings, 2 error.")


def _fail(message: str) -> int:
    print(f"statelint: {message}", file=sys.stderr)
    return EXIT_ERROR


def _close_stdout() -> None:
    """Let the interpreter's own last flush go nowhere: who read our output has left."""
    import contextlib

    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
