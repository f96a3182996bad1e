"""The lowering's state: one `Unit` per module, one `Frame` per function, lambda, class body and module body."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from statelint.ir.dispatch import STATEMENTS
from statelint.ir.nodes import (
    Block,
    ClassIR,
    Const,
    Delete,
    FunctionIR,
    If,
    Instr,
    Load,
    Opaque,
    Reg,
    Scope,
    Span,
    Store,
)
from statelint.ir.scopes import Marks

Entry = tuple[str, Scope]
"""What a source name means in a frame: the IR's name for it, and its scope."""
Kind = Literal["function", "lambda", "class", "module"]

if TYPE_CHECKING:
    from statelint.ir.definitions import Definition

_NONE: frozenset[str] = frozenset()
_ABRUPT = frozenset((ast.Return, ast.Raise, ast.Break, ast.Continue))


class Unit:
    """What the frames of one module share."""

    __slots__ = ("assigned", "classes", "functions", "is_package", "lines", "marks", "module", "taken")

    def __init__(self, text: str, module: str, is_package: bool) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.lines = text.split("\n")
        self.module = module
        self.is_package = is_package
        self.functions: dict[str, FunctionIR] = {}
        self.classes: dict[str, ClassIR] = {}
        self.taken: dict[str, int] = {}
        self.assigned: set[str] = set()
        """Global names that the module binds otherwise than by an import: never the root of a `LoadPath`."""
        self.marks = Marks(text)

    def unique(self, qualname: str) -> str:
        """``qualname``, or ``qualname#2`` and so on if it is taken; the answer is taken from now on."""
        count = self.taken.get(qualname, 0) + 1
        self.taken[qualname] = count
        return qualname if count == 1 else f"{qualname}#{count}"


class Frame:
    """The lowering of one code block.

    ``names`` gives the meaning of the names that are not global here, ``visible`` what functions defined here see of
    the enclosing functions, ``bound`` the names that functions defined here can capture. ``out`` is the block being
    filled and ``n`` the next register. ``inside`` counts the comprehensions, ``loops`` the loops around the current
    point. ``nested`` holds what is lowered ahead of its statement. ``marked`` says that lambdas or walruses may occur.
    """

    __slots__ = (
        "annotations",
        "bound",
        "cells",
        "class_qualname",
        "count",
        "free",
        "inside",
        "is_generator",
        "keys",
        "kind",
        "loops",
        "marked",
        "methods",
        "n",
        "names",
        "nested",
        "out",
        "prefix",
        "qualname",
        "unit",
        "visible",
    )

    def __init__(self, unit: Unit, kind: Kind, qualname: str, visible: dict[str, Entry], count: int = 0) -> None:
        self.unit = unit
        self.kind = kind
        self.qualname = qualname
        self.visible = visible
        self.prefix = qualname + ".<locals>."
        self.class_qualname = ""
        self.names: dict[str, Entry] = {}
        self.out: list[Instr] = []
        self.n = 0
        # Compiler names go on from those of the enclosing frame, for these may be seen here.
        self.count = count if visible else 0
        self.loops = 0
        self.inside = 0
        self.free: set[str] = set()
        self.cells: set[str] = set()
        self.bound: set[str] = set()
        self.keys: list[str] = []
        self.annotations: dict[str, str] = {}
        self.methods: dict[str, str] = {}
        self.nested: dict[ast.AST, Definition] = {}
        self.is_generator = False
        self.marked = False

    def temporary(self, word: str) -> str:
        """A fresh compiler name."""
        self.count += 1
        return f"%{word}.{self.count}"

    def const(self, at: Span, value: object) -> Reg:
        """Emit a constant."""
        dst = self.n
        self.n = dst + 1
        self.out.append(Const(at, dst, value))
        return dst

    def load(self, at: Span, name: str) -> Reg:
        """Emit the load of a source name."""
        dst = self.n
        self.n = dst + 1
        entry = self.names.get(name)
        if entry is None:
            self.out.append(Load(at, dst, name, "global"))
        else:
            name, scope = entry
            if scope == "free":
                self.free.add(name)
            self.out.append(Load(at, dst, name, scope))
        return dst

    def store(self, at: Span, name: str, src: Reg) -> None:
        """Emit the store of a source name."""
        entry = self.names.get(name)
        if entry is None:
            self.out.append(Store(at, name, "global", src))
        else:
            name, scope = entry
            if scope == "free":
                self.free.add(name)
            self.out.append(Store(at, name, scope, src))

    def delete(self, at: Span, name: str) -> None:
        """Emit the deletion of a source name."""
        entry = self.names.get(name)
        if entry is None:
            self.out.append(Delete(at, name, "global"))
        else:
            name, scope = entry
            if scope == "free":
                self.free.add(name)
            self.out.append(Delete(at, name, scope))

    def load_temporary(self, at: Span, name: str) -> Reg:
        """Emit the load of a compiler name."""
        dst = self.n
        self.n = dst + 1
        self.out.append(Load(at, dst, name, "local"))
        return dst

    def opaque(self, at: Span, what: str, operands: tuple[Reg, ...] = ()) -> Reg:
        """Emit a value that the IR does not describe."""
        dst = self.n
        self.n = dst + 1
        self.out.append(Opaque(at, dst, what, operands))
        return dst

    def branch(self, at: Span, test: Reg, key: str, then: Block, orelse: Block) -> None:
        """Emit an `If` and note its key."""
        if key:
            self.keys.append(key)
        self.out.append(If(at, test, key, then, orelse))

    def repeated(self) -> frozenset[str]:
        """The branch keys that occur more than once."""
        keys = self.keys
        if len(keys) < 2:
            return _NONE
        return frozenset([key for key in set(keys) if keys.count(key) > 1]) if len(set(keys)) < len(keys) else _NONE

    def block(self, statements: list[ast.stmt]) -> Block:
        """Lower statements into a block of their own."""
        outer = self.out
        out = self.out = []
        self.run(statements)
        self.out = outer
        return tuple(out)

    def run(self, statements: list[ast.stmt]) -> None:
        """Lower statements into the current block. What follows an abrupt exit cannot run and is left out."""
        table = STATEMENTS
        for index, statement in enumerate(statements):
            kind = statement.__class__
            table[kind](self, statement)
            if kind in _ABRUPT and index + 1 < len(statements):
                if not self.is_generator:
                    self.is_generator = _yields(statements[index + 1 :])
                return


def _yields(statements: list[ast.stmt]) -> bool:
    """Whether dead statements make their function a generator, as in ``raise NotImplementedError; yield``."""
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return False
