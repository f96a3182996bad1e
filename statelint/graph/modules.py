"""The graph of a module or a package: the state that outlives a call, and who reads, writes and returns it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from statelint.effects.facts import ArgumentWrite, Calls, FunctionFacts, Key, StateRead, StateRef, StateWrite
from statelint.effects.inspect import MODULE_BODY, aliases, inspect_function
from statelint.effects.value import DICT, LIST, NDARRAY, OBJECT, SCALAR, SET, TENSOR, UNKNOWN
from statelint.explain import Session
from statelint.explain.classes import is_code, type_text
from statelint.graph.definitions import definition
from statelint.graph.records import Edge, EdgeKind, Graph, Node, StorageInfo
from statelint.graph.returned import returned_state

StateKey = tuple[str, Key, str]
_CONTENTS = LIST | DICT | SET | TENSOR | NDARRAY
_SHARED_ROOTS = ("global", "class", "default")


class _Access(msgspec.Struct, frozen=True):
    """One function touches one piece of state."""

    kind: EdgeKind
    function: Key
    line: int
    how: str
    through: str = ""


def module_graph(session: Session, module: str) -> Graph:
    """All state that functions of a module use, with the functions."""
    return _Builder(session, [module], package=False).graph()


def package_graph(session: Session, title: str) -> Graph:
    """The globals, registries, caches, class attributes and mutable defaults of all modules, with the modules."""
    return _Builder(session, session.modules, package=True).graph(title)


class _Builder:
    def __init__(self, session: Session, modules: Sequence[str], *, package: bool) -> None:
        self.session = session
        self.modules = [name for name in modules if session.ir(name) is not None]
        self.package = package
        session.know(self.modules)
        self.program = session.program
        self.kinds: dict[StateKey, int] = {}
        self.accesses: dict[StateKey, dict[_Access, None]] = defaultdict(dict)
        self._collect()

    # accesses ---------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        inside = set(self.modules)
        for (module, qualname), info in self.program.functions.items():
            if module not in inside:
                continue
            for fact in info.facts:
                if isinstance(fact, (StateRead, StateWrite)):
                    self._note(info, fact)
                elif isinstance(fact, ArgumentWrite):
                    self._default_arguments(info, fact)
            for state in returned_state(self.session.analyzer, module, qualname):
                key = self._key(state)
                known = self._kind(key)
                if known & SCALAR and not known & ~(SCALAR | UNKNOWN):
                    continue
                self.accesses[key][_Access("returns", (module, qualname), info.at[0], "a view")] = None
        if self.package:
            self._through_calls(inside)

    def _note(self, info: FunctionFacts, fact: StateRead | StateWrite) -> None:
        if is_code(fact.kind):
            return
        key = self._default_key(info, fact.state) if fact.state.root == "default" else self._key(fact.state)
        writes = isinstance(fact, StateWrite)
        if fact.state.text.rpartition(".")[2] == fact.state.name:  # itself, and not something in it
            self.kinds[key] = self.kinds.get(key, 0) | fact.kind
        how = fact.op if isinstance(fact, StateWrite) else ""
        access = _Access("writes" if writes else "reads", (info.module, info.qualname), fact.at[0], how)
        self.accesses[key][access] = None

    def _default_key(self, info: FunctionFacts, state: StateRef) -> StateKey:
        """A caller meets a default as ``function:parameter``: the place is the called function's."""
        function, _, param = state.name.rpartition(":")
        callees = (fact.callee for fact in info.facts if isinstance(fact, Calls) and fact.callee[1] == function)
        return "default", next(callees, (state.owner[0], function)), param

    def _key(self, state: StateRef) -> StateKey:
        root, owner, name = self.program.place(state)
        if root == "attribute":
            # A method of a subclass and one of its base mean the same attribute: the base's.
            cls = self.program.classes.get(owner)
            for base in reversed(cls.project_bases if cls is not None else ()):
                known = self.program.classes.get(base)
                if known is not None and name in known.stores:
                    return root, base, name
        return root, owner, name

    def _through_calls(self, inside: set[str]) -> None:
        """A module that calls another one's accessor uses the state as well."""
        direct: dict[Key, list[tuple[StateKey, EdgeKind]]] = defaultdict(list)
        for key, accesses in self.accesses.items():
            for access in accesses:
                direct[access.function].append((key, access.kind))
        for (module, qualname), info in self.program.functions.items():
            for fact in info.facts if module in inside else ():
                if isinstance(fact, Calls) and fact.callee[0] != module:
                    for key, kind in direct.get(fact.callee, ()):
                        through = ".".join(fact.callee)
                        self.accesses[key][_Access(kind, (module, qualname), fact.at[0], "", through)] = None

    # the graph --------------------------------------------------------------------------------------------------

    def graph(self, title: str = "") -> Graph:
        """Storages first, then who uses them."""
        nodes: dict[str, Node] = {}
        edges: list[Edge] = []
        storages = []
        for key in sorted(self.accesses):
            if not self._matters(key):
                continue
            info = self._storage(key)
            storages.append(info)
            words = " ".join(each for each in (info.kind, info.type) if each)
            nodes[info.id] = Node(
                id=info.id,
                kind="storage",
                label=self._label(info),
                detail=words,
                group=key[1][0],
                path=info.path,
                line=info.line,
            )
            edges += self._edges(key, info.id, nodes)
        storages.sort(key=lambda each: (not each.shared, each.id))
        first = self.session.file(self.modules[0]) if self.modules else None
        return Graph(
            scope="package" if self.package else "module",
            title=title or (first.path if first is not None else ""),
            nodes=tuple(sorted(nodes.values(), key=lambda n: (n.kind != "storage", n.id))),
            edges=tuple(sorted(edges, key=lambda e: (e.source, e.target, e.kind, e.label))),
            storages=tuple(storages),
            aliases=tuple(self._aliases()),
        )

    def _default_arguments(self, info: FunctionFacts, fact: ArgumentWrite) -> None:
        """A parameter whose default is changed in place: one object for all calls."""
        fn = self.session.analyzer.symbols.function(info.module, info.qualname)
        default = self.session.analyzer.default_of(info.module, fn, fact.param) if fn is not None else None
        if default is not None and default.kind & _CONTENTS:
            key = ("default", (info.module, info.qualname), fact.param)
            self.kinds[key] = self.kinds.get(key, 0) | default.kind
            self.accesses[key][_Access("writes", (info.module, info.qualname), fact.at[0], fact.op)] = None

    def _matters(self, key: StateKey) -> bool:
        root = key[0]
        if self.package and root not in _SHARED_ROOTS:
            return False
        accesses = self.accesses[key]
        if any(each.kind == "writes" for each in accesses):
            return True
        kind = self._kind(key)
        if root in ("attribute", "free"):
            return any(each.kind == "returns" for each in accesses) and bool(kind & _CONTENTS)
        return bool(kind & _CONTENTS) or bool(kind & OBJECT and self._own_instance(key))

    def _kind(self, key: StateKey) -> int:
        shape = self.session.analyzer.module_env(key[1][0]).get(key[2]) if key[0] == "global" else None
        return self.kinds.get(key, 0) or (shape.value.kind if shape is not None else 0)

    def _own_instance(self, key: StateKey) -> bool:
        shape = self.session.analyzer.module_env(key[1][0]).get(key[2]) if key[0] == "global" else None
        return shape is not None and any(type(ref).__name__ == "InstRef" for ref in shape.value.refs)

    def _storage(self, key: StateKey) -> StorageInfo:
        root, owner, name = key
        path, line = definition(self.session, root, owner, name)
        accesses = self.accesses[key]
        modules = sorted(
            {each.function[0] for each in accesses} | ({owner[0]} if root in ("global", "class") else set())
        )
        shape = self.session.analyzer.module_env(owner[0]).get(name) if root == "global" else None
        text = type_text(self._kind(key), shape.value if shape is not None else None)
        full = ".".join(part for part in (*owner, name) if part)

        def who(kind: EdgeKind) -> tuple[str, ...]:
            return tuple(
                sorted({".".join(each.function) for each in accesses if each.kind == kind and not each.through})
            )

        return StorageInfo(
            id=f"storage:{full}",
            name=full,
            kind={"class": "class attribute", "free": "captured variable", "default": "default argument"}.get(
                root, root
            ),
            type="" if text == "not known" else text,
            path=path,
            line=line,
            writers=who("writes"),
            readers=who("reads"),
            returned_by=who("returns"),
            modules=tuple(modules),
            shared=len(modules) > 1,
        )

    def _label(self, info: StorageInfo) -> str:
        return info.name if self.package else info.name.removeprefix(f"{self.modules[0]}.")

    def _edges(self, key: StateKey, storage: str, nodes: dict[str, Node]) -> Iterator[Edge]:
        grouped: dict[tuple[str, EdgeKind, bool], list[_Access]] = defaultdict(list)
        for access in self.accesses[key]:
            actor = self._actor(access.function, nodes)
            grouped[(actor, access.kind, bool(access.through))].append(access)
        for (actor, kind, _), accesses in grouped.items():
            found = sorted(accesses, key=lambda each: (each.function, each.line, each.how))
            label = "; ".join(dict.fromkeys(each.how for each in found if each.how))
            yield Edge(
                source=actor,
                target=storage,
                kind=kind,
                label=label if len(label) <= 160 else label[:159] + "…",
                functions=tuple(dict.fromkeys(each.function[1] for each in found)),
                places=tuple(dict.fromkeys(f"{self._path(each.function[0])}:{each.line}" for each in found)),
                through=tuple(dict.fromkeys(each.through for each in found if each.through)),
            )

    def _actor(self, function: Key, nodes: dict[str, Node]) -> str:
        module, qualname = function
        if self.package:
            id = f"module:{module}"
            nodes.setdefault(id, Node(id=id, kind="module", label=module, path=self._path(module), group=module))
            return id
        id = f"function:{module}.{qualname}"
        info = self.program.functions.get(function)
        label = "(module level)" if qualname == MODULE_BODY else qualname
        line = info.at[0] if info is not None else 0
        nodes.setdefault(
            id, Node(id=id, kind="function", label=label, path=self._path(module), line=line, group=module)
        )
        return id

    def _path(self, module: str) -> str:
        file = self.session.file(module)
        return file.path if file is not None else module

    def _aliases(self) -> Iterator[tuple[str, str]]:
        """Names of a module that may share memory after its body has run; qualified in a package."""
        for module in self.modules:
            inspection = inspect_function(self.session.analyzer, module, MODULE_BODY)
            prefix = f"{module}." if self.package else ""
            for a, b in aliases(inspection) if inspection is not None else ():
                yield prefix + a, prefix + b
