"""What is wrong with a text that is no Python, in one sentence and at one place."""

from __future__ import annotations

import warnings

TOO_DEEP = "The code is nested too deeply to be parsed."
_SYNTAX = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse_error(text: str) -> tuple[int, int, str] | None:
    """Parse a text and return line, column and message of what is wrong with it; None if it is Python."""
    import ast

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except _SYNTAX as error:
        return describe_error(error, text)
    return None


def describe_error(error: BaseException, text: str) -> tuple[int, int, str]:
    """Return the 1-based line and column and the sentence for what ``ast.parse`` or the lowering raised.

    Anything but a syntax or value error means that the code nests too deeply."""
    null = text.find("\0")
    if null >= 0:
        line = text.count("\n", 0, null) + 1
        return line, null - (text.rfind("\n", 0, null) + 1) + 1, "The file contains a null byte."
    if isinstance(error, SyntaxError):
        message = (error.msg or "invalid syntax").rstrip(".")
        return error.lineno or 1, max(error.offset or 1, 1), f"Syntax error: {message}."
    if isinstance(error, ValueError):
        return 1, 1, f"The text cannot be parsed: {error}."
    return 1, 1, TOO_DEEP
