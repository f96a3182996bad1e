"""One function under analysis: its storages, origins, saves and the facts found so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from statelint.effects.facts import AnyFact, Key, Link, Span, StateRef
from statelint.effects.state import State
from statelint.effects.value import CERTAINLY, MAYBE, Value, View, members_of
from statelint.ir.nodes import Call, CallMethod, FunctionIR, Instr, Reg
from statelint.resolve.bindings import walk
from statelint.storage import Region

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer
    from statelint.effects.recency import Made
    from statelint.effects.retention import Kept, Place


class Storage(NamedTuple):
    """``kind``: *param*, *global* (key: (module, name)), *free* (the variables of enclosing functions), *frame* (own
    captured variables), *default*, *class*, *field* (of ``base`` under ``key``), *new* (key: allocation site), *old*
    (an earlier turn's *new*), *lib* (something of a library).
    """

    kind: str
    base: int
    key: object


class SaveRecord(NamedTuple):
    """What an operation keeps: ``what`` is *operand* or *result*; ``grad`` the condition as origin bits; ``name`` the
    user's name for the value; ``chain`` where it was saved, outermost call first; ``leaf``: it is, or holds,
    parameters; ``counter`` whose version is remembered (`counter_of`).
    """

    sid: int
    region: Region
    op: str
    what: str
    name: str
    grad: int
    doubt: int
    chain: tuple[Link, ...]
    leaf: bool = False
    counter: int = 0


class WriteRecord(NamedTuple):
    """A write that clobbered a save. ``module``/``function`` are where the writing statement stands; ``counter`` is the
    version counter that sees it. ``mode`` *swapped*: it is given other storage (``x.data = ...``), which the saves of
    itself see, of this ``region``, and no view does.
    """

    key: Key
    at: Span
    op: str
    target: str
    mode: str
    doubt: int
    apart: bool
    chain: tuple[Link, ...]
    counter: int = 0
    region: Region = ()

    def against(self, save: SaveRecord, *, apart: bool) -> WriteRecord | None:
        """This write as what happens to a save; None if nothing does. A write that another counter sees is *hidden*:
        what it does not overlap, it does not touch.
        """
        mode = self.mode if self.counter == save.counter and self.mode != "swapped" else "hidden"
        if apart and mode == "hidden":
            return None
        if self.mode == "swapped" and (save.what != "operand" or save.region != self.region):
            return None
        return self._replace(mode=mode, apart=self.apart or apart)


class Pass(NamedTuple):
    """A backward pass: ``grad`` are the origins that it reaches, ``hist`` the saves that it reads, ``frees`` whether it
    lets them go.
    """

    grad: int
    hist: int
    frees: bool
    link: Link


class SeedRecord(NamedTuple):
    """A generator that is seeded from an argument, and by what."""

    generator: str
    what: str


class ConsumeRecord(NamedTuple):
    """A key (region of a storage) was consumed."""

    region: Region
    op: str
    link: Link
    doubt: int


ORIGIN_DEPTH = 2


class PassedArgument(NamedTuple):
    """A local value is handed to a call that overwrites it: ``write`` is where, ``name`` the local's name, ``at`` the
    call.
    """

    write: Key
    write_at: Span
    param: str
    name: str
    at: Span


def global_name(record: Storage) -> tuple[str, str]:
    """Module and name of a global variable's storage."""
    key = record.key
    assert isinstance(key, tuple)
    return key[0], key[1]


class Shape:
    """Types below an access path: a value without views, and shapes of its fields."""

    __slots__ = ("children", "value")

    def __init__(self, value: Value, children: dict[object, Shape]) -> None:
        self.value = value
        self.children = children


class Frame:
    """The tables of one analysis of one function."""

    def __init__(self, analyzer: Analyzer, module: str, fn: FunctionIR, owner: Key | None) -> None:
        self.analyzer = analyzer
        self.module = module
        self.fn = fn
        self.owner = owner
        self.key: Key = (module, fn.qualname)
        self.storages: list[Storage] = [Storage("lib", 0, None)]
        self.sids: dict[tuple[str, int, object], int] = {}
        self._outside: dict[int, bool] = {}
        self._paths: dict[int, str] = {}
        self._states: dict[int, StateRef | None] = {}
        self.shapes: dict[int, Shape] = {}
        self.initials: dict[tuple[int, object], Value] = {}
        self.evidence: dict[int, int] = {}
        self.origins: list[int] = [0]
        self.origin_of: dict[int, int] = {}
        self.saves: list[SaveRecord] = []
        self.save_bits: dict[object, int] = {}
        self.clobbers: dict[int, dict[WriteRecord, None]] = {}
        self.freed_at: dict[int, Link] = {}
        self.passes: dict[Pass, None] = {}
        self.owners_named = False
        self.owners: dict[int, dict[int, None]] = {}
        self.labels: dict[int, str] = {}
        self.fillings: dict[tuple[Link, frozenset[int]], int] = {}
        self.first_grads: dict[int, int] = {}
        self.steps_on: dict[int, tuple[int, Link, str, int]] = {}
        self.freezes = False
        self.zeroes = False
        self.kept = 0
        self.cleared: dict[int, None] = {}
        self.consumptions: list[ConsumeRecord] = []
        self.consumption_of: dict[ConsumeRecord, int] = {}
        self.either: dict[int, frozenset[View]] = {}
        self.mapped: list[tuple[frozenset[View], int]] = []
        """Views of which each turn of a mapped function takes one row, and the number of the row."""
        self.rows: set[int] = set()
        """The numbers (symbols) that run over a whole array."""
        self.drawn: set[int] = set()
        """Storages consumed as keys on any path."""
        self.facts: dict[AnyFact, None] = {}
        self.foreign: dict[Key, dict[AnyFact, None]] = {}
        self.regs: list[Value] = []
        self.returns: list[tuple[Value, State]] = []
        self.return_spans: list[Span] = []
        self.yields: list[Value] = []
        self.breaks: list[list[State]] = []
        self.continues: list[list[State]] = []
        self.raised: list[list[State]] = []
        self.guards: list[tuple[str, Value]] = []
        self.loops: list[Span] = []
        self.free_values: dict[str, Value] = {}
        self.array_writes: list[tuple[int, Region, WriteRecord]] = []
        self._array_writes_seen: set[tuple[int, Region, Key, Span]] = set()
        self.consumed_values: list[Value] = []
        self.effects: dict[tuple[int, object, Key, Span], int] = {}
        self.finals = 0
        self.restored: set[StateRef] = set()
        self.final_writes: set[Span] = set()
        self.branches: list[Span] = []
        self.conditional: dict[str, set[Span]] = {}
        self.assumed: dict[Span, bool] = {}
        self.site: object = 0
        self.ambiguity = 0
        self.instr: Instr | None = None
        self.consumed_history = 0
        self.lookups: frozenset[str] | None = None
        self.passed: dict[PassedArgument, str] = {}
        self.retained: dict[int, Kept] = {}
        self.kept_at: dict[Place, None] = {}
        self.ever_freed = 0
        self.old_bits = 0
        self.backward_loops: set[Span] = set()
        self.exit_state: State | None = None
        self.augmented: set[int] = set()
        self.closures: dict[str, int] = {}
        self.old_saves: set[int] = set()
        self.made: dict[object, tuple[Made, ...]] = {}
        self.symbols = 0
        self.symbol_of: dict[object, int] = {}
        self.counters: dict[object, int] = {}
        self.backward = False
        self.seeds: dict[SeedRecord, Value] = {}
        self.steps = 0
        self.splits = 0
        self.over_budget = False
        self.composing = False
        """A callee's paths are being resolved: what it reads is a fact of its own."""
        self.regions: list[str] = []
        self.frame_sid = self.storage("frame", 0, fn.qualname)
        self.free_sid = self.storage("free", 0, fn.qualname)

    # storages ---------------------------------------------------------------------------------------------------

    def storage(self, kind: str, base: int, key: object) -> int:
        """The id of a storage, made on first use."""
        record = (kind, base, key)
        sid = self.sids.get(record)
        if sid is None:
            sid = len(self.storages)
            self.sids[record] = sid
            self.storages.append(Storage(kind, base, key))
        return sid

    def new(self, at: Span, tag: object = "") -> int:
        """The storage allocated at a place by the turn of the loop that runs now."""
        return self.storage("new", 0, (at, tag, self.site))

    def copy(self, at: Span, tag: object) -> int:
        """The storage that a call allocates if what it returns is a copy of its argument."""
        return self.new(at, ("copy", tag))

    def is_copy(self, sid: int) -> bool:
        """Whether a storage exists only if a call made a copy."""
        record = self.storages[sid]
        if record.kind not in ("new", "old"):
            return False
        tag = record.key[1]  # type: ignore[index]
        return isinstance(tag, tuple) and len(tag) > 0 and tag[0] == "copy"

    def alias_doubt(self, value: Value, sid: int) -> int:
        """The doubt of a value being a view of a storage: it may be a copy of it instead."""
        return 1 if value.mark & MAYBE and not self.is_copy(sid) else 0

    def field(self, sid: int, key: object) -> int:
        """The storage that lives in a field of another."""
        depth, base = 0, sid
        while self.storages[base].kind == "field":
            depth += 1
            base = self.storages[base].base
            if depth > 6:
                return sid  # recursive structures fold into their last level
        return self.storage("field", sid, key)

    def root(self, sid: int) -> Storage:
        """The storage at the start of the access path."""
        record = self.storages[sid]
        while record.kind == "field":
            record = self.storages[record.base]
        return record

    def of_many(self, sid: int) -> bool:
        """Whether the storage stands for any one of a container's elements, or lies in one."""
        record = self.storages[sid]
        while record.kind == "field":
            if record.key == "[*]":
                return True
            record = self.storages[record.base]
        return False

    def outside(self, sid: int) -> bool:
        """Whether the storage existed before this call."""
        found = self._outside.get(sid)
        if found is None:
            found = self._outside[sid] = self.root(sid).kind in ("param", "global", "free", "default", "class")
        return found

    def origin(self, sid: int) -> int:
        """The bit of the origin that reading this access path is. What lies deep in an object is read as a part of what
        lies at `ORIGIN_DEPTH`: a model's layers have thousands of attributes, and no rule tells these apart."""
        bit = self.origin_of.get(sid)
        if bit is None:
            place = self._prefix(sid, ORIGIN_DEPTH)
            bit = self.origin_of.get(place, 0)
            if not bit:
                bit = self.origin_of[place] = 1 << len(self.origins)
                self.origins.append(place)
            self.origin_of[sid] = bit
        return bit

    def _prefix(self, sid: int, depth: int) -> int:
        """The storage at most ``depth`` fields below the root of an access path."""
        path = [sid]
        while self.storages[path[-1]].kind == "field":
            path.append(self.storages[path[-1]].base)
        return path[max(0, len(path) - 1 - depth)]

    def origin_sids(self, bits: int) -> list[int]:
        """The storages behind a set of origin bits."""
        return [self.origins[index] for index in members_of(bits & ~CERTAINLY)]

    # text -------------------------------------------------------------------------------------------------------

    def path(self, sid: int) -> str:
        """An access path as a user writes it; empty for storages without one."""
        text = self._paths.get(sid)
        if text is None:
            text = self._paths[sid] = self._path(sid)
        return text

    def _path(self, sid: int) -> str:
        record = self.storages[sid]
        if record.kind == "param":
            return str(record.key)
        if record.kind == "global":
            module, name = global_name(record)
            return name if module == self.module else f"{module}.{name}"
        if record.kind == "default":
            return str(record.key)
        if record.kind == "external":
            return f"<{record.key}>"
        if record.kind == "class":
            return str(record.key[1])  # type: ignore[index]
        if record.kind == "field":
            key = record.key
            base = self.storages[record.base]
            if base.kind in ("free", "frame"):
                return str(key)
            prefix = self.path(record.base)
            if not prefix or key == "%params":
                return prefix
            if isinstance(key, str) and not key.startswith("["):
                return f"{prefix}.{key}"
            return f"{prefix}{key if isinstance(key, str) else f'[{key!r}]'}"
        return ""

    def name_of(self, state: State, sid: int) -> str:
        """The user's name for a storage at a point: its access path, or a local that views it."""
        text = self.path(sid)
        if text:
            return text
        for name, value in state.env.items():
            if name[0] != "%" and any(s == sid for s, _ in value.views):
                return name
        return ""

    def name_of_view(self, state: State, sid: int, region: Region) -> str:
        """The user's name for part of a storage at a point, else for the storage."""
        if region:
            for name, value in state.env.items():
                if name[0] != "%" and (sid, region) in value.views:
                    return name
        return self.name_of(state, sid)

    def name_of_value(self, state: State, value: Value) -> str:
        """The user's name for a value; empty if it has none."""
        for sid, _ in value.views:
            text = self.name_of(state, sid)
            if text:
                return text
        return ""

    def state_ref(self, sid: int) -> StateRef | None:
        """The state behind a storage, if it is state: an attribute of the receiver, a global, a captured variable
        ..."""
        if sid not in self._states:
            self._states[sid] = self._state_ref(sid)
        return self._states[sid]

    def _state_ref(self, sid: int) -> StateRef | None:
        record = self.storages[sid]
        chain = [record]
        while record.kind == "field":
            record = self.storages[record.base]
            chain.append(record)
        root = chain[-1]
        first = chain[-2].key if len(chain) > 1 else ""
        text = self.path(sid)
        if root.kind == "global":
            module, name = global_name(root)
            return StateRef("global", (module, ""), name, text)
        if root.kind == "free" and len(chain) > 1:
            return StateRef("free", (self.module, self.fn.parent), str(first), text)
        if root.kind == "class":
            return StateRef("class", root.key[0], str(first), text)  # type: ignore[index]
        if root.kind == "default":
            return StateRef("default", self.key, str(root.key), text)
        if root.kind == "param" and len(chain) > 1 and self.owner is not None and self.is_receiver(str(root.key)):
            return StateRef("attribute", self.owner, str(first), text)
        return None

    def is_receiver(self, param: str) -> bool:
        """Whether a parameter is ``self`` (or ``cls``) of the method under analysis."""
        params = self.fn.params
        return bool(
            self.fn.class_qualname and params and params[0].name == param and "staticmethod" not in self.fn.decorators
        )

    def argument_span(self, wanted: Callable[[Value], bool]) -> Span | None:
        """Where the argument of the current call stands that ``wanted`` accepts."""
        instr = self.instr
        if not isinstance(instr, (Call, CallMethod)):
            return None
        for reg in (*instr.args, *(r for _, r in instr.keywords)):
            if wanted(self.regs[reg]):
                return span_of(self.fn, reg)
        return None

    def symbol(self, site: object) -> int:
        """The symbol for the number that a site yields (a different one in each turn of a loop)."""
        found = self.symbol_of.get(site)
        if found is None:
            self.symbols += 1
            found = self.symbol_of[site] = self.symbols
        return found

    def row(self, site: object) -> int:
        """The symbol for the number of an element, where a site runs over a whole array."""
        symbol = self.symbol((site, "row"))
        self.rows.add(symbol)
        return symbol

    def counter(self, site: object) -> int:
        """The number of the version counter that an alias made at a site has for itself."""
        return self.counters.setdefault((site, self.site), len(self.counters) + 1)

    def consumption(self, record: ConsumeRecord) -> int:
        """The number of a key's consumption."""
        found = self.consumption_of.get(record)
        if found is None:
            found = self.consumption_of[record] = len(self.consumptions)
            self.consumptions.append(record)
        return found

    def array_write(self, sid: int, region: Region, record: WriteRecord) -> None:
        """Remember, for callers, that an outside storage is overwritten."""
        key = (sid, region, record.key, record.at)
        if key not in self._array_writes_seen:
            self._array_writes_seen.add(key)
            self.array_writes.append((sid, region, record))

    def add(self, fact: AnyFact) -> None:
        """Record a fact of this function once."""
        self.facts[fact] = None

    def add_foreign(self, key: Key, fact: AnyFact) -> None:
        """Record a fact whose place is in another function."""
        if key == self.key:
            self.facts[fact] = None
        else:
            self.foreign.setdefault(key, {})[fact] = None


def span_of(fn: FunctionIR, reg: Reg) -> Span | None:
    """The source range of the expression whose value a register is."""
    for instr in walk(fn.body):
        if getattr(instr, "dst", None) == reg:
            return instr.at
    return None
