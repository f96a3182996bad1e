"""The IR as text: one line per instruction, blocks indented.

``%3`` is a register. A name is written after its scope: ``%1 = local x``, ``store cell y = %1``. A dump resolves the
callee of a call where it is a plain name: ``%3 = call torch.relu(%1)  @12:8``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from statelint.ir import nodes as ir
from statelint.ir.nodes import Block, ClassIR, FunctionIR, Instr, ModuleIR, Param, Reg

Names = Mapping[Reg, str]
"""Registers that hold the value of a plain name, with that name."""
_INDENT = "  "


def instruction_text(instruction: Instr, names: Names | None = None) -> str:
    """One line for the instruction itself, without what is nested in it."""
    return _TEXT[instruction.__class__](instruction, names or {})


def dump_module(module: ModuleIR, positions: bool = True) -> str:
    """The whole module: what it imports and exports, its body, its classes and functions in source order."""
    lines = [f"module {module.name}" + (" (package)" if module.is_package else "")]
    for name, (origin, attribute) in module.imports.items():
        lines.append(f"{_INDENT}import {name} = {origin}" + (f":{attribute}" if attribute else ""))
    lines += [f"{_INDENT}import * from {origin}" for origin in module.star_imports]
    if module.exports is not None:
        lines.append(f"{_INDENT}exports {', '.join(module.exports)}")
    if module.global_writes:
        lines.append(f"{_INDENT}written by functions: {', '.join(sorted(module.global_writes))}")
    parts = ["\n".join(lines), dump_function(module.body, positions)]
    records: list[ClassIR | FunctionIR] = [*module.classes.values(), *module.functions.values()]
    for record in sorted(records, key=lambda record: (record.at, isinstance(record, FunctionIR))):
        parts.append(_class_text(record) if isinstance(record, ClassIR) else dump_function(record, positions))
    return "\n\n".join(parts) + "\n"


def dump_function(function: FunctionIR, positions: bool = True) -> str:
    """A function with its body, each line with the position where its source begins, if wanted."""
    lines = [_function_header(function)]
    names: dict[Reg, str] = {}
    # An explicit stack, for blocks may nest as deeply as source may.
    pending: list[tuple[int, Iterator[Instr | str | Block]]] = [(1, iter(function.body))]
    while pending:
        depth, items = pending[-1]
        for item in items:
            if isinstance(item, str):
                lines.append(_INDENT * (depth - 1) + item)
            elif isinstance(item, tuple):
                pending.append((depth, iter(item)))
                break
            else:
                _note_name(item, names)
                where = f"  @{item.at[0]}:{item.at[1]}" if positions else ""
                lines.append(_INDENT * depth + instruction_text(item, names) + where)
                if (parts := _PARTS.get(item.__class__)) is not None:
                    pending.append((depth + 1, parts(item)))
                    break
        else:
            pending.pop()
    return "\n".join(lines)


def _note_name(i: Instr, names: dict[Reg, str]) -> None:
    if isinstance(i, ir.LoadPath):
        names[i.dst] = ".".join((i.name, *i.path))
    elif isinstance(i, ir.Load):
        names[i.dst] = i.name


def _function_header(function: FunctionIR) -> str:
    words = ["async"] if function.is_async else []
    words.append("generator" if function.is_generator else function.kind)
    text = f"{' '.join(words)} {function.qualname}"
    if function.kind in ("function", "lambda"):
        text += f"({', '.join(_parameters(function.params))})"
    if function.returns:
        text += f" -> {function.returns}"
    notes = (
        ("cells", function.cells),
        ("free", function.free),
        ("globals", function.globals_written),
        ("decorators", function.decorators),
        ("repeated", tuple(sorted(function.repeated))),
        ("annotations", tuple(f"{name}: {text}" for name, text in function.annotations.items())),
    )
    return text + "".join(f" [{word} {', '.join(values)}]" for word, values in notes if values)


def _parameters(params: tuple[Param, ...]) -> Iterator[str]:
    marked = not any(param.kind == "positional" for param in params)
    starred = False
    for param in params:
        if not marked and param.kind != "positional":
            marked = True
            yield "/"
        if param.kind == "keyword" and not starred:
            starred = True
            yield "*"
        starred = starred or param.kind == "vararg"
        star = {"vararg": "*", "kwarg": "**"}.get(param.kind, "")
        annotation = f": {param.annotation}" if param.annotation else ""
        yield f"{star}{param.name}{annotation}" + ("=..." if param.has_default else "")
    if not marked:
        yield "/"


def _class_text(record: ClassIR) -> str:
    lines = [f"class {record.qualname}({', '.join(base or '?' for base in record.bases)})"]
    if record.metaclass:
        lines.append(f"{_INDENT}metaclass {record.metaclass}")
    lines += [f"{_INDENT}decorator {decorator or '?'}" for decorator in record.decorators]
    lines += [f"{_INDENT}method {name} = {qualname}" for name, qualname in record.methods.items()]
    lines += [f"{_INDENT}annotation {name}: {text or '?'}" for name, text in record.annotations.items()]
    if record.assigned:
        lines.append(f"{_INDENT}assigned {', '.join(record.assigned)}")
    return "\n".join(lines)


# Compound instructions: a line for what comes between their blocks.


def _if_parts(i: ir.If) -> Iterator[Any]:
    yield i.then
    if i.orelse:
        yield "else:"
        yield i.orelse


def _for_parts(i: ir.For) -> Iterator[Any]:
    yield i.body
    if i.orelse:
        yield "else:"
        yield i.orelse


def _while_parts(i: ir.While) -> Iterator[Any]:
    yield i.head
    yield f"test %{i.test}:"
    yield i.body
    if i.orelse:
        yield "else:"
        yield i.orelse


def _try_parts(i: ir.Try) -> Iterator[Any]:
    yield i.body
    for handler in i.handlers:
        if handler.kind == -1:
            yield f"except as %{handler.exception}:"
        else:
            yield "except:"
            yield handler.head
            yield f"catch %{handler.kind} as %{handler.exception}:"
        yield handler.body
    for word, block in (("else:", i.orelse), ("finally:", i.final)):
        if block:
            yield word
            yield block


_PARTS: dict[type[Instr], Callable[[Any], Iterator[Any]]] = {
    ir.If: _if_parts,
    ir.For: _for_parts,
    ir.While: _while_parts,
    ir.Try: _try_parts,
    ir.With: lambda i: iter((i.body,)),
}


# One line per instruction.


def _optional(register: Reg) -> str:
    return "_" if register == -1 else f"%{register}"


def _starred(registers: tuple[Reg, ...], mask: int) -> list[str]:
    return [f"*%{register}" if mask >> index & 1 else f"%{register}" for index, register in enumerate(registers)]


def _keywords(keywords: tuple[tuple[str | None, Reg], ...]) -> list[str]:
    return [f"**%{register}" if name is None else f"{name}=%{register}" for name, register in keywords]


def _arguments(i: Any) -> str:
    return ", ".join(_starred(i.args, i.starred) + _keywords(i.keywords))


def _call_text(i: ir.Call, names: Names) -> str:
    return f"%{i.dst} = call {names.get(i.func, f'%{i.func}')}({_arguments(i)})"


def _dict_text(i: ir.BuildDict, names: Names) -> str:
    pairs = zip(i.keys, i.values, strict=True)
    return f"%{i.dst} = dict({', '.join(f'**%{value}' if key == -1 else f'%{key}: %{value}' for key, value in pairs)})"


def _unpack_text(i: ir.Unpack, names: Names) -> str:
    targets = [f"*%{dst}" if index == i.star else f"%{dst}" for index, dst in enumerate(i.dsts)]
    return f"({', '.join(targets)}) = unpack %{i.src}"


def _function_text(i: ir.Function, names: Names) -> str:
    defaults = [f"%{register}" for register in i.defaults] + [f"{name}=%{register}" for name, register in i.kw_defaults]
    return f"%{i.dst} = function {i.qualname}" + (f"({', '.join(defaults)})" if defaults else "")


def _class_instruction(i: ir.Class, names: Names) -> str:
    return f"%{i.dst} = class {i.qualname}({', '.join([f'%{base}' for base in i.bases] + _keywords(i.keywords))})"


def _append_text(i: ir.Append, names: Names) -> str:
    return f"append %{i.target} <- " + (f"%{i.value}" if i.key == -1 else f"%{i.key}: %{i.value}")


def _opaque_text(i: ir.Opaque, names: Names) -> str:
    return f"%{i.dst} = opaque <{i.what}>({', '.join(f'%{operand}' for operand in i.operands)})"


def _raise_text(i: ir.Raise, names: Names) -> str:
    return "raise" + (f" %{i.exc}" if i.exc != -1 else "") + (f" from %{i.cause}" if i.cause != -1 else "")


_TEXT: dict[type[Instr], Callable[[Any, Names], str]] = {
    ir.Const: lambda i, names: f"%{i.dst} = const {i.value!r}",
    ir.Load: lambda i, names: f"%{i.dst} = {i.scope} {i.name}",
    ir.LoadPath: lambda i, names: f"%{i.dst} = path {'.'.join((i.name, *i.path))}",
    ir.Store: lambda i, names: f"store {i.scope} {i.name} = %{i.src}",
    ir.Delete: lambda i, names: f"delete {i.scope} {i.name}",
    ir.GetAttr: lambda i, names: f"%{i.dst} = %{i.obj}.{i.name}",
    ir.SetAttr: lambda i, names: f"set %{i.obj}.{i.name} = %{i.src}",
    ir.DelAttr: lambda i, names: f"delete %{i.obj}.{i.name}",
    ir.GetItem: lambda i, names: f"%{i.dst} = %{i.obj}[%{i.index}]",
    ir.SetItem: lambda i, names: f"set %{i.obj}[%{i.index}] = %{i.src}",
    ir.DelItem: lambda i, names: f"delete %{i.obj}[%{i.index}]",
    ir.Binary: lambda i, names: f"%{i.dst} = %{i.left} {i.op} %{i.right}",
    ir.InPlace: lambda i, names: f"%{i.dst} = %{i.target} {i.op}= %{i.right}  ({i.target_text})",
    ir.Unary: lambda i, names: f"%{i.dst} = {i.op} %{i.operand}",
    ir.Compare: lambda i, names: f"%{i.dst} = %{i.left} {i.op} %{i.right}",
    ir.Call: _call_text,
    ir.CallMethod: lambda i, names: f"%{i.dst} = call %{i.obj}.{i.name}({_arguments(i)})",
    ir.Build: lambda i, names: f"%{i.dst} = {i.kind}({', '.join(_starred(i.items, i.starred))})",
    ir.BuildDict: _dict_text,
    ir.BuildSlice: lambda i, names: (
        f"%{i.dst} = slice({_optional(i.lower)}, {_optional(i.upper)}, {_optional(i.step)})"
    ),
    ir.BuildString: lambda i, names: f"%{i.dst} = string({', '.join(f'%{part}' for part in i.parts)})",
    ir.Append: _append_text,
    ir.Unpack: _unpack_text,
    ir.Function: _function_text,
    ir.Class: _class_instruction,
    ir.Import: lambda i, names: f"%{i.dst} = import {i.module}" + (f":{i.name}" if i.name else ""),
    ir.Yield: lambda i, names: f"%{i.dst} = yield {'from ' if i.delegate else ''}%{i.src}",
    ir.Await: lambda i, names: f"%{i.dst} = await %{i.src}",
    ir.Opaque: _opaque_text,
    ir.If: lambda i, names: f"if %{i.test}:" + (f"  [{i.key}]" if i.key else ""),
    ir.For: lambda i, names: f"{'async ' if i.is_async else ''}for %{i.item} in %{i.iterable}:",
    ir.While: lambda i, names: "while:",
    ir.Try: lambda i, names: "try:",
    ir.With: lambda i, names: f"{'async ' if i.is_async else ''}with %{i.context} as %{i.entered}:",
    ir.Return: lambda i, names: f"return %{i.src}",
    ir.Raise: _raise_text,
    ir.Break: lambda i, names: "break",
    ir.Continue: lambda i, names: "continue",
}
