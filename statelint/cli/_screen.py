"""What is written where: standard output in its encoding, colour, width, and a bar for long runs."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

MACHINE_FORMATS = ("json", "json-lines", "sarif", "gitlab", "junit")


def write(text: str, encoding: str = "utf-8") -> None:
    """Write text to standard output; characters that its encoding lacks are escaped."""
    write_bytes(text.encode(encoding, "backslashreplace"))


def write_bytes(data: bytes) -> None:
    """Write to standard output. Nobody reading it (any more) is no error."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str) -> None:
    """Write a line to standard error."""
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)


def encoding_for(format: str) -> str:
    """Return the encoding of an output format: machines get UTF-8."""
    return "utf-8" if format in MACHINE_FORMATS else getattr(sys.stdout, "encoding", None) or "utf-8"


def colored(choice: str) -> bool:
    """Say whether to colour: ``always``, ``never``, or ``auto`` for a terminal that did not ask for none."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") not in (None, "", "0"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def hyperlinks() -> bool:
    """Say whether the terminal is known to understand links."""
    if not sys.stdout.isatty():
        return False
    programs = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper")
    marks = ("WT_SESSION", "KITTY_WINDOW_ID", "DOMTERM")
    return os.environ.get("TERM_PROGRAM") in programs or any(each in os.environ for each in marks)


class Bar:
    """A progress bar on standard error, drawn only when a run on a terminal has taken a second."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and sys.stderr.isatty()
        self._start = time.monotonic()
        self._progress: Any = None
        self._task: Any = None

    @property
    def callback(self) -> Bar | None:
        """What the driver calls, or None where no bar can come."""
        return self if self._wanted else None

    def __call__(self, done: int, total: int) -> None:
        if self._progress is None:
            if time.monotonic() - self._start < 1 or done >= total:
                return
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task("Analysing", total=total)
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
