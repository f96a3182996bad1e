"""The language server: findings, fixes and function boundaries in an editor, over standard input and output.

`start` runs it until the client leaves. It lints the editor's buffers with the same engine as ``statelint check`` and
never runs what it reads. Nothing of pygls is imported before `start`.
"""

from __future__ import annotations

from importlib.util import find_spec

MISSING = (
    "the language server needs pygls and lsprotocol, which are not installed. They come with the extra `lsp`:"
    ' from a checkout `pip install ".[lsp]"`, from a wheel `pip install "./statelint_ad-VERSION-py3-none-any.whl[lsp]"`'
)


def available() -> bool:
    """Say whether the packages that the server needs are installed."""
    return find_spec("pygls") is not None and find_spec("lsprotocol") is not None


def start() -> int:
    """Serve standard input and output until the client leaves; return the exit code."""
    from statelint.lsp.server import serve

    return serve()


__all__ = ["MISSING", "available", "start"]
