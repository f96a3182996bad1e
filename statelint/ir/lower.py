"""From source text to the effect IR: the front door of the lowering."""

from __future__ import annotations

import ast
import gc
import warnings

from statelint.ir import (  # noqa: F401
    assignments,
    comprehensions,
    conditions,
    expressions,
    patterns,
    statements,
)
from statelint.ir.definitions import docstring_of
from statelint.ir.frames import Frame, Unit
from statelint.ir.imports import module_interface
from statelint.ir.nodes import FunctionIR, ModuleIR
from statelint.ir.recursion import deep_recursion
from statelint.ir.scopes import bindings, declared_globals, expression_facts


class TooDeep(Exception):  # noqa: N818
    """The source nests more deeply than it can be parsed or lowered."""


def lower_module(text: str, path: str, module: str, is_package: bool) -> ModuleIR:
    """Parse and lower one module.

    Raises SyntaxError where Python does, ValueError for null bytes, and `TooDeep`.
    """
    # The tree and the IR hold no cycles, and are so many objects that collecting in between costs a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        tree = parse(text, path)
        try:
            return lower_tree(tree, text, path, module, is_package)
        except RecursionError:
            with deep_recursion():
                return lower_tree(tree, text, path, module, is_package)
    except RecursionError as error:
        raise TooDeep(f"{path} nests too deeply to be analysed") from error
    finally:
        if collecting:
            gc.enable()


def parse(text: str, path: str) -> ast.Module:
    """``ast.parse`` without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, path)
        except (RecursionError, MemoryError) as error:
            raise TooDeep(f"{path} nests too deeply to be parsed") from error


def lower_tree(tree: ast.Module, text: str, path: str, module: str, is_package: bool) -> ModuleIR:
    """Lower a parsed module."""
    unit = Unit(text, module, is_package)
    body = tree.body
    found = bindings(body)
    unit.assigned = found.names - found.imported
    if "global " in text:
        unit.assigned |= declared_globals(found.definitions) - found.imported
    frame = Frame(unit, "module", "<module>", {})
    frame.prefix = ""
    frame.marked = bool(unit.marks.lines)
    if frame.marked:
        unit.assigned |= expression_facts(body, unit.marks).walrus
    frame.run(body)
    lines = unit.lines
    end = len(lines) if lines[-1] or len(lines) == 1 else len(lines) - 1
    last = lines[end - 1]
    at = (1, 0, end, len(last if last.isascii() else last.encode("utf-8", "surrogatepass")))
    docstring = docstring_of(body)
    interface = module_interface(unit, body)
    return ModuleIR(
        name=module,
        path=path,
        is_package=is_package,
        body=FunctionIR(
            qualname="<module>",
            name="<module>",
            kind="module",
            at=at,
            name_at=(1, 0, 1, 0),
            params=(),
            returns="",
            body=tuple(frame.out),
            registers=frame.n,
            free=(),
            cells=tuple(sorted(frame.cells)),
            globals_written=(),
            is_async=False,
            is_generator=frame.is_generator,
            class_qualname="",
            parent="",
            decorators=(),
            repeated=frame.repeated(),
            annotations=frame.annotations,
            docstring=docstring,
        ),
        functions=unit.functions,
        classes=unit.classes,
        imports=interface.imports,
        star_imports=tuple(interface.stars),
        exports=None if interface.exports is None else tuple(interface.exports),
        global_writes=frozenset().union(*[function.globals_written for function in unit.functions.values()]),
    )
