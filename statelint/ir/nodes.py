"""The effect IR: structured blocks of three-address instructions over registers.

A register is an ``int``: it is assigned by exactly one instruction and used only inside the block that assigns it or a
block nested in it. Everything that lives longer, or is assigned on several paths, is a *name* (source names, and
compiler names that start with ``%``). Names have a scope, decided by the lowering:

- ``local``: a name bound in this function and not captured by a nested function;
- ``cell``: bound in this function and captured by a nested one;
- ``free``: bound in an enclosing function (``nonlocal`` when written);
- ``global``: bound in the module, or a builtin; inside a module body all names are global. A class body's names are
  ``class``.

Compiler names are ``local`` or ``cell`` where they are made, also in a module or class body. A comprehension's targets
are such names (``%x.1``), for they are seen by nobody else; so are the results of short circuits and type parameters.

Control flow is structured; an abrupt exit is `Break`, `Continue`, `Return` or `Raise` as the last instruction of its
block. Positions are ``(line, col, end_line, end_col)`` as ``ast`` gives them: 1-based lines, 0-based UTF-8 columns.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Span = tuple[int, int, int, int]
Reg = int
Scope = Literal["local", "cell", "free", "global", "class"]


class Instr(msgspec.Struct, frozen=True, gc=False):
    """Base of all instructions; ``at`` is the source range of the expression or statement."""

    at: Span


Block = tuple[Instr, ...]


# values -------------------------------------------------------------------------------------------------------------


class Const(Instr, frozen=True, gc=False):
    """``dst = literal`` (None, bool, int, float, complex, str, bytes, Ellipsis)."""

    dst: Reg
    value: object


class Load(Instr, frozen=True, gc=False):
    """``dst = name``."""

    dst: Reg
    name: str
    scope: Scope


class LoadPath(Instr, frozen=True, gc=False):
    """``dst = name.a.b.c`` where ``name`` has scope global: a dotted path that needs no receiver analysis if ``name``
    is an import (``torch.nn.functional.relu``). ``path`` is never empty. When ``name`` turns out to be a value, the
    meaning is that of a `Load` and a chain of `GetAttr`."""

    dst: Reg
    name: str
    path: tuple[str, ...]


class Store(Instr, frozen=True, gc=False):
    """``name = src``."""

    name: str
    scope: Scope
    src: Reg


class Delete(Instr, frozen=True, gc=False):
    """``del name``."""

    name: str
    scope: Scope


class GetAttr(Instr, frozen=True, gc=False):
    """``dst = obj.name``."""

    dst: Reg
    obj: Reg
    name: str


class SetAttr(Instr, frozen=True, gc=False):
    """``obj.name = src``."""

    obj: Reg
    name: str
    src: Reg


class DelAttr(Instr, frozen=True, gc=False):
    """``del obj.name``."""

    obj: Reg
    name: str


class GetItem(Instr, frozen=True, gc=False):
    """``dst = obj[index]``."""

    dst: Reg
    obj: Reg
    index: Reg


class SetItem(Instr, frozen=True, gc=False):
    """``obj[index] = src``."""

    obj: Reg
    index: Reg
    src: Reg


class DelItem(Instr, frozen=True, gc=False):
    """``del obj[index]``."""

    obj: Reg
    index: Reg


class Binary(Instr, frozen=True, gc=False):
    """``dst = left op right``; ``op`` is the Python operator text (``+``, ``@``, ``//``, ``<<`` ...)."""

    dst: Reg
    op: str
    left: Reg
    right: Reg


class InPlace(Instr, frozen=True, gc=False):
    """``dst = target op= right`` before it is stored back; ``op`` without the ``=``. ``target_text`` is the source of
    the target, normalised, for messages."""

    dst: Reg
    op: str
    target: Reg
    right: Reg
    target_text: str


class Unary(Instr, frozen=True, gc=False):
    """``dst = op operand``; ``op`` in ``- + ~ not``."""

    dst: Reg
    op: str
    operand: Reg


class Compare(Instr, frozen=True, gc=False):
    """``dst = left op right`` for one comparison (``==``, ``is``, ``not in`` ...); chains are lowered to ``and``."""

    dst: Reg
    op: str
    left: Reg
    right: Reg


class Call(Instr, frozen=True, gc=False):
    """``dst = func(*args, **keywords)``. ``starred`` has bit i set if args[i] is ``*arg``; a keyword named None is
    ``**arg``."""

    dst: Reg
    func: Reg
    args: tuple[Reg, ...]
    starred: int
    keywords: tuple[tuple[str | None, Reg], ...]


class CallMethod(Instr, frozen=True, gc=False):
    """``dst = obj.name(*args, **keywords)``, without a value for the bound method."""

    dst: Reg
    obj: Reg
    name: str
    args: tuple[Reg, ...]
    starred: int
    keywords: tuple[tuple[str | None, Reg], ...]


class Build(Instr, frozen=True, gc=False):
    """``dst = (a, b)``, ``[a, *b]`` or ``{a, b}``. A comprehension starts with an empty Build and is filled by
    `Append`; a generator expression is a ``generator`` filled the same way."""

    dst: Reg
    kind: Literal["tuple", "list", "set", "generator"]
    items: tuple[Reg, ...]
    starred: int


class BuildDict(Instr, frozen=True, gc=False):
    """``dst = {k: v, **m}``; the key of ``**m`` is -1."""

    dst: Reg
    keys: tuple[Reg, ...]
    values: tuple[Reg, ...]


class BuildSlice(Instr, frozen=True, gc=False):
    """``dst = slice(lower, upper, step)``; -1 where omitted."""

    dst: Reg
    lower: Reg
    upper: Reg
    step: Reg


class BuildString(Instr, frozen=True, gc=False):
    """``dst`` = an f-string (or template string) of ``parts``."""

    dst: Reg
    parts: tuple[Reg, ...]


class Append(Instr, frozen=True, gc=False):
    """A comprehension's accumulator takes ``value`` (and ``key``, for a dict; else -1)."""

    target: Reg
    key: Reg
    value: Reg


class Unpack(Instr, frozen=True, gc=False):
    """``dsts = src`` element by element; ``star`` is the position of the starred target or -1."""

    dsts: tuple[Reg, ...]
    src: Reg
    star: int


class Function(Instr, frozen=True, gc=False):
    """``dst`` = a closure of the function ``qualname`` of this module. ``defaults`` and ``kw_defaults`` are evaluated
    here, once. Decorators are separate `Call` instructions that follow."""

    dst: Reg
    qualname: str
    defaults: tuple[Reg, ...]
    kw_defaults: tuple[tuple[str, Reg], ...]


class Class(Instr, frozen=True, gc=False):
    """``dst`` = the class ``qualname`` of this module; its body is a function of the module that is run here."""

    dst: Reg
    qualname: str
    bases: tuple[Reg, ...]
    keywords: tuple[tuple[str | None, Reg], ...]


class Import(Instr, frozen=True, gc=False):
    """``dst`` = module ``module`` (absolute, relative imports resolved), or its attribute ``name`` if not empty.
    ``import a.b`` binds ``a``: module "a". ``name`` is ``*`` for a star import, whose ``dst`` is not stored."""

    dst: Reg
    module: str
    name: str


class Yield(Instr, frozen=True, gc=False):
    """``dst = yield src``; ``delegate`` for ``yield from``."""

    dst: Reg
    src: Reg
    delegate: bool


class Await(Instr, frozen=True, gc=False):
    """``dst = await src``."""

    dst: Reg
    src: Reg


class Opaque(Instr, frozen=True, gc=False):
    """``dst`` = something computed from ``operands`` in a way that the IR does not describe (a match test ...)."""

    dst: Reg
    what: str
    operands: tuple[Reg, ...]


# control ------------------------------------------------------------------------------------------------------------


class If(Instr, frozen=True):
    """``key`` is the normalised text of the test (without leading ``not``, which swaps the branches)."""

    test: Reg
    key: str
    then: Block
    orelse: Block


class For(Instr, frozen=True):
    """``for item in iterable``: ``item`` is assigned at the top of each turn, ``body`` begins by storing it.
    ``orelse`` runs when no break happened."""

    iterable: Reg
    item: Reg
    body: Block
    orelse: Block
    is_async: bool


class While(Instr, frozen=True):
    """Each turn runs ``head`` (which assigns ``test``), then ``body`` if the test holds, else ``orelse`` and out."""

    head: Block
    test: Reg
    body: Block
    orelse: Block


class Handler(msgspec.Struct, frozen=True):
    """``except type as name``: ``head`` evaluates the type into ``kind`` (-1 if bare); ``name`` is stored by ``body``
    from register ``exception``."""

    at: Span
    head: Block
    kind: Reg
    exception: Reg
    body: Block


class Try(Instr, frozen=True):
    """try/except/else/finally; ``final`` runs on every way out."""

    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Block


class With(Instr, frozen=True):
    """``with context as entered``: one context manager; several are nested."""

    context: Reg
    entered: Reg
    body: Block
    is_async: bool


class Return(Instr, frozen=True, gc=False):
    """``return src``; the fall-through end of a function has none."""

    src: Reg


class Raise(Instr, frozen=True, gc=False):
    """``raise exc from cause``; -1 where absent."""

    exc: Reg
    cause: Reg


class Break(Instr, frozen=True, gc=False):
    """``break``."""


class Continue(Instr, frozen=True, gc=False):
    """``continue``."""


# program ------------------------------------------------------------------------------------------------------------


class Param(msgspec.Struct, frozen=True):
    """A parameter. ``annotation`` is its source text in one line, or empty."""

    name: str
    kind: Literal["positional", "normal", "vararg", "keyword", "kwarg"]
    has_default: bool
    annotation: str
    at: Span


class FunctionIR(msgspec.Struct, frozen=True):
    """A function, lambda, class body or module body.

    ``qualname`` is unique in the module: ``Class.method``, ``outer.<locals>.inner``, ``<lambda>:LINE:COL``,
    ``Class.<body>``, ``<module>``; a redefinition gets ``#2``. ``class_qualname`` is the class whose body defines it.
    ``repeated`` are the `If` keys that occur more than once (worth keeping paths apart for).
    ``annotations`` maps annotated local names to their annotation text. ``decorators`` are dotted source texts
    (arguments dropped), empty where there is none. ``parent`` is the qualname of the block that defines it, for a
    method ``Class.<body>``. ``annotations`` leaves the parameters out: they have their own.
    """

    qualname: str
    name: str
    kind: Literal["function", "lambda", "class", "module"]
    at: Span
    name_at: Span
    params: tuple[Param, ...]
    returns: str
    body: Block
    registers: int
    free: tuple[str, ...]
    cells: tuple[str, ...]
    globals_written: tuple[str, ...]
    is_async: bool
    is_generator: bool
    class_qualname: str
    parent: str
    decorators: tuple[str, ...]
    repeated: frozenset[str]
    annotations: dict[str, str]
    docstring: str


class ClassIR(msgspec.Struct, frozen=True):
    """A class. ``bases`` are dotted source texts (subscripts and arguments dropped, empty if not dotted); ``methods``
    maps names to function qualnames, the last definition winning; ``assigned`` are the other names that the body binds;
    ``annotations`` the annotated ones with their text. Its body is the function ``qualname.<body>``."""

    qualname: str
    name: str
    at: Span
    name_at: Span
    bases: tuple[str, ...]
    metaclass: str
    decorators: tuple[str, ...]
    methods: dict[str, str]
    assigned: tuple[str, ...]
    annotations: dict[str, str]
    parent: str
    docstring: str


class ModuleIR(msgspec.Struct, frozen=True):
    """A lowered file. ``imports`` maps each name bound by a module-level import (also under if/try) to
    ``(module, attribute or "")``; ``star_imports`` are modules; ``exports`` is ``__all__`` if it is a literal.
    ``global_writes`` are names that a function of this module rebinds through ``global``."""

    name: str
    path: str
    is_package: bool
    body: FunctionIR
    functions: dict[str, FunctionIR]
    classes: dict[str, ClassIR]
    imports: dict[str, tuple[str, str]]
    star_imports: tuple[str, ...]
    exports: tuple[str, ...] | None
    global_writes: frozenset[str]
