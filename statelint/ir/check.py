"""The IR's type checker: what every lowered module satisfies."""

from __future__ import annotations

from collections import Counter

from statelint.ir import nodes as ir
from statelint.ir.nodes import Block, FunctionIR, Instr, ModuleIR, Reg, Span
from statelint.ir.operators import BINARY, COMPARE, UNARY
from statelint.ir.recursion import deep_recursion
from statelint.ir.structure import ABRUPT, assigned_registers, nested_blocks, used_registers, walk_instructions

_BINARY = frozenset(BINARY.values())
_UNARY = frozenset(UNARY.values())
_COMPARE = frozenset(COMPARE.values())


def check_module(module: ModuleIR) -> list[str]:
    """All violations, each with the function and the position; an empty list is a well-formed module."""
    with deep_recursion():
        return _check(module)


def _check(module: ModuleIR) -> list[str]:
    problems: list[str] = []
    for key, function in module.functions.items():
        if key != function.qualname:
            problems.append(f"{key}: filed under another name than {function.qualname}")
        if function.kind == "module":
            problems.append(f"{key}: a module body among the functions")
    made: Counter[str] = Counter()
    for function in (module.body, *module.functions.values()):
        _FunctionCheck(module, function, problems, made).run()
    for name, count in made.items():
        if count > 1:
            problems.append(f"{name}: made by {count} instructions")
    _check_scopes(module, problems)
    _check_classes(module, problems)
    written = frozenset(name for function in module.functions.values() for name in function.globals_written)
    if written != module.global_writes:
        problems.append(f"<module>: global_writes is not the union of what functions write: {sorted(written)}")
    return problems


def _check_scopes(module: ModuleIR, problems: list[str]) -> None:
    for function in module.functions.values():
        name = function.qualname
        if overlap := set(function.free) & set(function.cells):
            problems.append(f"{name}: both free and cell: {sorted(overlap)}")
        parent = module.body if function.parent == "<module>" else module.functions.get(function.parent)
        if parent is None:
            problems.append(f"{name}: no parent {function.parent}")
            continue
        if missing := set(function.free) - set(parent.cells) - set(parent.free):
            problems.append(f"{name}: {parent.qualname} does not provide {sorted(missing)}")
        if not _within(function.at, parent.at):
            problems.append(f"{name}: outside of {parent.qualname}")


def _check_classes(module: ModuleIR, problems: list[str]) -> None:
    for key, record in module.classes.items():
        if key != record.qualname:
            problems.append(f"{key}: filed under another name than {record.qualname}")
        body = module.functions.get(f"{key}.<body>")
        if body is None or body.kind != "class" or body.class_qualname != key or body.parent != record.parent:
            problems.append(f"{key}: no such class body")
        for method in record.methods.values():
            if method not in module.functions:
                problems.append(f"{key}: no function for the method {method}")
    for function in module.functions.values():
        if function.class_qualname and function.class_qualname not in module.classes:
            problems.append(f"{function.qualname}: no class {function.class_qualname}")


def _valid(at: Span) -> bool:
    return at[0] >= 1 and at[1] >= 0 and at[3] >= 0 and (at[0], at[1]) <= (at[2], at[3])


def _within(inner: Span, outer: Span) -> bool:
    return (outer[0], outer[1]) <= (inner[0], inner[1]) and (inner[2], inner[3]) <= (outer[2], outer[3])


class _FunctionCheck:
    """The check of one function."""

    def __init__(self, module: ModuleIR, function: FunctionIR, problems: list[str], made: Counter[str]) -> None:
        self.module = module
        self.function = function
        self.problems = problems
        self.made = made
        self.assigned: set[Reg] = set()
        self.visible: set[Reg] = set()
        self.containers: set[Reg] = set()
        self.scopes: dict[str, str] = {param.name: "" for param in function.params}
        self.stored: set[str] = set()
        self.keys: Counter[str] = Counter()
        self.yields = False

    def run(self) -> None:
        function = self.function
        self.stored = {i.name for i in walk_instructions(function.body) if isinstance(i, ir.Store)}
        if not _valid(function.at) or not _valid(function.name_at):
            self.report(function.at, "invalid span of the function")
        elif not _within(function.name_at, function.at) and function.kind != "module":
            self.report(function.name_at, "the name is outside of the function")
        names = [param.name for param in function.params]
        for param in function.params:
            if not _valid(param.at) or not _within(param.at, function.at):
                self.report(param.at, f"parameter {param.name} outside of the function")
        if len(set(names)) != len(names):
            self.report(function.at, "two parameters of one name")
        self.block(function.body, function.at, 0)
        repeated = frozenset(key for key, count in self.keys.items() if key and count > 1)
        if repeated != function.repeated:
            self.report(function.at, f"repeated keys are {sorted(repeated)}")
        if self.yields and not function.is_generator and function.kind in ("function", "lambda"):
            self.report(function.at, "yields, and is no generator")

    def report(self, at: Span, text: str) -> None:
        self.problems.append(f"{self.function.qualname}: {at[0]}:{at[1]}: {text}")

    def block(self, block: Block, parent: Span, loops: int, given: Reg = -1, asked: Reg = -1) -> None:
        """Check a block, in which ``given`` is assigned from the start and at whose end ``asked`` must be."""
        added: list[Reg] = []
        if given != -1:
            self.assign(parent, given, added)
        last = len(block) - 1
        for index, instruction in enumerate(block):
            at = instruction.at
            if not _valid(at) or not _within(at, parent):
                self.report(at, f"{type(instruction).__name__} outside of {parent}")
            if isinstance(instruction, ABRUPT) and index != last:
                self.report(at, "code after an abrupt exit")
            for register in used_registers(instruction):
                if register not in self.visible:
                    self.report(at, f"register {register} is not in scope")
            self.detail(instruction, loops)
            for register in assigned_registers(instruction):
                self.assign(at, register, added)
            self.descend(instruction, loops)
        if asked != -1 and asked not in self.visible:
            self.report(parent, f"register {asked} is not in scope")
        self.visible.difference_update(added)

    def assign(self, at: Span, register: Reg, added: list[Reg]) -> None:
        if register in self.assigned:
            self.report(at, f"register {register} is assigned twice")
        if not 0 <= register < self.function.registers:
            self.report(at, f"register {register} is out of range")
        self.assigned.add(register)
        self.visible.add(register)
        added.append(register)

    def descend(self, i: Instr, loops: int) -> None:
        if isinstance(i, ir.While):
            self.block(i.head, i.at, loops, asked=i.test)
            self.block(i.body, i.at, loops + 1)
            self.block(i.orelse, i.at, loops)
        elif isinstance(i, ir.For):
            self.block(i.body, i.at, loops + 1, given=i.item)
            self.block(i.orelse, i.at, loops)
        elif isinstance(i, ir.With):
            self.block(i.body, i.at, loops, given=i.entered)
        elif isinstance(i, ir.Try):
            self.block(i.body, i.at, loops)
            for handler in i.handlers:
                if not _valid(handler.at) or not _within(handler.at, i.at):
                    self.report(handler.at, "handler outside of its try")
                self.block(handler.head, handler.at, loops, asked=handler.kind)
                self.block(handler.body, handler.at, loops, given=handler.exception)
            self.block(i.orelse, i.at, loops)
            self.block(i.final, i.at, loops)
        else:
            for block in nested_blocks(i):
                self.block(block, i.at, loops)

    def detail(self, i: Instr, loops: int) -> None:
        """What one kind of instruction must satisfy beyond its registers."""
        at = i.at
        if isinstance(i, ir.Load | ir.Store | ir.Delete):
            self.name(at, i.name, i.scope)
        elif isinstance(i, ir.LoadPath):
            self.name(at, i.name, "global")
            if not i.path:
                self.report(at, "an empty path")
        elif isinstance(i, ir.Call | ir.CallMethod):
            if i.starred >> len(i.args):
                self.report(at, "starred argument out of range")
        elif isinstance(i, ir.Build):
            if i.starred >> len(i.items):
                self.report(at, "starred item out of range")
            self.containers.add(i.dst)
        elif isinstance(i, ir.BuildDict):
            if len(i.keys) != len(i.values):
                self.report(at, "keys and values differ in number")
            self.containers.add(i.dst)
        elif isinstance(i, ir.Append):
            if i.target not in self.containers:
                self.report(at, "appends to what is no container")
        elif isinstance(i, ir.Unpack):
            if not -1 <= i.star < len(i.dsts):
                self.report(at, "starred target out of range")
        elif isinstance(i, ir.Binary | ir.InPlace):
            if i.op not in _BINARY:
                self.report(at, f"no operator {i.op}")
        elif isinstance(i, ir.Compare):
            if i.op not in _COMPARE:
                self.report(at, f"no comparison {i.op}")
        elif isinstance(i, ir.Unary):
            if i.op not in _UNARY:
                self.report(at, f"no operator {i.op}")
        elif isinstance(i, ir.Function | ir.Class):
            self.definition(i)
        elif isinstance(i, ir.If):
            self.keys[i.key] += 1
            if i.key.startswith("not ") or "\n" in i.key:
                self.report(at, f"the key is not normal: {i.key}")
        elif isinstance(i, ir.Yield):
            self.yields = True
        elif isinstance(i, ir.Break | ir.Continue):
            if not loops:
                self.report(at, "jump outside of a loop")
        elif isinstance(i, ir.Return) and self.function.kind not in ("function", "lambda"):
            self.report(at, "return outside of a function")

    def name(self, at: Span, name: str, scope: str) -> None:
        function = self.function
        if (name in function.cells) != (scope == "cell") and not (scope != "cell" and function.kind == "class"):
            self.report(at, f"{name} is {scope}, and cells are {function.cells}")
        if (name in function.free) != (scope == "free") and function.kind != "class":
            self.report(at, f"{name} is {scope}, and free names are {function.free}")
        if scope == "class" and function.kind != "class":
            self.report(at, f"{name} has class scope in a {function.kind}")
        if scope == "local" and function.kind in ("class", "module") and not name.startswith("%"):
            self.report(at, f"{name} is local in a {function.kind}")
        if name.startswith("%"):
            if scope not in ("local", "cell", "free"):
                self.report(at, f"compiler name {name} is {scope}")
            if scope != "free" and name not in self.stored:
                self.report(at, f"compiler name {name} is never stored")
        known = self.scopes.setdefault(name, scope)
        # In a class body a comprehension looks past the class's own names.
        if known not in ("", scope) and function.kind != "class":
            self.report(at, f"{name} is {scope}, and was {known}")
        if not known and scope not in ("local", "cell"):
            self.report(at, f"parameter {name} is {scope}")

    def definition(self, i: ir.Function | ir.Class) -> None:
        self.made[i.qualname] += 1
        if isinstance(i, ir.Class):
            if i.qualname not in self.module.classes:
                self.report(i.at, f"no class {i.qualname}")
            return
        made = self.module.functions.get(i.qualname)
        if made is None or made.kind not in ("function", "lambda"):
            self.report(i.at, f"no function {i.qualname}")
            return
        if made.parent != self.function.qualname:
            self.report(i.at, f"{i.qualname} has the parent {made.parent}")
        positional = [param for param in made.params if param.kind in ("positional", "normal") and param.has_default]
        keyword = [param.name for param in made.params if param.kind == "keyword" and param.has_default]
        if len(positional) != len(i.defaults) or keyword != [name for name, _ in i.kw_defaults]:
            self.report(i.at, f"the defaults of {i.qualname} do not fit")
