"""A function's annotated IR: its instructions in their context, and the value that each register was found to hold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from statelint.effects.facts import Key, Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import (
    JAX,
    NDARRAY,
    TENSOR,
    BoundRef,
    ClassRef,
    InstRef,
    LibInst,
    LibRef,
    ModRef,
    PartialRef,
    Value,
    WrapRef,
)
from statelint.ir import nodes as ir

_RECEIVERS = ((TENSOR, "torch.Tensor"), (NDARRAY, "numpy.ndarray"), (JAX, "jax.Array"))
_OPERANDS: dict[type[ir.Instr], tuple[str, ...]] = {
    ir.Store: ("src",),
    ir.GetAttr: ("obj",),
    ir.SetAttr: ("obj", "src"),
    ir.DelAttr: ("obj",),
    ir.GetItem: ("obj", "index"),
    ir.SetItem: ("obj", "index", "src"),
    ir.DelItem: ("obj", "index"),
    ir.Binary: ("left", "right"),
    ir.InPlace: ("target", "right"),
    ir.Unary: ("operand",),
    ir.Compare: ("left", "right"),
    ir.Call: ("func", "args", "keywords"),
    ir.CallMethod: ("obj", "args", "keywords"),
    ir.Build: ("items",),
    ir.BuildDict: ("keys", "values"),
    ir.BuildSlice: ("lower", "upper", "step"),
    ir.BuildString: ("parts",),
    ir.Append: ("target", "key", "value"),
    ir.Unpack: ("src",),
    ir.Function: ("defaults", "kw_defaults"),
    ir.Class: ("bases", "keywords"),
    ir.Yield: ("src",),
    ir.Await: ("src",),
    ir.Opaque: ("operands",),
    ir.If: ("test",),
    ir.For: ("iterable",),
    ir.While: ("test",),
    ir.With: ("context",),
    ir.Return: ("src",),
    ir.Raise: ("exc", "cause"),
}
EXPECTS_ERROR = ("raises", "assertRaises", "assertRaisesRegex", "warns", "assertWarns", "suppress", "deprecated_call")


class Guard(NamedTuple):
    """A test around an instruction: the normalised text, its register, and the side."""

    key: str
    test: int
    holds: bool


class Site(NamedTuple):
    """An instruction and what is around it, outermost first. ``order`` counts in source order."""

    instr: ir.Instr
    order: int
    loops: tuple[ir.For | ir.While, ...]
    guards: tuple[Guard, ...]
    contexts: tuple[int, ...]
    """Registers of the context managers around."""
    handled: bool
    """Inside of an except, else or finally block."""

    @property
    def at(self) -> Span:
        """The source range."""
        return self.instr.at


class CallSite(NamedTuple):
    """A call. ``names`` are the library functions that it may run, by dotted name: ``jax.random.split``,
    ``torch.Tensor.masked_fill`` for a method of a tensor, ``?.step`` for a method of something unknown, a class for its
    construction. ``functions`` are the project's functions that it may run, ``classes`` those that it constructs.
    ``used``: something reads the result."""

    site: Site
    dst: int
    method: str
    """The last name of what is called: ``split``."""
    receiver: int
    """Register of the object of a method call, or -1."""
    names: tuple[str, ...]
    functions: tuple[Key, ...]
    classes: tuple[Key, ...]
    args: tuple[int, ...]
    keywords: tuple[tuple[str | None, int], ...]
    starred: int
    used: bool

    @property
    def at(self) -> Span:
        """The source range."""
        return self.site.instr.at

    def keyword(self, name: str) -> int:
        """Register of a keyword argument, or -1."""
        return next((reg for key, reg in self.keywords if key == name), -1)

    def argument(self, index: int, name: str) -> int:
        """Register of an argument given by place or by name, or -1 (also if it may hide behind ``*args``)."""
        found = self.keyword(name)
        if found < 0 and index < len(self.args) and not self.starred & ((2 << index) - 1):
            found = self.args[index]
        return found


class Body:
    """One function as an observer sees it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.fn = frame.fn
        self.module = frame.module
        self.key: Key = frame.key
        self.owner = frame.owner
        """The class of a method."""
        self.analyzer = frame.analyzer
        self.sites: list[Site] = []
        names: set[str] = set(frame.fn.decorators)
        self._walk(frame.fn.body, (), (), (), False, names)
        self.names = names
        """All names that occur: variables, attributes, methods, parts of dotted paths, decorators."""

    def _walk(
        self,
        block: ir.Block,
        loops: tuple[ir.For | ir.While, ...],
        guards: tuple[Guard, ...],
        contexts: tuple[int, ...],
        handled: bool,
        names: set[str],
    ) -> None:
        sites = self.sites
        for instr in block:
            sites.append(Site(instr, len(sites), loops, guards, contexts, handled))
            match instr:
                case ir.GetAttr() | ir.CallMethod() | ir.Load() | ir.SetAttr() | ir.Store():
                    names.add(instr.name)
                case ir.LoadPath():
                    names.add(instr.name)
                    names.update(instr.path)
                case ir.If():
                    self._walk(
                        instr.then, loops, (*guards, Guard(instr.key, instr.test, True)), contexts, handled, names
                    )
                    other = (*guards, Guard(instr.key, instr.test, False))
                    self._walk(instr.orelse, loops, other, contexts, handled, names)
                case ir.For():
                    self._walk(instr.body, (*loops, instr), guards, contexts, handled, names)
                    self._walk(instr.orelse, loops, guards, contexts, handled, names)
                case ir.While():
                    self._walk(instr.head, (*loops, instr), guards, contexts, handled, names)
                    self._walk(instr.body, (*loops, instr), guards, contexts, handled, names)
                    self._walk(instr.orelse, loops, guards, contexts, handled, names)
                case ir.Try():
                    self._walk(instr.body, loops, guards, contexts, handled, names)
                    for handler in instr.handlers:
                        self._walk((*handler.head, *handler.body), loops, guards, contexts, True, names)
                    self._walk((*instr.orelse, *instr.final), loops, guards, contexts, True, names)
                case ir.With():
                    self._walk(instr.body, loops, guards, (*contexts, instr.context), handled, names)

    @cached_property
    def _by_kind(self) -> dict[type[ir.Instr], list[Site]]:
        found: dict[type[ir.Instr], list[Site]] = {}
        for site in self.sites:
            found.setdefault(type(site.instr), []).append(site)
        return found

    def of(self, *kinds: type[ir.Instr]) -> list[Site]:
        """The sites of some kinds of instruction, in source order."""
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], [])
        found = [site for kind in kinds for site in self._by_kind.get(kind, ())]
        found.sort(key=lambda site: site.order)
        return found

    def value(self, reg: int) -> Value:
        """What a register was last found to hold. Where the analysis never came, that is None's value."""
        return self.frame.regs[reg]

    @cached_property
    def producer(self) -> dict[int, Site]:
        """The site that assigns each register (a loop's item: the loop)."""
        found: dict[int, Site] = {}
        for site in self.sites:
            instr = site.instr
            dst = getattr(instr, "dst", None)
            if dst is not None:
                found[dst] = site
            elif isinstance(instr, ir.Unpack):
                found.update(dict.fromkeys(instr.dsts, site))
            elif isinstance(instr, ir.For):
                found[instr.item] = site
            elif isinstance(instr, ir.With):
                found[instr.entered] = site
        return found

    @cached_property
    def uses(self) -> dict[int, list[Site]]:
        """The sites that read each register."""
        found: dict[int, list[Site]] = {}
        for site in self.sites:
            for reg in operands(site.instr):
                found.setdefault(reg, []).append(site)
        return found

    @cached_property
    def calls(self) -> list[CallSite]:
        """All calls in source order."""
        return [self._call(site) for site in self.sites if isinstance(site.instr, (ir.Call, ir.CallMethod))]

    @cached_property
    def call_of(self) -> dict[int, CallSite]:
        """The call that assigns each register."""
        return {call.dst: call for call in self.calls}

    @cached_property
    def dropped(self) -> list[CallSite]:
        """The calls whose result nothing reads: expression statements."""
        uses = self.uses
        return [
            self._call(site)
            for site in self.sites
            if isinstance(site.instr, (ir.Call, ir.CallMethod)) and site.instr.dst not in uses
        ]

    def _call(self, site: Site) -> CallSite:
        instr = site.instr
        names: dict[str, None] = {}
        functions: dict[Key, None] = {}
        classes: dict[Key, None] = {}
        if isinstance(instr, ir.CallMethod):
            receiver, method = instr.obj, instr.name
            self._method(self.value(receiver), method, names, functions, classes)
        else:
            assert isinstance(instr, ir.Call)
            receiver = -1
            maker = self.producer.get(instr.func)
            method = ""
            if maker is not None:
                made = maker.instr
                method = made.path[-1] if isinstance(made, ir.LoadPath) else getattr(made, "name", "")
            self._function(self.value(instr.func), names, functions, classes)
        return CallSite(
            site, instr.dst, method, receiver, tuple(names), tuple(functions), tuple(classes), instr.args,
            instr.keywords, instr.starred, instr.dst in self.uses,
        )  # fmt: skip

    def _method(
        self, obj: Value, method: str, names: dict[str, None], functions: dict[Key, None], classes: dict[Key, None]
    ) -> None:
        before = len(names) + len(functions) + len(classes)
        for ref in obj.refs:
            if isinstance(ref, (LibRef, LibInst)):
                names[f"{ref.name}.{method}"] = None
            elif isinstance(ref, (InstRef, ClassRef)):
                found = self.analyzer.symbols.method(ref.module, ref.qualname, method)
                if found is not None:
                    functions[found] = None
                else:
                    for base in self.analyzer.symbols.library_bases(ref.module, ref.qualname):
                        names[f"{base}.{method}"] = None
                        break
            elif isinstance(ref, ModRef):
                value = self.analyzer.module_member(self.frame, State(), ref.module, method, (0, 0, 0, 0))
                if value is not None:
                    self._function(value, names, functions, classes)
        for kind, name in _RECEIVERS:
            if obj.kind & kind:
                names[f"{name}.{method}"] = None
        if len(names) + len(functions) + len(classes) == before:
            names[f"?.{method}"] = None

    def _function(
        self, func: Value, names: dict[str, None], functions: dict[Key, None], classes: dict[Key, None]
    ) -> None:
        for ref in func.refs:
            if isinstance(ref, LibRef):
                names[ref.name] = None
            elif isinstance(ref, LibInst):
                names[f"{ref.name}.__call__"] = None
            elif isinstance(ref, ClassRef):
                classes[(ref.module, ref.qualname)] = None
            elif isinstance(ref, BoundRef):
                self._method(ref.receiver, ref.name, names, functions, classes)
            elif isinstance(ref, (PartialRef, WrapRef)):
                self._function(ref.func, names, functions, classes)
        for key in self.analyzer.functions_behind(func):
            functions[key] = None

    # text ---------------------------------------------------------------------------------------------------------

    def text(self, reg: int) -> str:
        """The expression behind a register as a user wrote it, where it is a path of names, constants and calls."""
        site = self.producer.get(reg)
        if site is None:
            return "..."
        instr = site.instr
        match instr:
            case ir.Load():
                return instr.name if not instr.name.startswith("%") else instr.name[1:].partition(".")[0]
            case ir.LoadPath():
                return ".".join((instr.name, *instr.path))
            case ir.GetAttr():
                return f"{self.text(instr.obj)}.{instr.name}"
            case ir.GetItem():
                return f"{self.text(instr.obj)}[{self.text(instr.index)}]"
            case ir.Const():
                return repr(instr.value)
            case ir.Call():
                return f"{self.text(instr.func)}(...)" if instr.args or instr.keywords else f"{self.text(instr.func)}()"
            case ir.CallMethod():
                inside = "..." if instr.args or instr.keywords else ""
                return f"{self.text(instr.obj)}.{instr.name}({inside})"
            case ir.Binary():
                return f"{self.text(instr.left)} {instr.op} {self.text(instr.right)}"
            case ir.Build(kind="list"):
                return "[...]" if instr.items else "[]"
            case ir.BuildDict():
                return "{...}" if instr.values else "{}"
            case ir.Build(kind="tuple"):
                return ", ".join(self.text(item) for item in instr.items)
            case _:
                return "..."

    def path(self, reg: int) -> str:
        """``self.a.b`` or ``name`` if the register was read from such a path, else empty."""
        site = self.producer.get(reg)
        instr = site.instr if site is not None else None
        if isinstance(instr, ir.Load) and not instr.name.startswith("%"):
            return instr.name
        if isinstance(instr, ir.LoadPath):
            return ".".join((instr.name, *instr.path))
        if isinstance(instr, ir.GetAttr):
            base = self.path(instr.obj)
            return f"{base}.{instr.name}" if base else ""
        return ""

    def stored_as(self, reg: int) -> list[tuple[str, Site]]:
        """The paths to which a register is assigned: names, ``self.attribute``, also through unpacking its value."""
        found: list[tuple[str, Site]] = []
        for site in self.uses.get(reg, ()):
            instr = site.instr
            if isinstance(instr, ir.Store):
                found.append((instr.name, site))
            elif isinstance(instr, ir.SetAttr) and instr.src == reg:
                base = self.path(instr.obj)
                if base:
                    found.append((f"{base}.{instr.name}", site))
        return found

    def unpacked(self, reg: int) -> tuple[int, ...]:
        """The registers into which a register's value is unpacked by ``a, b = value``; empty if it is not."""
        for site in self.uses.get(reg, ()):
            if isinstance(site.instr, ir.Unpack) and site.instr.star < 0:
                return site.instr.dsts
        return ()

    def in_context(self, site: Site, *names: str) -> bool:
        """Whether a ``with`` around makes one of the given library contexts: by the last part of what is called."""
        for reg in site.contexts:
            maker = self.producer.get(reg)
            instr = maker.instr if maker is not None else None
            text = self.text(instr.func) if isinstance(instr, ir.Call) else getattr(instr, "name", "")
            if text.rpartition(".")[2] in names:
                return True
        return False

    def tried(self, site: Site) -> bool:
        """Whether an error of the site is expected: it stands in a ``try`` with handlers or in ``pytest.raises``."""
        if self.in_context(site, *EXPECTS_ERROR):
            return True
        line = site.at[0]
        return any(
            isinstance(each.instr, ir.Try) and each.instr.handlers and each.instr.at[0] <= line <= each.instr.at[2]
            for each in self.of(ir.Try)
        )

    def is_method_of(self, base: str) -> bool:
        """Whether this is a method of a class that descends from a library's class."""
        return self.owner is not None and self.analyzer.symbols.extends(*self.owner, base)


def operands(instr: ir.Instr) -> Iterator[int]:
    """The registers that an instruction reads (not those read by blocks in it)."""
    for field in _OPERANDS.get(type(instr), ()):
        value = getattr(instr, field)
        if isinstance(value, int):
            if value >= 0:
                yield value
        else:
            for each in value:
                reg = each[1] if isinstance(each, tuple) else each
                if reg >= 0:
                    yield reg
