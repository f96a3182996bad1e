"""What running a program shows, and what the linter says of it, in the same terms."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field

NAME = "<program>"
"""The file name that programs are compiled under."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: a finding of ``code`` on one of the lines of ``any_of`` is right, as is one ``else_``."""

    code: str
    any_of: frozenset[int]
    else_: frozenset[tuple[str, int]] = frozenset()


@dataclass
class Truth:
    """``faults`` are what should be found; ``allowed`` are further findings (code, line) that are no false alarms, as are
    those of codes that the run could not judge.
    ``executed`` are the lines of statements that ran, ``overwritten`` the writes to what was saved, needed or not.
    ``open``: whether it is wrong cannot be told by running it. ``discarded`` says why the program is of no use."""

    faults: list[Fault] = field(default_factory=list)
    allowed: set[tuple[str, int]] = field(default_factory=set)
    unjudged: frozenset[str] = frozenset()
    executed: set[int] = field(default_factory=set)
    overwritten: set[tuple[str, int]] = field(default_factory=set)
    open: bool = False
    discarded: str = ""
    note: str = ""

    @property
    def wrong(self) -> bool:
        return bool(self.faults)


def instrumented(text: str) -> types.CodeType:
    """The program with a call ``__after__(line)`` after each simple statement."""
    tree = ast.parse(text, NAME)
    tree.body = list(_watched(tree.body))
    return compile(ast.fix_missing_locations(tree), NAME, "exec")


def _watched(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(statement, name, None)
            if isinstance(inner, list) and inner:
                setattr(statement, name, list(_watched(inner)))
        for handler in getattr(statement, "handlers", ()):
            handler.body = list(_watched(handler.body))
        if isinstance(statement, ast.Return) and statement.value is not None:
            held = ast.Assign([ast.Name("__returned__", ast.Store())], statement.value)
            yield ast.copy_location(held, statement)
            yield _after(statement)
            yield ast.copy_location(ast.Return(ast.Name("__returned__", ast.Load())), statement)
            continue
        yield statement
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)):
            yield _after(statement)


def _after(statement: ast.stmt) -> ast.stmt:
    call = ast.Call(ast.Name("__after__", ast.Load()), [ast.Constant(statement.lineno)], [])
    return ast.copy_location(ast.Expr(call), statement)


def program_line() -> int:
    """The innermost line of the program that is running."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == NAME:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def program_lines() -> list[int]:
    """The lines of the program that are running, innermost first."""
    lines = []
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == NAME:
            lines.append(frame.f_lineno)
        frame = frame.f_back
    return lines


def raised_lines(error: BaseException) -> list[int]:
    """The lines of the program that an exception went through, innermost first."""
    lines = []
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == NAME:
            lines.append(at.tb_lineno)
        at = at.tb_next
    return lines[::-1]
