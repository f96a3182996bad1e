"""The tables that send a syntax node to the function that lowers it.

Each module of the lowering fills its own entries when it is imported; `statelint.ir.lower` imports them all. The tables
are what lets the parts call each other without importing each other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from statelint.ir.nodes import Reg, Span

if TYPE_CHECKING:
    from statelint.ir.frames import Frame

# The key is the node's exact class, so each function may take its own node type: hence Any.
Lower = Callable[["Frame", Any], Reg]
Execute = Callable[["Frame", Any], None]

EXPRESSIONS: dict[type[ast.AST], Lower] = {}
STATEMENTS: dict[type[ast.AST], Execute] = {}


def span_of(node: Any) -> Span:
    """The source range of a node that has one."""
    return (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
