"""References that are written from the code: the options of the configuration, and the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable

from statelint.cli.main import parser_of, verbs
from statelint.config import OptionInfo, options

CONFIGURATION, COMMANDS = "configuration.md", "commands.md"
_CONFIGURATION = """# Configuration

Nothing has to be configured. What can be is in the table `[tool.statelint]` of a `pyproject.toml`, or in a
`statelint.toml` or `.statelint.toml` without a table. The nearest such file holds, in a file's folder or above it.

```toml title="pyproject.toml"
[tool.statelint]
ignore = ["SL803"]
extend-exclude = ["third_party"]

[tool.statelint.per-file-ignores]
"tests/**" = ["SL6"]

[tool.statelint.severity]
SL201 = "error"
```

On the command line `--config FILE` takes one file for all, `--isolated` none, and `--config KEY=VALUE` sets any option;
most have a flag of their own ([command line](commands.md)). The command line wins over every file. `statelint config`
prints what follows in the terminal; `statelint config --output-format schema` is its JSON Schema.

## Options
"""
_COMMANDS = """# Command line

```text
statelint [VERB] [OPTIONS]
```

Without a verb, `statelint` is `statelint check`. Exit codes: 0 nothing found, 1 findings, 2 a bad option, a bad
configuration or an internal failure; those of `verify` are its own.

| variable | what it does |
|---|---|
| `STATELINT_CACHE_DIR` | where the cache is, as `--cache-dir` |
| `STATELINT_OUTPUT_FORMAT` | the format of the report, as `--output-format` |
| `NO_COLOR` | no colours |
| `COLUMNS` | the width of the report |
| `STATELINT_DEBUG` | shows the traceback of an internal error |
"""


def configuration() -> str:
    """The reference of the configuration."""
    return _CONFIGURATION + "".join(_option(each) for each in options())


def _option(option: OptionInfo) -> str:
    default = json.dumps(json.loads(option.default), ensure_ascii=False)
    return f"\n### `{option.name}`\n\n{option.doc}\n\n- Type: `{option.type}`\n- Default: `{default}`\n"


def commands() -> str:
    """The reference of the command line."""
    return _COMMANDS + "".join(_verb(verb) for verb in sorted(verbs(), key=lambda verb: (verb != "check", verb)))


def _verb(verb: str) -> str:
    parser = parser_of(verb)
    text = f"\n## statelint {verb}\n\n{_sentence(parser.description or '')}\n\n"
    text += f"```text\n{_usage(parser)}\n```\n"
    for group in parser._action_groups:
        text += _table(group.title or "", group._group_actions)
    return text + (f"\n{parser.epilog}\n" if parser.epilog else "")


def _usage(parser: argparse.ArgumentParser) -> str:
    names = [_shown(action, "") for group in parser._action_groups for action in group._group_actions if _plain(action)]
    return " ".join([parser.prog, *names, "[OPTIONS]"])


def _plain(action: argparse.Action) -> bool:
    return not action.option_strings


def _table(title: str, actions: Iterable[argparse.Action]) -> str:
    rows = [f"| `{_shown(action, ', ')}` | {_help(action)} |" for action in actions]
    return f"\n| {title} | |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else ""


def _shown(action: argparse.Action, between: str) -> str:
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "")
    if _plain(action):
        return f"[{value} ...]" if action.nargs == "*" else f"[{value}]" if action.nargs == "?" else str(value)
    names = between.join(action.option_strings)
    return names if action.nargs == 0 or not value else f"{names} {value}"


def _help(action: argparse.Action) -> str:
    return _sentence((action.help or "").replace("%(default)s", str(action.default))).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ")")) or not text else ".")


def pages() -> dict[str, str]:
    """Both pages, by their place in the documentation."""
    return {CONFIGURATION: configuration(), COMMANDS: commands()}
