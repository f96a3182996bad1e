"""Random programs that end, for comparing the lowered run with CPython's.

Many of them raise where they begin; enough go on. They use few names in many scopes, so that captures, shadowing and
unbound names occur; an exception is as good a result as a value. Loops are short, and a function may only call those
defined before it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

NAMES = ("a", "b", "c", "d")
OPERATORS = ("+", "-", "//", "%", "&", "|", "^")
# CPython 3.12.1 and 3.13.0 inline comprehensions, and miscompile some with lambdas or comprehensions inside: names come
# out unbound, a cell comes out as a value, the interpreter crashes.
NESTED = sys.version_info < (3, 12)
COMPARISONS = ("<", "<=", "==", "!=", ">")


class Writer:
    """Writes one program; ``functions`` may be called where the writer stands."""

    def __init__(self, below: Callable[[int], int], fuel: int) -> None:
        self.below = below
        self.functions: list[str] = []
        self.defined = 0
        self.fuel = fuel

    def pick(self, *options: Any) -> Any:
        return options[self.below(len(options))]

    def number(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def name(self) -> str:
        return str(self.pick(*NAMES))

    # expressions

    def expression(self, depth: int = 0) -> str:
        self.fuel -= 1
        if depth > 3 or self.fuel < 0:
            return self.pick(self.name(), str(self.number(-2, 3)))  # type: ignore[no-any-return]
        return str(self.pick(*_EXPRESSIONS)(self, depth + 1))

    def binary(self, depth: int) -> str:
        return f"({self.expression(depth)} {self.pick(*OPERATORS)} {self.expression(depth)})"

    def comparison(self, depth: int) -> str:
        chain = "".join(f" {self.pick(*COMPARISONS)} {self.expression(depth)}" for _ in range(self.number(1, 2)))
        return f"({self.expression(depth)}{chain})"

    def boolean(self, depth: int) -> str:
        word: str = self.pick(" and ", " or ")
        return "(" + word.join(self.expression(depth) for _ in range(self.number(2, 3))) + ")"

    def negation(self, depth: int) -> str:
        return f"({self.pick('not {}', '{} is None', '{} is not None', '{} not in l')})".format(self.expression(depth))

    def conditional(self, depth: int) -> str:
        return f"({self.expression(depth)} if {self.expression(depth)} else {self.expression(depth)})"

    def logged(self, depth: int) -> str:
        return f"log({self.expression(depth)})"

    def call(self, depth: int) -> str:
        if not self.functions:
            return self.logged(depth)
        arguments = self.pick("{0}, {1}", "{0}", "p={0}", "*({0}, {1})", "{0}, q={1}", "q={1}, **{{'p': {0}}}", "")
        return f"{self.pick(*self.functions)}({arguments.format(self.expression(depth), self.expression(depth))})"

    def walrus(self, depth: int) -> str:
        return f"({self.name()} := {self.expression(depth)})"

    def lambda_call(self, depth: int) -> str:
        parameter = self.pick("", self.name())
        value = self.expression(depth)
        body = self.expression(depth)
        return f"(lambda {parameter}: {body})({value if parameter else ''})"

    def comprehension(self, depth: int) -> str:
        # The element and conditions may not rebind a target by walrus: that is no Python.
        target = self.name()
        element = self.plain(depth)
        source = f"range({self.number(0, 3)})"
        condition = f" if {self.plain(depth)}" if self.number(0, 1) else ""
        second = f" for {self.name()} in ({target}, {self.plain(depth)})" if self.number(0, 2) == 0 else ""
        if NESTED and self.number(0, 2) == 0:
            return f"[g() for g in [lambda: {element} for {target} in {source}{condition}{second}]][:5]"
        left, right = self.pick("[]", "{}", ("sorted(", ")"))
        return f"{left}{element} for {target} in {source}{condition}{second}{right}"

    def plain(self, depth: int) -> str:
        left, right = self.pick(*NAMES, 0, 1), self.pick(*NAMES, 2)
        inner = self.name()
        loop = f"for {inner} in ({left}, {right})"
        simple = (f"{left} + {right}", f"{left} < {right}", f"({left} and {right})", f"{left}")
        nested = (
            f"[{self.name()} {loop}][-1]",
            f"(lambda: [{self.name()} {loop}][0])()",
            f"[(lambda: {self.name()})() {loop}][0]",
        )
        return str(self.pick(*simple, *nested) if NESTED else self.pick(*simple))

    def item(self, depth: int) -> str:
        return f"l[{self.expression(depth)}]"

    def collection(self, depth: int) -> str:
        a, b = self.expression(depth), self.expression(depth)
        return str(
            self.pick(f"[{a}, {b}][0]", f"({a}, *[{b}])[1]", f"{{1: {a}, **{{2: {b}}}}}[2]", f"len(f'{{{a}!r:.3}}')")
        )

    # statements

    def block(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        lines = [self.statement(indent, depth, loop, function) for _ in range(self.number(1, 3))]
        return "".join(lines)

    def statement(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        self.fuel -= 1
        options = list(_SIMPLE)
        if depth < 3 and self.fuel > 0:
            options += _COMPOUND
        if loop:
            options.append(Writer.jump)
        if function:
            options.append(Writer.leave)
        return str(self.pick(*options)(self, indent, depth, loop, function))

    def assignment(self, indent: str, *_: Any) -> str:
        target = self.pick("{0}", "{0}", "{0} = {1}", "{0}, {1}", "*{0}, {1}", "l[0]", "({0}, l[1])", "{0}, *{1}")
        target = target.format(self.name(), self.name())
        value = f"({self.expression()}, {self.expression()})" if "," in target else self.expression()
        return f"{indent}{target} = {value}\n"

    def augmented(self, indent: str, *_: Any) -> str:
        target = self.pick(*NAMES, "l[0]", "l[log(1)]", "l[-1]")
        return f"{indent}{target} {self.pick(*OPERATORS)}= {self.expression()}\n"

    def log(self, indent: str, *_: Any) -> str:
        return f"{indent}log({self.expression()}, {self.name()})\n"

    def deletion(self, indent: str, *_: Any) -> str:
        return f"{indent}del {self.name()}\n"

    def assertion(self, indent: str, *_: Any) -> str:
        return f"{indent}assert {self.expression()}, {self.expression()}\n"

    def raising(self, indent: str, *_: Any) -> str:
        return f"{indent}raise {self.pick('ValueError', 'KeyError')}({self.expression()})\n"

    def jump(self, indent: str, *_: Any) -> str:
        return f"{indent}{self.pick('break', 'continue')}\n"

    def leave(self, indent: str, *_: Any) -> str:
        return f"{indent}return {self.expression()}\n"

    def branch(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        inner = indent + "  "
        text = f"{indent}if {self.expression()}:\n{self.block(inner, depth + 1, loop, function)}"
        if self.number(0, 2) == 0:
            text += f"{indent}elif {self.expression()}:\n{self.block(inner, depth + 1, loop, function)}"
        if self.number(0, 1):
            text += f"{indent}else:\n{self.block(inner, depth + 1, loop, function)}"
        return text

    def for_loop(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        head = f"{indent}for {self.name()} in range({self.number(0, 3)}):\n"
        text = head + self.block(indent + "  ", depth + 1, True, function)
        if self.number(0, 2) == 0:
            text += f"{indent}else:\n{self.block(indent + '  ', depth + 1, loop, function)}"
        return text

    def while_loop(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        counter = f"n{depth}"
        text = f"{indent}{counter} = 0\n{indent}while {counter} < 3 and {self.expression()}:\n"
        text += f"{indent}  {counter} += 1\n{self.block(indent + '  ', depth + 1, True, function)}"
        if self.number(0, 2) == 0:
            text += f"{indent}else:\n{self.block(indent + '  ', depth + 1, loop, function)}"
        return text

    def trying(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        inner = indent + "  "
        text = f"{indent}try:\n{self.block(inner, depth + 1, loop, function)}"
        kinds = self.pick(["NameError"], ["ZeroDivisionError", "(TypeError, NameError)"], ["Exception"], [""], [])
        for kind in kinds:
            # A handler's name lives on in the IR where the handler is left by an exception: it is one nobody else uses.
            text += f"{indent}except {kind}:\n" if not kind or self.number(0, 1) else f"{indent}except {kind} as e:\n"
            text += f"{inner}log(e)\n" if text.endswith("e:\n") else ""
            text += self.block(inner, depth + 1, loop, function)
        if kinds and self.number(0, 2) == 0:
            text += f"{indent}else:\n{self.block(inner, depth + 1, loop, function)}"
        if not kinds or self.number(0, 2) == 0:
            text += f"{indent}finally:\n{self.block(inner, depth + 1, loop, function)}"
        return text

    def managed(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        head = f"{indent}with M({self.expression()}) as {self.name()}, M({self.number(0, 1)}):\n"
        return head + self.block(indent + "  ", depth + 1, loop, function)

    def matching(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        name = self.name()
        known = (
            "0 | 1",
            "None",
            "[]",
            f"[{name}, *_]",
            f"int({name}) if {name} > 1",
            "[0 | 1 as d, [*c]]",
            "bool()",
            f"(1, {name}) | ({name}, 0)",
        )
        patterns = [self.pick(*known) for _ in range(self.number(1, 3))]
        subject = self.pick(self.expression(), f"({self.expression()}, {self.expression()})", f"(1, [{self.name()}])")
        text = f"{indent}match {subject}:\n"
        for pattern in [*patterns, *self.pick([], ["_"], ["b"])]:
            text += f"{indent}  case {pattern}:\n{self.block(indent + '    ', depth + 1, loop, function)}"
        return text

    def definition(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        self.defined += 1
        name = f"f{self.defined}"
        parameters = self.pick(f"p={self.expression()}, q=1", "p=1, *, q=2", "*p, q=2", "p=0, **q", "p=2, q=3, /")
        inner = indent + "  "
        known = list(self.functions)
        text = f"{indent}def {name}({parameters}):\n"
        names = [self.pick("p", "q"), self.name()]
        text += self.pick("", "", f"{inner}global {names[1]}\n", f"{inner}nonlocal {names[1]}\n")
        text += self.pick("", f"{inner}{self.name()} = {names[0]}\n", f"{inner}yield {names[0]}\n")
        is_generator = "yield" in text.splitlines()[-1]
        text += self.block(inner, depth + 1, False, True)
        self.functions = [*known, name]
        if is_generator:
            self.functions = known
            return f"{text}{indent}log(list({name}()))\n"
        return f"{text}{indent}log({name}({self.expression()}))\n"

    def class_body(self, indent: str, depth: int, loop: bool, function: bool) -> str:
        inner = indent + "  "
        text = f"{indent}class K:\n{self.block(inner, depth + 1, False, False)}"
        text += f"{inner}def m(self, {self.name()}=0):\n{self.block(inner + '  ', depth + 1, False, True)}"
        return f"{text}{indent}log(K().m({self.expression()}))\n"


_EXPRESSIONS = (
    Writer.binary,
    Writer.comparison,
    Writer.boolean,
    Writer.negation,
    Writer.conditional,
    Writer.logged,
    Writer.call,
    Writer.walrus,
    Writer.lambda_call,
    Writer.comprehension,
    Writer.item,
    Writer.collection,
    lambda writer, depth: writer.name(),
    lambda writer, depth: str(writer.number(-1, 3)),
)
_SIMPLE = (
    Writer.assignment,
    Writer.assignment,
    Writer.augmented,
    Writer.log,
    Writer.log,
    Writer.deletion,
    Writer.assertion,
    Writer.raising,
)
_COMPOUND = (
    Writer.branch,
    Writer.for_loop,
    Writer.while_loop,
    Writer.trying,
    Writer.managed,
    Writer.matching,
    Writer.definition,
    Writer.class_body,
)
PRELUDE = """\
class M:
  def __init__(self, value): self.value = value
  def __enter__(self): return log(self.value)
  def __exit__(self, kind, *rest):
    log(kind and kind.__name__)
    return self.value == 1
"""


def program(below: Callable[[int], int], fuel: int) -> str:
    """A program of a few statements, at module level or in a function; ``below(n)`` chooses from 0 to n - 1."""
    writer = Writer(below, fuel)
    start = "a = 0\nb = 1\nl = [1, 2, 3]\n"
    if writer.number(0, 1):
        body = "".join(writer.statement("  ", 0, False, True) for _ in range(writer.number(2, 6)))
        start = "".join(f"  {line}\n" for line in start.splitlines())
        return f"{PRELUDE}l = [1, 2, 3]\nc = 5\ndef main():\n{start}{body}\nlog(main())\n"
    return PRELUDE + start + "".join(writer.statement("", 0, False, False) for _ in range(writer.number(2, 6)))
