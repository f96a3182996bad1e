"""What a dotted name of a project means: a project's module, function, class or variable, or something of a library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from statelint.ir.nodes import ClassIR, FunctionIR, ModuleIR
from statelint.resolve.bindings import bound_names


class Symbol(msgspec.Struct, frozen=True):
    """``kind`` and where: a project's *function*, *class*, *variable* or *module*, or the *library* name ``name``."""

    kind: Literal["function", "class", "variable", "module", "library", "builtin"]
    module: str
    name: str


class Symbols:
    """Resolves names across the modules of a project; ``load`` gives a module's IR, or None for other people's.

    ``mentions`` says whether a module's text has a name in it at all, which is cheaper than its IR; None for other
    people's. ``library_ancestors`` tells what a library's class extends, where the models behind ``is_library_class``
    don't.
    """

    def __init__(
        self,
        load: Callable[[str], ModuleIR | None],
        is_library_class: Callable[[str, str], bool],
        library_ancestors: Callable[[str], tuple[str, ...]] = lambda _: (),
        mentions: Callable[[str, str], bool | None] | None = None,
    ) -> None:
        self._loader = load
        self._mentions = mentions
        self._modules: dict[str, ModuleIR | None] = {}
        self._is_library_class = is_library_class
        self._library_ancestors = library_ancestors
        self._names: dict[tuple[str, str], Symbol | None] = {}
        self._mros: dict[tuple[str, str], tuple[Symbol, ...]] = {}
        self._sole_owners: dict[str, dict[str, str]] = {}

    def module(self, name: str) -> ModuleIR | None:
        """The IR of a project's module."""
        return self._load(name)

    def _load(self, name: str) -> ModuleIR | None:
        """A module's IR, asked for once: that of a run does not change."""
        if name not in self._modules:
            self._modules[name] = self._loader(name)
        return self._modules[name]

    def function(self, module: str, qualname: str) -> FunctionIR | None:
        """The IR of a project's function."""
        ir = self._load(module)
        return None if ir is None else ir.functions.get(qualname)

    def class_(self, module: str, qualname: str) -> ClassIR | None:
        """The IR of a project's class."""
        ir = self._load(module)
        return None if ir is None else ir.classes.get(qualname)

    def lookup(self, module: str, name: str) -> Symbol | None:
        """What a module-level ``name`` of ``module`` is; None for a name that the module does not bind."""
        key = (module, name)
        if key in self._names:
            return self._names[key]
        self._names[key] = None  # an import cycle resolves to nothing
        found = self._lookup(module, name)
        self._names[key] = found
        return found

    def _lookup(self, module: str, name: str) -> Symbol | None:
        ir = self._load(module)
        if ir is None:
            return None
        if name in ir.functions:
            return Symbol("function", module, name)
        if name in ir.classes:
            return Symbol("class", module, name)
        if name in ir.imports:
            target, attribute = ir.imports[name]
            return self.imported(target, attribute)
        for star in ir.star_imports:
            source = self._load(star) if self._mentions_name(star, name) else None
            if source is not None and (not name.startswith("_") or (source.exports and name in source.exports)):
                found = self.lookup(source.name, name)
                if found is not None:
                    return found
        if self._binds(ir, name):
            return Symbol("variable", module, name)
        for star in ir.star_imports:
            if self._mentions_name(star, name) is None and star.partition(".")[0] not in ("typing", "types"):
                return Symbol("library", "", f"{star}.{name}")
        return None

    def _mentions_name(self, module: str, name: str) -> bool | None:
        if self._mentions is None:
            return True if self._load(module) is not None else None
        return self._mentions(module, name)

    def _binds(self, ir: ModuleIR, name: str) -> bool:
        return name in ir.global_writes or name in bound_names(ir)

    def imported(self, module: str, attribute: str) -> Symbol:
        """The meaning of ``from module import attribute`` (or of ``import module``, with no attribute)."""
        own = self._load(module)
        if own is not None:
            module = own.name  # an import may name a module by another name than its own
        if not attribute:
            return Symbol("module", module, "") if own is not None else Symbol("library", "", module)
        if own is not None:
            found = self.lookup(module, attribute)
            if found is not None:
                return found
            nested = self._load(f"{module}.{attribute}")
            if nested is not None:
                return Symbol("module", nested.name, "")
            return Symbol("variable", module, attribute)
        nested = self._load(f"{module}.{attribute}")
        if nested is not None:
            return Symbol("module", nested.name, "")
        return Symbol("library", "", f"{module}.{attribute}")

    def member(self, symbol: Symbol, name: str) -> Symbol | None:
        """``symbol.name`` for a module or a library's name; None where that needs a value (attributes of classes)."""
        if symbol.kind == "library":
            return self.imported(symbol.name, name)
        if symbol.kind == "module":
            found = self.lookup(symbol.module, name)
            if found is not None:
                return found
            nested = self._load(f"{symbol.module}.{name}")
            return Symbol("module", nested.name, "") if nested is not None else None
        return None

    def dotted(self, module: str, text: str) -> Symbol | None:
        """The meaning of a dotted text, such as a base class or a decorator, at module level."""
        head, _, rest = text.partition(".")
        symbol = self.lookup(module, head)
        if symbol is None:
            return Symbol("builtin", "", text) if not rest else None
        for part in rest.split(".") if rest else ():
            if symbol is None:
                return None
            if symbol.kind == "class":
                ir = self._load(symbol.module)
                nested = f"{symbol.name}.{part}"
                symbol = Symbol("class", symbol.module, nested) if ir and nested in ir.classes else None
                continue
            symbol = self.member(symbol, part)
        return symbol

    def mro(self, module: str, qualname: str) -> tuple[Symbol, ...]:
        """The class and its ancestors, nearest first (depth first, duplicates keep their last place), library classes
        included as symbols of kind library."""
        key = (module, qualname)
        if key in self._mros:
            return self._mros[key]
        self._mros[key] = (Symbol("class", module, qualname),)
        ir = self.class_(module, qualname)
        order: list[Symbol] = [Symbol("class", module, qualname)]
        for base in ir.bases if ir is not None else ():
            if not base:
                continue
            symbol = self._base(module, qualname, base)
            if symbol is None:
                continue
            if symbol.kind == "class":
                order.extend(self.mro(symbol.module, symbol.name))
            elif symbol.kind in ("library", "builtin"):
                order.append(symbol)
                order.extend(Symbol("library", "", name) for name in self._library_ancestors(symbol.name))
        seen: set[Symbol] = set()
        result: list[Symbol] = []
        for symbol in reversed(order):
            if symbol not in seen:
                seen.add(symbol)
                result.append(symbol)
        self._mros[key] = tuple(reversed(result))
        return self._mros[key]

    def _base(self, module: str, qualname: str, text: str) -> Symbol | None:
        # A class nested in a function or class may extend a sibling of its own scope.
        scope = qualname.rpartition(".")[0]
        ir = self._load(module)
        while scope and ir is not None:
            if f"{scope}.{text}" in ir.classes and f"{scope}.{text}" != qualname:
                return Symbol("class", module, f"{scope}.{text}")
            scope = scope.rpartition(".")[0]
        return self.dotted(module, text)

    def method(self, module: str, qualname: str, name: str) -> tuple[str, str] | None:
        """``(module, qualname)`` of the function that ``instance.name`` runs, if the project defines it."""
        for symbol in self.mro(module, qualname):
            if symbol.kind == "class":
                ir = self.class_(symbol.module, symbol.name)
                if ir is not None and name in ir.methods:
                    return symbol.module, ir.methods[name]
        return None

    def sole_owner(self, module: str, name: str) -> tuple[str, str] | None:
        """``(module, class)`` of the one class of a module that defines a method of this name; None if several do, or
        none.
        """
        ir = self.module(module)
        if ir is None:
            return None
        owners = self._sole_owners.get(module)
        if owners is None:
            owners = self._sole_owners[module] = {}
            for qualname, cls in ir.classes.items():
                for method in cls.methods:
                    owners[method] = "" if method in owners else qualname
        found = owners.get(name)
        return (module, found) if found else None

    def library_bases(self, module: str, qualname: str) -> tuple[str, ...]:
        """Names of the library classes among the ancestors."""
        return tuple(s.name for s in self.mro(module, qualname) if s.kind in ("library", "builtin"))

    def extends(self, module: str, qualname: str, base: str) -> bool:
        """Whether the class has the library class ``base`` among its ancestors."""
        return any(name == base or self._is_library_class(name, base) for name in self.library_bases(module, qualname))
