"""Prints what statelint says of the first example; ``--write`` puts it into the README, between its markers."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- example -->\n", "<!-- end of example -->"
COMMAND = ("check", "examples/torch_attention.py", "--select", "SL201", "--isolated", "--no-cache", "--color", "never")


def shown() -> str:
    """Return the command and its real output, as a Markdown block."""
    script = "import os; os.environ['COLUMNS'] = '100'; from statelint.cli.main import main; main()"
    command = [sys.executable, "-X", "utf8", "-c", script, *COMMAND]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return f"```console\n$ statelint check examples/torch_attention.py\n{run.stdout.decode()}```\n"


def with_example(readme: str, block: str) -> str:
    """Return the README with the block between its markers."""
    before, _, rest = readme.partition(START)
    return f"{before}{START}{block}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        path = ROOT / "README.md"
        path.write_text(with_example(path.read_text("utf-8"), shown()), "utf-8", newline="\n")
    else:
        print(shown(), end="")
