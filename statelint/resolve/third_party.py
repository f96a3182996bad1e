"""Classes and functions of installed packages, without importing them: where they are defined, what they extend.

Each question has a budget of files and bytes, counted the same whether their facts are kept or new: an answer depends
on the packages alone. A question that runs over it, or meets what cannot be read, is answered by what is known so far.
"""

from __future__ import annotations

import builtins
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from statelint.resolve.fact_store import FactStore
from statelint.resolve.facts import FORMAT, ClassFact, FileFact, Target
from statelint.resolve.installed import Installation

FILES = 400
BYTES = 8_000_000
FILE_BYTES = 1_500_000
_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
_EMPTY = FileFact()
_STAR = re.compile(rb"import\s*\*")

Known = Callable[[str], str | None]
_Answer = TypeVar("_Answer")


class Place(msgspec.Struct, frozen=True):
    """What a name turned out to be: a ``class``, ``function`` or ``module`` that was read, or a name ``outside``."""

    kind: Literal["class", "function", "module", "outside"]
    module: str
    name: str

    @property
    def dotted(self) -> str:
        """The dotted name of the definition."""
        return f"{self.module}.{self.name}" if self.module and self.name else self.module or self.name


class ThirdParty:
    """The packages of a search path. A name that ``known`` has a name for is not looked into: that name stands for it
    (the models know the class), and the answer is the same whether its package is installed or not."""

    def __init__(self, search_path: Sequence[Path], known: Known | None = None, store: FactStore | None = None) -> None:
        self._installation = Installation(search_path)
        self._store = store or FactStore()
        self._known = known or (lambda _: None)
        self._facts: dict[str, FileFact] = {}
        self._canonical: dict[str, str] = {}
        self._ancestry: dict[str, tuple[str, ...]] = {}

    def canonical(self, dotted: str) -> str:
        """Return the name of the place where a class or function is defined; ``dotted`` itself if that is unknown."""
        if dotted not in self._canonical:
            found = self._ask(lambda question: question.place(dotted))
            self._canonical[dotted] = found.dotted if found is not None else dotted
        return self._canonical[dotted]

    def ancestry(self, dotted: str) -> tuple[str, ...]:
        """Return the canonical names of all ancestors of a class, nearest first; none if it is unknown."""
        if dotted not in self._ancestry:
            found = self._ask(lambda question: question.ancestors(dotted)) or []
            names = (each.dotted for each in found)
            self._ancestry[dotted] = tuple(dict.fromkeys(name for name in names if name != "object"))
        return self._ancestry[dotted]

    def signature(self, dotted: str) -> tuple[str, ...] | None:
        """Return the parameters of a function, a method, or of a class's constructor as they are written."""
        return self._ask(lambda question: question.signature(dotted))

    def _ask(self, ask: Callable[[_Question], _Answer | None]) -> _Answer | None:
        try:
            return ask(_Question(self))
        except RecursionError:
            return None

    def installed(self, module: str) -> tuple[str, ...] | None:
        """Return the source files of a module; None if there is no such module."""
        entry = self._installation.module(module)
        return entry.sources if entry is not None else None

    def fact(self, path: str, module: str, wanted: str = "") -> FileFact:
        """Return the facts of a file. A file in which the text ``wanted`` does not occur need not be read further."""
        if path in self._facts:
            return self._facts[path]
        try:
            status = os.stat(path)
            if status.st_size > FILE_BYTES:
                raise OSError
            version = self._installation.version(path)
            stamp = f"{FORMAT} {_PYTHON} {version} {status.st_size} {status.st_mtime_ns}"
            fact = self._kept(path, stamp)
            if fact is None:
                data = Path(path).read_bytes()
                if wanted and wanted.encode() not in data and not _STAR.search(data):
                    return _EMPTY
                fact = self._extracted(data, module, path, stamp)
        except OSError:
            fact = _EMPTY
        self._facts[path] = fact
        return fact

    def _kept(self, path: str, stamp: str) -> FileFact | None:
        kept = self._store.read(path, stamp)
        if kept is None:
            return None
        try:
            return msgspec.msgpack.decode(kept, type=FileFact)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def _extracted(self, data: bytes, module: str, path: str, stamp: str) -> FileFact:
        from statelint.resolve.extract import extract

        fact = extract(data, module, path) or _EMPTY
        self._store.write(path, stamp, msgspec.msgpack.encode(fact))
        return fact

    def known(self, dotted: str) -> Place | None:
        """Return the name that the models have for a name."""
        name = self._known(dotted)
        return Place("outside", "", name) if name is not None else None


class _Question:
    """One question: what it has followed, so that it ends, and what it may still read."""

    def __init__(self, packages: ThirdParty) -> None:
        self._packages = packages
        self._followed: dict[tuple[str, tuple[str, ...]], Place | None] = {}
        self._lines: dict[Place, list[Place]] = {}
        self._read: set[str] = set()
        self._bytes = BYTES

    def place(self, dotted: str) -> Place | None:
        """Follow a dotted name from its package on."""
        root, *parts = dotted.split(".")
        return self._known(dotted) or self._from(root, tuple(parts))

    def ancestors(self, dotted: str) -> list[Place]:
        """Return the ancestors of a class, nearest first."""
        found = self.place(dotted)
        return self._linear(found)[1:] if found is not None and found.kind == "class" else []

    def signature(self, dotted: str) -> tuple[str, ...] | None:
        """Return the parameters of what a name stands for, or of the method that a class inherits by that name."""
        found = self.place(dotted)
        if found is not None and found.kind in ("class", "function"):
            return self._parameters(found)
        owner, _, method = dotted.rpartition(".")
        found = self.place(owner) if owner else None
        return self._inherited(found, method) if found is not None and found.kind == "class" else None

    def _known(self, dotted: str) -> Place | None:
        return self._packages.known(dotted) if "." in dotted else None

    def _from(self, module: str, parts: tuple[str, ...]) -> Place:
        """``from module import a``, then ``a.b``: ``parts`` are the names."""
        dotted = ".".join((module, *parts))
        if found := self._known(dotted):
            return found
        root = module.partition(".")[0]
        if root in sys.stdlib_module_names or self._packages.installed(module) is None:
            return Place("outside", "", dotted)
        return self._walk(module, parts) or Place("outside", "", dotted)

    def _walk(self, module: str, parts: tuple[str, ...]) -> Place | None:
        """Follow names from inside of a module."""
        if not parts:
            return Place("module", module, "")
        key = (module, parts)
        if key not in self._followed:
            self._followed[key] = None  # names that import each other lead nowhere
            self._followed[key] = self._known(".".join((module, *parts))) or self._bound(module, parts)
        return self._followed[key]

    def _bound(self, module: str, parts: tuple[str, ...]) -> Place | None:
        outside: Place | None = None
        for found in self._meanings(module, parts):
            if found.kind != "outside" or self._known(found.dotted):
                return found
            outside = outside or found
        return outside

    def _meanings(self, module: str, parts: tuple[str, ...]) -> Iterator[Place]:
        """Yield what the first of the names is by a module's own statements, by its star imports, as its submodule.
        A submodule goes before star imports if more names follow: large packages have many of them."""
        stars: dict[str, FileFact] = {}
        for fact in self._files(module, parts[0]):
            for target in fact.names.get(parts[0], ()):
                if target == Target("", parts[0]):
                    found = _defined(fact, module, parts)
                else:
                    found = self._target(module, target, parts[1:])
                if found is not None:
                    yield found
            stars.update((star, fact) for star in fact.stars if star not in stars)
        if len(parts) > 1:
            yield from self._submodule(module, parts)
        for star in sorted(stars, key=lambda each: _likeness(each, parts[0]), reverse=True):
            if parts[0].startswith("_") and parts[0] not in stars[star].exports:
                continue
            found = self._from(star, parts)
            if found.kind != "outside" or self._known(found.dotted):
                yield found
        if len(parts) == 1:
            yield from self._submodule(module, parts)

    def _submodule(self, module: str, parts: tuple[str, ...]) -> Iterator[Place]:
        name = f"{module}.{parts[0]}"
        found = self._walk(name, parts[1:]) if self._packages.installed(name) is not None else None
        if found is not None:
            yield found

    def _target(self, module: str, target: Target, rest: tuple[str, ...]) -> Place | None:
        names = (*(target.name.split(".") if target.name else ()), *rest)
        return self._from(target.module, names) if target.module else self._walk(module, names)

    def _files(self, module: str, wanted: str = "") -> Iterator[FileFact]:
        for path in self._packages.installed(module) or ():
            if path not in self._read:
                if len(self._read) >= FILES or self._bytes <= 0:
                    continue
                self._read.add(path)
                try:
                    self._bytes -= os.stat(path).st_size
                except OSError:
                    continue
            yield self._packages.fact(path, module, wanted)

    # classes ----------------------------------------------------------------------------------------------------

    def _fact_of(self, place: Place) -> ClassFact | None:
        """Return what was read of a class."""
        found = (fact.classes.get(place.name) for fact in self._files(place.module))
        return next((fact for fact in found if fact is not None), None)

    def _linear(self, place: Place) -> list[Place]:
        """Return a class and its ancestors in the order in which Python looks attributes up."""
        if place not in self._lines:
            self._lines[place] = [place]  # a class among its own ancestors
            fact = self._fact_of(place) if place.kind == "class" else None
            bases = [self._base(place, target) for target in fact.bases] if fact is not None else []
            lines = [self._linear(base) for base in bases]
            order = _merged([*lines, bases])
            order = _depth_first(lines) if order is None else order
            self._lines[place] = [place, *(each for each in order if each != place)]
        return self._lines[place]

    def _base(self, place: Place, target: Target) -> Place:
        if target.module:
            return self._from(target.module, tuple(target.name.split(".")) if target.name else ())
        scope = place.name.rpartition(".")[0]
        while scope:  # a class in a class may extend its neighbour
            sibling = Place("class", place.module, f"{scope}.{target.name}")
            if sibling != place and self._fact_of(sibling) is not None:
                return sibling
            scope = scope.rpartition(".")[0]
        found = self._target(place.module, target, ())
        if found is None or found.kind == "function":
            name = target.name
            return Place("outside", "", name if hasattr(builtins, name) else f"{place.module}.{name}")
        return found

    # signatures -------------------------------------------------------------------------------------------------

    def _parameters(self, place: Place) -> tuple[str, ...] | None:
        """Return the parameters of a function or constructor that was found."""
        if place.kind == "class":
            return self._inherited(place, "__init__")
        owner, _, name = place.name.rpartition(".")
        for fact in self._files(place.module):
            if place.name in fact.functions:
                return fact.functions[place.name]
            if owner in fact.classes and name in fact.classes[owner].methods:
                return fact.classes[owner].methods[name].params
        return None

    def _inherited(self, place: Place, method: str) -> tuple[str, ...] | None:
        """Return the parameters of a method of a class or of its nearest ancestor that has it."""
        fields: list[str] = []
        for each in self._linear(place):
            fact = self._fact_of(each) if each.kind == "class" else None
            if fact is None:
                if each.dotted != "object":
                    return None  # it may have the method
                continue
            if method in fact.methods:
                return fact.methods[method].params
            if method == "__init__" and fact.fields is not None:
                fields = [*(field for field in fact.fields if field not in fields), *fields]
        return ("self", *fields) if fields else None


def _defined(fact: FileFact, module: str, parts: tuple[str, ...]) -> Place | None:
    name = ".".join(parts)
    if name in fact.classes:
        return Place("class", module, name)
    owner, _, method = name.rpartition(".")
    if name in fact.functions or (owner in fact.classes and method in fact.classes[owner].methods):
        return Place("function", module, name)
    return None


def _likeness(module: str, name: str) -> int:
    """How much of a name its module's name is: ``RobertaModel`` is looked for in ``.roberta`` before all others."""
    last = module.rpartition(".")[2].replace("_", "")
    return len(last) if last in name.lower() else 0


def _merged(lines: Sequence[Sequence[Place]]) -> list[Place] | None:
    """Python's C3 merge; None for an order that Python refuses."""
    waiting = [list(line) for line in lines if line]
    result: list[Place] = []
    while waiting:
        tails = {each for line in waiting for each in line[1:]}
        head = next((line[0] for line in waiting if line[0] not in tails), None)
        if head is None:
            return None
        result.append(head)
        for line in waiting:
            if line[0] == head:
                del line[0]
        waiting = [line for line in waiting if line]
    return result


def _depth_first(lines: Sequence[Sequence[Place]]) -> list[Place]:
    """Each ancestor at its last place, for hierarchies that are known in part only."""
    names = [each for line in lines for each in line]
    return list(reversed(dict.fromkeys(reversed(names))))
