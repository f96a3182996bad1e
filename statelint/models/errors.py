"""The one error that reading models can raise."""

from __future__ import annotations

from collections.abc import Iterable


class ModelError(Exception):
    """A model is wrong. The message names the file, the row and, where there is one, the nearest valid word."""


class RowError(ValueError):
    """A row's field is wrong; whoever reads the row adds the file and the row's name."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return a hint such as ``; did you mean `saves`?``, naming the valid word closest to ``word``."""
    import difflib  # only a mistake needs it

    words = sorted(valid)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; valid are {', '.join(words)}" if words and len(words) <= 20 else ""
