"""Lowering of functions, lambdas and classes.

What a function's nested functions capture decides which of its names are cells, so they are lowered before its own
body. In a module or class body nothing can be captured, and definitions are lowered where they stand.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Literal

from statelint.ir.dispatch import EXPRESSIONS, STATEMENTS, span_of
from statelint.ir.expressions import lower_keywords
from statelint.ir.frames import Entry, Frame, Unit
from statelint.ir.nodes import Call, Class, ClassIR, Function, FunctionIR, Param, Reg, Return, Span, Store
from statelint.ir.scopes import Bindings, bindings, expression_facts
from statelint.ir.source_text import annotation_text, dotted_text

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
Visible = dict[str, Entry]


def enter(f: Frame, found: Bindings, body: list[Any], params: tuple[Param, ...]) -> set[str]:
    """Settle what the names of the frame ``f`` mean, and lower the definitions that are right inside a function; the
    answer is the globals that it binds."""
    bound = found.names
    bound |= found.imported
    facts = None
    if f.marked:
        facts = expression_facts(body, f.unit.marks)
        bound |= facts.walrus
    for param in params:
        bound.add(param.name)
    written: set[str] = set()
    outer = f.visible
    names = dict(outer) if outer else {}
    if found.globals:
        written = found.globals & bound
        bound -= found.globals
        for name in found.globals:
            names.pop(name, None)
    if found.nonlocals:
        bound -= found.nonlocals
    f.names = names
    if f.kind == "class":
        for name in bound:
            names[name] = (name, "class")
        return written
    f.bound = bound
    for name in bound:
        names[name] = (name, "local")
    if facts is not None or found.definitions:
        f.visible = {name: entry if entry[1] == "free" else (name, "free") for name, entry in names.items()}
        captured = facts.captured & bound if facts is not None else set()
        for node in found.definitions:
            definition = f.nested[node] = lower_definition(f, node)
            captured |= definition.captured & bound
        for name in captured:
            names[name] = (name, "cell")
        f.cells |= captured
    return written


class Definition:
    """A lowered function or class: its qualname, what it captures, and its type parameters with their IR names."""

    __slots__ = ("captured", "qualname", "type_params")

    def __init__(self, qualname: str, captured: frozenset[str], type_params: dict[str, str]) -> None:
        self.qualname = qualname
        self.captured = captured
        self.type_params = type_params


def lower_definition(f: Frame, node: Any) -> Definition:
    """Lower a function or class of the frame ``f`` and file it. Type parameters are cells of ``f`` under names of
    their own, and seen by the definition alone."""
    visible = f.visible
    type_params: dict[str, str] = {}
    for param in getattr(node, "type_params", ()):
        name = f.temporary(param.name)
        type_params[param.name] = name
        f.cells.add(name)
        f.bound.add(name)
    if type_params:
        visible = {**visible, **{name: (renamed, "free") for name, renamed in type_params.items()}}
    if isinstance(node, ast.ClassDef):
        qualname, free = _lower_class_body(f, node, visible)
    else:
        qualname, free = _lower_function_body(f, node, visible)
    if free:
        f.free |= free - f.bound
    return Definition(qualname, frozenset(free), type_params)


def _lower_function_body(f: Frame, node: AnyFunction, visible: Visible) -> tuple[str, set[str]]:
    unit = f.unit
    qualname = unit.unique(f.prefix + node.name)
    params = _parameters(node.args)
    inner = Frame(unit, "function", qualname, visible, f.count)
    inner.marked = unit.marks.within(node)
    body = node.body
    written = enter(inner, bindings(body), body, params)
    inner.run(body)
    unit.functions[qualname] = FunctionIR(
        qualname=qualname,
        name=node.name,
        kind="function",
        at=span_of(node),
        name_at=_name_span(unit, node),
        params=params,
        returns="" if node.returns is None else annotation_text(node.returns),
        body=tuple(inner.out),
        registers=inner.n,
        free=tuple(sorted(inner.free)),
        cells=tuple(sorted(inner.cells)),
        globals_written=tuple(sorted(written)),
        is_async=node.__class__ is ast.AsyncFunctionDef,
        is_generator=inner.is_generator,
        class_qualname=f.class_qualname,
        parent=f.qualname,
        decorators=tuple([dotted_text(decorator) for decorator in node.decorator_list]),
        repeated=inner.repeated(),
        annotations=inner.annotations,
        docstring=docstring_of(body),
    )
    return qualname, inner.free


def lower_lambda(f: Frame, node: ast.Lambda) -> Reg:
    """A lambda: a function of one `Return`."""
    defaults, kw_defaults = _defaults(f, node.args)
    unit = f.unit
    at = span_of(node)
    qualname = unit.unique(f"<lambda>:{at[0]}:{at[1]}")
    params = _parameters(node.args)
    inner = Frame(unit, "lambda", qualname, f.visible, f.count)
    inner.marked = True
    enter(inner, Bindings(), [node.body], params)
    inner.out.append(Return(span_of(node.body), EXPRESSIONS[node.body.__class__](inner, node.body)))
    unit.functions[qualname] = FunctionIR(
        qualname=qualname,
        name="<lambda>",
        kind="lambda",
        at=at,
        name_at=(at[0], at[1], at[0], at[1] + 6),
        params=params,
        returns="",
        body=tuple(inner.out),
        registers=inner.n,
        free=tuple(sorted(inner.free)),
        cells=tuple(sorted(inner.cells)),
        globals_written=(),
        is_async=False,
        is_generator=inner.is_generator,
        class_qualname=f.class_qualname,
        parent=f.qualname,
        decorators=(),
        repeated=inner.repeated(),
        annotations={},
        docstring="",
    )
    if inner.free:
        f.free |= inner.free - f.bound
    dst = f.n
    f.n = dst + 1
    f.out.append(Function(at, dst, qualname, defaults, kw_defaults))
    return dst


def _lower_class_body(f: Frame, node: ast.ClassDef, visible: Visible) -> tuple[str, set[str]]:
    unit = f.unit
    qualname = unit.unique(f.prefix + node.name)
    body_name = qualname + ".<body>"
    at = span_of(node)
    name_at = _name_span(unit, node)
    body = node.body
    inner = Frame(unit, "class", body_name, visible, f.count)
    inner.prefix = qualname + "."
    inner.class_qualname = qualname
    inner.marked = unit.marks.within(node)
    found = bindings(body)
    written = enter(inner, found, body, ())
    inner.run(body)
    decorators = tuple([dotted_text(decorator) for decorator in node.decorator_list])
    docstring = docstring_of(body)
    unit.functions[body_name] = FunctionIR(
        qualname=body_name,
        name=node.name,
        kind="class",
        at=at,
        name_at=name_at,
        params=(),
        returns="",
        body=tuple(inner.out),
        registers=inner.n,
        free=tuple(sorted(inner.free)),
        cells=tuple(sorted(inner.cells)),
        globals_written=tuple(sorted(written)),
        is_async=False,
        is_generator=False,
        class_qualname=qualname,
        parent=f.qualname,
        decorators=decorators,
        repeated=inner.repeated(),
        annotations=inner.annotations,
        docstring=docstring,
    )
    metaclass = ""
    for keyword in node.keywords:
        if keyword.arg == "metaclass":
            metaclass = dotted_text(keyword.value)
    unit.classes[qualname] = ClassIR(
        qualname=qualname,
        name=node.name,
        at=at,
        name_at=name_at,
        bases=tuple([dotted_text(base) for base in node.bases]),
        metaclass=metaclass,
        decorators=decorators,
        methods=inner.methods,
        assigned=tuple(sorted(found.names.difference(inner.methods))),
        annotations=inner.annotations,
        parent=f.qualname,
        docstring=docstring,
    )
    return qualname, inner.free


def execute_definition(f: Frame, node: Any) -> None:
    """``def`` and ``class``: evaluate decorators, defaults or bases, make the value, decorate it, bind the name."""
    table = EXPRESSIONS
    at = span_of(node)
    decorators = [table[decorator.__class__](f, decorator) for decorator in node.decorator_list]
    is_class = node.__class__ is ast.ClassDef
    defaults: tuple[Reg, ...] = ()
    kw_defaults: tuple[tuple[str, Reg], ...] = ()
    if not is_class:
        defaults, kw_defaults = _defaults(f, node.args)
    definition = f.nested.pop(node, None) or lower_definition(f, node)
    for name in definition.type_params.values():
        f.out.append(Store(at, name, "cell", f.opaque(at, "type parameter")))
    if is_class:
        bases, keywords = _bases(f, node, definition.type_params)
        dst = f.n
        f.n = dst + 1
        f.out.append(Class(at, dst, definition.qualname, bases, keywords))
    else:
        dst = f.n
        f.n = dst + 1
        f.out.append(Function(at, dst, definition.qualname, defaults, kw_defaults))
        if f.kind == "class":
            f.methods[node.name] = definition.qualname
    for register, decorator in zip(reversed(decorators), reversed(node.decorator_list), strict=True):
        decorated = f.n
        f.n = decorated + 1
        f.out.append(Call(span_of(decorator), decorated, register, (dst,), 0, ()))
        dst = decorated
    f.store(_name_span(f.unit, node), node.name, dst)


def _defaults(f: Frame, arguments: ast.arguments) -> tuple[tuple[Reg, ...], tuple[tuple[str, Reg], ...]]:
    table = EXPRESSIONS
    defaults = tuple([table[default.__class__](f, default) for default in arguments.defaults])
    if not arguments.kwonlyargs:
        return defaults, ()
    return defaults, tuple(
        [
            (argument.arg, table[default.__class__](f, default))
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        ]
    )


def _bases(
    f: Frame, node: ast.ClassDef, type_params: dict[str, str]
) -> tuple[tuple[Reg, ...], tuple[tuple[str | None, Reg], ...]]:
    outside = f.names, f.visible
    if type_params:
        f.names = {**f.names, **{name: (renamed, "cell") for name, renamed in type_params.items()}}
        f.visible = {**f.visible, **{name: (renamed, "free") for name, renamed in type_params.items()}}
    bases = tuple([EXPRESSIONS[base.__class__](f, base) for base in node.bases])
    keywords = lower_keywords(f, node.keywords) if node.keywords else ()
    f.names, f.visible = outside
    return bases, keywords


def _parameters(arguments: ast.arguments) -> tuple[Param, ...]:
    params: list[Param] = []
    positional = len(arguments.posonlyargs)
    plain = arguments.posonlyargs + arguments.args if positional else arguments.args
    first_default = len(plain) - len(arguments.defaults)
    for index, argument in enumerate(plain):
        params.append(_parameter(argument, "positional" if index < positional else "normal", index >= first_default))
    if arguments.vararg is not None:
        params.append(_parameter(arguments.vararg, "vararg", False))
    if arguments.kwonlyargs:
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            params.append(_parameter(argument, "keyword", default is not None))
    if arguments.kwarg is not None:
        params.append(_parameter(arguments.kwarg, "kwarg", False))
    return tuple(params)


def _parameter(
    node: ast.arg, kind: Literal["positional", "normal", "vararg", "keyword", "kwarg"], has_default: bool
) -> Param:
    annotation = node.annotation
    return Param(node.arg, kind, has_default, "" if annotation is None else annotation_text(annotation), span_of(node))


def docstring_of(body: list[ast.stmt]) -> str:
    """The docstring of a body, as written."""
    if body and isinstance(body[0], ast.Expr):
        value = body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return ""


def _name_span(unit: Unit, node: Any) -> Span:
    """Where the name stands after ``def`` or ``class``; the syntax tree does not say."""
    line, col, name = node.lineno, node.col_offset, node.name
    kind = node.__class__
    start = col + (6 if kind is ast.ClassDef else 4 if kind is ast.FunctionDef else 10)
    text = unit.lines[line - 1]
    if not text.startswith(name, start):
        # Odd spacing, a continued line, or an identifier that is spelt otherwise than it is normalised.
        found = re.compile(rf"\b{re.escape(name)}\b").search(text, col)
        if found is None:
            return (line, col, line, start - 1)
        start = found.start()
    return (line, start, line, start + len(name if name.isascii() else name.encode()))


EXPRESSIONS[ast.Lambda] = lower_lambda
for _kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
    STATEMENTS[_kind] = execute_definition
