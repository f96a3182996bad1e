"""What fixes ask of a file's syntax: the node at a place, what stands around it, edits of its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

from statelint.findings import Applicability, Confidence, Draft, Edit, Span
from statelint.source import SourceFile

Node = TypeVar("Node", bound=ast.AST)
Function = ast.FunctionDef | ast.AsyncFunctionDef
_TIGHT = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp)
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//", ast.Mod: "%",
    ast.MatMult: "@",
}  # fmt: skip
_SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return)


class Syntax:
    """A file's tree with the way up, and edits at its nodes."""

    def __init__(self, source: SourceFile, tree: ast.Module, parents: dict[ast.AST, ast.AST]) -> None:
        self.source = source
        self.tree = tree
        self.parents = parents

    def at(self, span: Span, kind: type[Node]) -> Node | None:
        """The node of a kind with just this span."""
        for node in ast.walk(self.tree):
            if isinstance(node, kind) and span_of(node) == span:
                return node
        return None

    def statement_at(self, span: Span) -> ast.stmt | None:
        """The simple statement that begins where a span does, or in which the span lies."""
        found = None
        for node in ast.walk(self.tree):
            place = span_of(node)
            if isinstance(node, _SIMPLE) and place is not None and place[:2] <= span[:2] and span[2:] <= place[2:]:
                found = node
        return found

    def around(self, node: ast.AST, kind: type[Node]) -> Node | None:
        """The nearest node of a kind above."""
        above = self.parents.get(node)
        while above is not None and not isinstance(above, kind):
            above = self.parents.get(above)
        return above

    def function(self, node: ast.AST) -> Function | None:
        """The function whose scope a node is in; None at module and class level, and in a lambda or comprehension."""
        above = self.parents.get(node)
        while above is not None:
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return above
            if isinstance(above, (ast.Lambda, ast.ClassDef, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)):
                return None
            above = self.parents.get(above)
        return None

    def text(self, node: ast.AST) -> str:
        """The user's text of a node."""
        line, column, end_line, end_column = self._place(node)
        lines = self.source.lines
        return self.source.text[lines.offset(line, column) : lines.offset(end_line, end_column)]

    def replace(self, node: ast.AST, text: str) -> Edit:
        """Put other text in a node's place."""
        return Edit(*self._place(node), text)

    def before(self, node: ast.AST, text: str) -> Edit:
        """Put text directly before a node."""
        start = self._place(node)[:2]
        return Edit(*start, *start, text)

    def after(self, node: ast.AST, text: str) -> Edit:
        """Put text directly behind a node."""
        end = self._place(node)[2:]
        return Edit(*end, *end, text)

    def wrap(self, node: ast.expr, left: str, right: str) -> tuple[Edit, ...]:
        """Put an expression between two texts."""
        return self.before(node, left), self.after(node, right)

    def call_on(self, node: ast.expr, suffix: str) -> tuple[Edit, ...]:
        """Append ``.clone()`` or the like; with parentheses where the expression binds less tightly."""
        if isinstance(node, _TIGHT):
            return (self.after(node, suffix),)
        return self.wrap(node, "(", f"){suffix}")

    def line_before(self, statement: ast.stmt, text: str) -> Edit | None:
        """A statement of its own on a line before another; None if that does not stand alone on its lines."""
        indent = self.alone(statement)
        if indent is None:
            return None
        return self.before(statement, f"{text}{self.newline(statement)}{indent}")

    def line_after(self, statement: ast.stmt, text: str) -> Edit | None:
        """A statement of its own on a line after another, behind that one's comment."""
        indent = self.alone(statement)
        if indent is None or statement.end_lineno is None:
            return None
        end = len(self.source.lines.line(statement.end_lineno)) + 1
        newline = self.newline(statement)
        return Edit(statement.end_lineno, end, statement.end_lineno, end, f"{newline}{indent}{text}")

    def indented(self, statement: ast.stmt, head: str) -> tuple[Edit, ...] | None:
        """A simple statement as the body of a compound one, ``with torch.no_grad():``."""
        indent = self.alone(statement)
        if indent is None or statement.end_lineno is None or not isinstance(statement, _SIMPLE):
            return None
        for node in ast.walk(statement):
            place = span_of(node)
            text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
            if text and place is not None and place[0] != place[2]:
                return None
        step = "\t" if indent.endswith("\t") else "    "
        edits = [self.before(statement, f"{head}{self.newline(statement)}{indent}{step}")]
        for number in range(statement.lineno + 1, statement.end_lineno + 1):
            if self.source.lines.line(number).strip():
                edits.append(Edit(number, 1, number, 1, step))
        return tuple(edits)

    def whole_lines(self, statement: ast.stmt) -> Edit | None:
        """Take a statement out with its lines; None if anything else is on them."""
        place = span_of(statement)
        if self.alone(statement) is None or place is None or place[2] >= len(self.source.lines):
            return None
        return Edit(place[0], 1, place[2] + 1, 1, "")

    def alone(self, statement: ast.stmt) -> str | None:
        """A statement's indentation, if nothing but a comment shares its lines with it."""
        line, column, end_line, end_column = self._place(statement)
        before = self.source.lines.line(line)[: column - 1]
        after = self.source.lines.line(end_line)[end_column - 1 :].strip()
        return before if not before.strip() and (not after or after.startswith("#")) else None

    def newline(self, statement: ast.stmt) -> str:
        """How the file ends a statement's line."""
        return self.source.lines.line_end(statement.lineno) or "\n"

    def _place(self, node: ast.AST) -> Span:
        place = span_of(node)
        assert place is not None
        line, column, end_line, end_column = place
        return line, self.source.column(line, column), end_line, self.source.column(end_line, end_column)


def syntax(source: SourceFile) -> Syntax | None:
    """The syntax of a file; None if it does not parse."""
    parsed = _parsed(source.text)
    return Syntax(source, *parsed) if parsed is not None else None


@lru_cache(maxsize=4)
def _parsed(text: str) -> tuple[ast.Module, dict[ast.AST, ast.AST]] | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree, {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def span_of(node: ast.AST) -> Span | None:
    """Where a node stands, as a draft says it."""
    if not isinstance(node, (ast.stmt, ast.expr, ast.arg, ast.keyword)):
        return None
    if node.end_lineno is None or node.end_col_offset is None:
        return None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def by_confidence(draft: Draft) -> Applicability:
    """Safe where the finding is certain; where something was assumed, the user decides."""
    return Applicability.SAFE if draft.confidence is Confidence.CERTAIN else Applicability.UNSAFE


def same(node: ast.expr, text: str) -> bool:
    """Whether an expression is the one that a text gives."""
    try:
        return ast.unparse(node) == ast.unparse(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError):
        return False


def names(node: ast.AST) -> set[str]:
    """All plain names in a piece of syntax."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def parts(node: ast.expr) -> list[ast.expr]:
    """An expression, or those that a tuple, list or dictionary display is made of."""
    if isinstance(node, ast.Tuple | ast.List):
        return [part for element in node.elts for part in parts(element)]
    if isinstance(node, ast.Dict):
        return [part for value in node.values for part in parts(value)]
    return [node]


def bound(tree: ast.AST, name: str) -> bool:
    """Whether anything in a tree binds a name, other than an import of the module of this name."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=found, ctx=ast.Store() | ast.Del()) if found == name:
                return True
            case ast.arg(arg=found) if found == name:
                return True
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found) if (
                found == name
            ):
                return True
            case ast.alias(name=origin, asname=alias) if (alias or origin) == name and origin != name:
                return True
            case ast.ImportFrom(names=aliases) if any((each.asname or each.name) == name for each in aliases):
                return True
            case _:
                continue
    return False


def module_name(tree: ast.Module, module: str) -> str:
    """What a file calls an imported module everywhere; empty if it does not, or binds the name to something else."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name
                stores = sum(isinstance(n, ast.alias) and (n.asname or n.name) == name for n in ast.walk(tree))
                if alias.name == module and stores == 1 and not _rebound(tree, name):
                    return name
    return ""


def _rebound(tree: ast.AST, name: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.arg) and node.arg == name)
        or (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name)
        for node in ast.walk(tree)
    )


def deepcopy(found: Syntax) -> tuple[str, tuple[Edit, ...]] | None:
    """How this file writes ``copy.deepcopy``, and the import that it lacks; None where the name means another thing."""
    name = module_name(found.tree, "copy")
    if name:
        return f"{name}.deepcopy", ()
    for node in found.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "copy" and not node.level:
            for alias in node.names:
                if alias.name == "deepcopy" and not _rebound(found.tree, alias.asname or "deepcopy"):
                    return alias.asname or "deepcopy", ()
    if bound(found.tree, "copy") or "copy" in names(found.tree) or found.source.notebook is not None:
        return None
    first = next((node for node in found.tree.body if not _preamble(node)), None)
    if first is None or first.col_offset or found.alone(first) is None:
        return None
    blank = "" if isinstance(first, (ast.Import, ast.ImportFrom)) else found.newline(first)
    decorators = getattr(first, "decorator_list", None)
    line = decorators[0].lineno if decorators else first.lineno
    return "copy.deepcopy", (Edit(line, 1, line, 1, f"import copy{found.newline(first)}{blank}"),)


def _preamble(node: ast.stmt) -> bool:
    docstring = (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
    return docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def bindings(found: Syntax, function: Function, name: str) -> Iterator[ast.AST]:
    """What binds a name in a function: an assignment to it, an argument, else the target or declaration itself."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            above = found.parents[node]
            yield above if isinstance(above, ast.Assign | ast.AugAssign) else node
        elif (isinstance(node, ast.arg) and node.arg == name) or (
            isinstance(node, ast.Global | ast.Nonlocal) and name in node.names
        ):
            yield node


def origin(found: Syntax, statement: ast.stmt, name: str) -> ast.expr | None:
    """The value of the one assignment to a name that precedes a statement of the function; None if there are others."""
    function = found.function(statement)
    if function is None:
        return None
    places = [node for node in bindings(found, function, name) if not isinstance(node, (ast.AugAssign, ast.arg))]
    place = places[0] if len(places) == 1 else None
    if not isinstance(place, ast.Assign) or len(place.targets) != 1 or not isinstance(place.targets[0], ast.Name):
        return None
    return place.value if place.lineno < statement.lineno and found.function(place) is function else None


def augmented(found: Syntax, statement: ast.stmt) -> Edit | None:
    """``x -= m`` as ``x = x - m``; None for anything else."""
    if not isinstance(statement, ast.AugAssign) or not isinstance(statement.target, ast.Name):
        return None
    sign, name, value = _SIGNS.get(type(statement.op)), statement.target.id, statement.value
    if sign is None or found.alone(statement) is None:
        return None
    tight = isinstance(value, (*_TIGHT, ast.Constant)) or (
        sign in "+-"
        and isinstance(value, ast.BinOp)
        and isinstance(value.op, ast.Mult | ast.Div | ast.MatMult | ast.Pow)
    )
    right = found.text(value) if tight else f"({found.text(value)})"
    return found.replace(statement, f"{name} = {name} {sign} {right}")


def written(statement: ast.stmt) -> str:
    """The plain name through which a statement writes in place: ``x += v``, ``x[i] = v``, ``x.add_(v)``; or empty."""
    match statement:
        case ast.AugAssign(target=target) | ast.Assign(targets=[target]):
            node: ast.expr = target
            if isinstance(statement, ast.Assign) and not isinstance(node, ast.Subscript):
                return ""
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=node, attr=attr))) if attr.endswith(
            "_"
        ) and not attr.endswith("__"):
            pass
        case _:
            return ""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
