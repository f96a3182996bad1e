"""The graph of one function at its exit: names, the storages that they view, and what operations do to those."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Span
from statelint.effects.inspect import Inspection, aliases, inspect_function, named_values
from statelint.effects.labels import Labels, region_text
from statelint.effects.state import State
from statelint.effects.value import ARRAY, CONTAINER, SCALAR, Value, View, kind_text
from statelint.effects.writes import kind_of
from statelint.explain import Session
from statelint.graph.records import Edge, EdgeKind, Graph, Node, NodeKind, Source, StorageInfo
from statelint.ir.nodes import InPlace, Instr, SetItem
from statelint.resolve.bindings import walk

RESULT = "result"


def function_graph(session: Session, module: str, qualname: str) -> Graph | None:
    """The graph of a function, or of a module's body; None if there is none of that name."""
    session.know([module])
    inspection = inspect_function(session.analyzer, module, qualname)
    return None if inspection is None else _Builder(session, inspection).graph()


class _Builder:
    def __init__(self, session: Session, inspection: Inspection) -> None:
        self.session = session
        self.inspection = inspection
        self.frame = inspection.frame
        self.module = self.frame.key[0]
        self.labels = Labels(self.frame)
        self.nodes: dict[str, Node] = {}
        self.edges: dict[tuple[str, str, str, str], Edge] = {}
        self.sids: dict[int, None] = {}
        self.file = session.file(self.module)
        self.path = self.file.path if self.file is not None else self.module

    def graph(self) -> Graph:
        """All nodes and edges, in a fixed order."""
        for state in self.inspection.exits:
            self._names(state)
        self._value(RESULT, "result", "returned", self.inspection.result, self.frame.fn.name_at)
        for state in self.inspection.exits:
            self._fields(state)
        self._saves()
        self._writes()
        self._paths()
        order = {"name": 0, "result": 1, "storage": 2, "operation": 3}
        nodes = sorted(self.nodes.values(), key=lambda n: (order[n.kind], n.line if n.kind != "name" else 0, n.id))
        edges = sorted(self.edges.values(), key=lambda e: (e.source, e.target, e.kind, e.label))
        return Graph(
            scope="function",
            title=f"{self.path}::{self.frame.fn.qualname}",
            nodes=tuple(nodes),
            edges=tuple(edges),
            storages=tuple(self._storage_info(sid) for sid in self.labels.sorted(self.sids)),
            aliases=tuple(aliases(self.inspection)),
            source=self._source(),
        )

    # names and what they view -----------------------------------------------------------------------------------

    def _names(self, state: State) -> None:
        for name, value in named_values(self.inspection, state):
            self._value(f"name:{name}", "name", name, value, None)

    def _value(self, id: str, kind: NodeKind, label: str, value: Value, at: Span | None) -> None:
        views = list(_all_views(value))
        if not views and kind == "name":
            return
        known = kind_text(kind_of(self.frame, value))
        old = self.nodes.get(id)
        detail = known if old is None or old.detail == known else f"{old.detail} or {known}"
        self.nodes[id] = Node(
            id=id, kind=kind, label=label, detail=detail, path=self.path if at else "", line=at[0] if at else 0
        )
        for sid, region in views:
            self._edge(id, self._storage(sid), "views", region_text(region))

    def _storage(self, sid: int) -> str:
        name = self.labels.name(sid)
        id = f"storage:{name}"
        if sid not in self.sids:
            self.sids[sid] = None
            line = self._line(sid)
            self.nodes[id] = Node(
                id=id,
                kind="storage",
                label=self._text(sid) or name,
                detail=self.labels.kind(sid)
                + (f", line {line}" if self.frame.storages[sid].kind in ("new", "old") else ""),
                path=self.path if line else "",
                line=line,
            )
        return id

    def _text(self, sid: int) -> str:
        """The expression that allocates a storage."""
        record = self.frame.storages[sid]
        return self.session.text(self.module, record.key[0]) if record.kind in ("new", "old") else ""  # type: ignore[index]

    def _line(self, sid: int) -> int:
        root = self.frame.root(sid)
        if root.kind in ("new", "old"):
            return int(root.key[0][0])  # type: ignore[index]
        if root.kind == "param":
            return next((p.at[0] for p in self.frame.fn.params if p.name == root.key), 0)
        return 0

    def _edge(self, source: str, target: str, kind: EdgeKind, label: str = "", place: str = "") -> None:
        self.edges.setdefault(
            (source, target, kind, label),
            Edge(source=source, target=target, kind=kind, label=label, places=(place,) if place else ()),
        )

    # what storages hold -----------------------------------------------------------------------------------------

    def _fields(self, state: State) -> None:
        changed = True
        done: set[tuple[int, object]] = set()
        while changed:
            changed = False
            for (sid, key), value in list(state.fields.items()):
                outside = self.frame.outside(sid) and self.frame.storages[sid].kind != "free"
                if (sid, key) in done or not value.views or not (sid in self.sids or outside):
                    continue
                done.add((sid, key))
                changed = True
                for target, region in value.views:
                    self._edge(
                        self._storage(sid), self._storage(target), "holds", f"{_key_text(key)}{region_text(region)}"
                    )

    def _paths(self) -> None:
        """An attribute's storage hangs below that of its owner."""
        for sid in list(self.sids):
            while self.frame.storages[sid].kind == "field":
                record = self.frame.storages[sid]
                if self.frame.storages[record.base].kind in ("free", "frame", "lib"):
                    break
                self._edge(self._storage(record.base), self._storage(sid), "holds", _key_text(record.key))
                sid = record.base

    # what operations do -----------------------------------------------------------------------------------------

    def _saves(self) -> None:
        for index, record in enumerate(self.frame.saves):
            if record.what == "kept" or index in self.frame.old_saves or not record.chain:
                continue
            at = record.chain[0].at
            overwritten = bool(self.frame.clobbers.get(index))
            condition = (
                "" if record.grad & 1 else f" if {' or '.join(self.labels.origins(record.grad))} needs a gradient"
            )
            detail = f"saves its {record.what}{condition}" + (", which is overwritten later" if overwritten else "")
            node = self._operation(record.op, detail, at)
            self._edge(node, self._storage(record.sid), "saves", region_text(record.region), f"{self.path}:{at[0]}")

    def _writes(self) -> None:
        done: set[tuple[int, Span]] = set()
        records = [(sid, region, entry) for sid, region, entry in self.frame.array_writes]
        for index, entries in self.frame.clobbers.items():
            records += [(self.frame.saves[index].sid, self.frame.saves[index].region, entry) for entry in entries]
        for sid, region, entry in records:
            at = entry.chain[0].at if entry.chain else entry.at
            if (sid, at) in done or self.frame.storages[sid].kind == "old":
                continue
            done.add((sid, at))
            node = self._operation(entry.op, f"overwrites it ({entry.mode.replace('_', ' ')})", at)
            self._edge(node, self._storage(sid), "overwrites", region_text(region), f"{self.path}:{at[0]}")
        for instr, value in self._in_place():
            for sid, region in value.views:
                if (sid, instr.at) not in done and sid in self.sids:
                    done.add((sid, instr.at))
                    text = f"{instr.target_text} {instr.op}= ..." if isinstance(instr, InPlace) else "item set"
                    node = self._operation(text, "overwrites it", instr.at)
                    self._edge(
                        node, self._storage(sid), "overwrites", region_text(region), f"{self.path}:{instr.at[0]}"
                    )

    def _in_place(self) -> Iterator[tuple[Instr, Value]]:
        regs = self.frame.regs
        for instr in walk(self.frame.fn.body):
            if isinstance(instr, InPlace) and kind_of(self.frame, regs[instr.target]) & (ARRAY | CONTAINER):
                yield instr, regs[instr.target]
            elif isinstance(instr, SetItem) and kind_of(self.frame, regs[instr.obj]) & (ARRAY | CONTAINER):
                yield instr, regs[instr.obj]

    def _operation(self, op: str, detail: str, at: Span) -> str:
        id = f"operation:{at[0]}:{at[1]}:{op}"
        old = self.nodes.get(id)
        if old is not None and detail not in old.detail.split("; "):
            detail = f"{old.detail}; {detail}"
        elif old is not None:
            detail = old.detail
        self.nodes[id] = Node(id=id, kind="operation", label=op, detail=detail, path=self.path, line=at[0])
        return id

    # tables -----------------------------------------------------------------------------------------------------

    def _storage_info(self, sid: int) -> StorageInfo:
        name = self.labels.name(sid)
        id = f"storage:{name}"
        into = [edge for edge in self.edges.values() if edge.target == id]
        label = {node.id: node.label for node in self.nodes.values()}
        line = self._line(sid)

        def who(kind: EdgeKind) -> tuple[str, ...]:
            return tuple(sorted({label[edge.source] for edge in into if edge.kind == kind}))

        return StorageInfo(
            id=id,
            name=name,
            kind=self.labels.kind(sid),
            type=self._text(sid),
            path=self.path if line else "",
            line=line,
            names=tuple(sorted({label[e.source] for e in into if e.kind == "views" and e.source != RESULT})),
            writers=who("overwrites"),
            returned_by=(self.frame.fn.qualname,) if any(e.source == RESULT for e in into) else (),
            saved_by=who("saves"),
        )

    def _source(self) -> Source | None:
        file, fn = self.file, self.frame.fn
        if file is None or fn.kind == "module":
            return None
        first, last = fn.at[0], min(fn.at[2], fn.at[0] + 400)
        return Source(first, tuple(file.lines.line(number) for number in range(first, min(last, len(file.lines)) + 1)))


def _all_views(value: Value) -> Iterator[View]:
    if value.kind & ~SCALAR or value.views:
        yield from sorted(value.views, key=repr)
    for item in value.items or ():
        yield from _all_views(item)


def _key_text(key: object) -> str:
    return key if isinstance(key, str) and key.startswith("[") else f".{key}"
