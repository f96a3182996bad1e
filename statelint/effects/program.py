"""The whole program: facts of all modules, which functions are differentiated, and who touches which state."""

from __future__ import annotations

import fnmatch
import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from statelint.effects.facts import (
    AnyFact,
    Backward,
    CacheStore,
    Calls,
    ClassFacts,
    Evidence,
    FunctionFacts,
    Key,
    Lasting,
    Link,
    ModuleFacts,
    Root,
    StateRead,
    StateRef,
    StateWrite,
)
from statelint.effects.feeding import Feeder, feeders

if TYPE_CHECKING:
    from statelint.config import Settings

_Fact = TypeVar("_Fact", bound=AnyFact)

TRACED = frozenset(("jit", "vmap", "pmap", "scan", "loop", "cond", "tf_function", "compile", "shard_map", "custom"))
"""Region kinds whose function runs once with abstract values."""
RECOMPUTED = frozenset(("checkpoint",))
LAYER_METHODS = {
    "torch.nn.Module": ("forward",),
    "pytorch_lightning.LightningModule": ("training_step", "forward"),
    "lightning.LightningModule": ("training_step", "forward"),
    "torch.autograd.Function": ("forward", "backward"),
    "flax.linen.Module": ("__call__",),
    "flax.nnx.Module": ("__call__",),
    "equinox.Module": ("__call__",),
    "haiku.Module": ("__call__",),
    "keras.Layer": ("call",),
    "tensorflow.keras.layers.Layer": ("call",),
    "tensorflow.Module": ("__call__",),
}


TRACED_METHODS = {"keras.Model": ("train_step", "test_step", "predict_step")}
"""Methods that a library traces by itself, unless told otherwise: `fit` compiles Keras's steps."""


class Region(msgspec.Struct, frozen=True):
    """Why a function is differentiated: ``kind`` and ``framework`` of the region, what opened it (``via``), the
    function at its start, and the calls from there. ``doubt`` counts those of them that run what a caller handed in:
    another caller may have handed it in.
    """

    kind: str
    framework: str
    via: str
    root: Key
    steps: tuple[Link, ...]
    static: tuple[str, ...] = ()
    doubt: int = 0
    argnums: tuple[str, ...] = ()

    @property
    def traced(self) -> bool:
        """Whether the region runs its function on abstract values, once per shape."""
        return self.kind in TRACED or (self.kind in ("grad", "checkpoint") and self.framework == "jax")


class Program:
    """What checks query."""

    def __init__(self, modules: Sequence[ModuleFacts], settings: Settings) -> None:
        self.settings = settings
        self.paths: dict[str, str] = {}
        self.functions: dict[Key, FunctionFacts] = {}
        self.classes: dict[Key, ClassFacts] = {}
        self.global_writes: dict[str, set[str]] = {}
        for facts in sorted(modules, key=lambda m: m.module):
            self._add(facts)
        for info in self.functions.values():
            info.facts.sort(key=lambda f: (f.at, type(f).__name__, repr(f)))
        self.functions = dict(sorted(self.functions.items()))
        self.writes: dict[tuple[str, Key, str], list[tuple[FunctionFacts, StateWrite]]] = {}
        self.reads: dict[tuple[str, Key, str], list[tuple[FunctionFacts, StateRead]]] = {}
        self.caches: set[tuple[str, Key, str]] = set()
        for info in self.functions.values():
            for fact in info.facts:
                if isinstance(fact, StateWrite):
                    self.writes.setdefault(self.place(fact.state), []).append((info, fact))
                elif isinstance(fact, StateRead):
                    self.reads.setdefault(self.place(fact.state), []).append((info, fact))
                elif isinstance(fact, CacheStore):
                    self.caches.add(self.place(fact.state))
        self.feeders = feeders(self.classes, self.functions)
        self.callers: dict[Key, set[Key]] = {}
        for key, info in self.functions.items():
            for fact in info.facts:
                if isinstance(fact, Calls):
                    self.callers.setdefault(fact.callee, set()).add(key)
        self._evidence: dict[str, list[tuple[FunctionFacts, Evidence]]] | None = None
        self._quiet: frozenset[Key] | None = None
        self.regions: dict[Key, list[Region]] = {}
        self._open_regions()

    def _add(self, facts: ModuleFacts) -> None:
        self.paths[facts.module] = facts.path
        for cls in facts.classes:
            self.classes[(cls.module, cls.qualname)] = cls
        self.global_writes.setdefault(facts.module, set()).update(facts.global_writes)
        for info in facts.functions:
            key = (info.module, info.qualname)
            known = self.functions.get(key)
            if known is None:
                self.functions[key] = info
            else:
                known.facts = list({**dict.fromkeys(known.facts), **dict.fromkeys(info.facts)})
                known.result = tuple(sorted({*known.result, *info.result}))
                known.result_grad = tuple(sorted({*known.result_grad, *info.result_grad}))
                known.carried = tuple(sorted({*known.carried, *info.carried}))
                known.backward = known.backward or info.backward
                known.returns = known.returns or info.returns
                known.over_budget = known.over_budget or info.over_budget

    @staticmethod
    def place(state: StateRef) -> tuple[str, Key, str]:
        """What identifies a piece of state in the program."""
        return state.root, state.owner, state.name

    # regions ----------------------------------------------------------------------------------------------------

    def _open_regions(self) -> None:
        starts: list[tuple[Key, Region]] = []
        for info in self.functions.values():
            key = (info.module, info.qualname)
            for fact in info.facts:
                if isinstance(fact, Root):
                    framework = fact.via.partition(".")[0] if "." in fact.via else ""
                    framework = "jax" if framework in ("flax", "equinox", "haiku", "optax", "numpyro") else framework
                    region = Region(fact.kind, framework, fact.via, fact.function, (), fact.static)
                    region = msgspec.structs.replace(region, doubt=fact.doubt, argnums=fact.argnums)
                    starts.append((fact.function, region))
            owner = self.classes.get((info.module, info.owner)) if info.owner else None
            if owner is not None:
                for base, methods in LAYER_METHODS.items():
                    if info.name in methods and any(_is_base(b, base) for b in owner.library_bases):
                        starts.append((key, Region("forward", base.partition(".")[0], base, key, ())))
                        break
                for base, methods in TRACED_METHODS.items():
                    if info.name in methods and any(_is_base(b, base) for b in owner.library_bases):
                        starts.append((key, Region("tf_function", "tensorflow", f"{base}.fit", key, ())))
            dotted = f"{info.module}.{info.qualname}"
            if any(
                fnmatch.fnmatchcase(dotted, p) or fnmatch.fnmatchcase(info.qualname, p)
                for p in self.settings.differentiable
            ):
                starts.append((key, Region("marked", "", "configuration", key, ())))
            if info.backward:
                framework = next((f.framework for f in info.facts if isinstance(f, Backward)), "torch")
                starts.append((key, Region("taped", framework, "backward", key, ())))
        starts.sort(key=lambda s: (s[0], s[1].kind, s[1].via))
        queue = [(region.doubt, number, key, region) for number, (key, region) in enumerate(starts)]
        heapq.heapify(queue)
        seen: set[tuple[Key, str, str]] = set()
        number = len(starts)
        while queue:
            _, _, key, region = heapq.heappop(queue)
            if (key, region.kind, region.framework) in seen:
                continue
            seen.add((key, region.kind, region.framework))
            self.regions.setdefault(key, []).append(region)
            found = self.functions.get(key)
            facts = found.facts if found is not None else ()
            outside = {f.function for f in facts if isinstance(f, Root) and f.kind == "callback"}
            for fact in facts:
                if isinstance(fact, Calls) and fact.callee not in outside and len(region.steps) < 6:
                    link = Link(key[0], fact.at, f"`{fact.callee[1]}` is called here")
                    inner = msgspec.structs.replace(
                        region, steps=(*region.steps, link), doubt=region.doubt + fact.given
                    )
                    number += 1
                    heapq.heappush(queue, (inner.doubt, number, fact.callee, inner))

    def lasting(self, root: Key, info: FunctionFacts, write: StateWrite) -> list[Lasting]:
        """How a write of state outlives a call of the region's start, once for each way to it; empty if what it writes
        did not exist before that call.
        """
        key = (info.module, info.qualname)
        if root == key:
            return [Lasting(write.at, key, write.at, write.traced, write.graph, write.state.text, write.deps)]
        start = self.functions.get(root)
        return [
            msgspec.structs.replace(f, traced=f.traced and write.traced, graph=f.graph and write.graph)
            for f in (start.facts if start is not None else ())
            if isinstance(f, Lasting) and f.writer == key and f.write_at == write.at
        ]

    @staticmethod
    def in_test(info: FunctionFacts) -> bool:
        """Whether a function belongs to tests, which repeat and share on purpose."""
        parts = info.module.split(".")
        return (
            info.name.startswith("test_")
            or parts[-1].startswith("test_")
            or parts[-1].endswith(("_test", "_tests", "conftest"))
            or "tests" in parts
            or "test" in parts
        )

    def quiet(self) -> frozenset[Key]:
        """The functions that the project calls only where autograd does not record."""
        if self._quiet is None:
            callers: dict[Key, list[tuple[Key, bool]]] = {}
            for info, fact in self.facts(Calls):
                callers.setdefault(fact.callee, []).append(((info.module, info.qualname), fact.quiet))
            found = set(callers)
            while True:
                loud = {k for k in found if not all(q or (c in found and c != k) for c, q in callers[k])}
                if not loud:
                    break
                found -= loud
            self._quiet = frozenset(found)
        return self._quiet

    def traced_in(self, region: Region, lasting: Lasting) -> bool:
        """Whether a stored value is a tracer of the region: it depends on an argument that the region traces."""
        start = self.functions.get(region.root)
        if not lasting.traced or start is None:
            return lasting.traced
        params = [p for p in start.params if p not in ("self", "cls")]
        if region.argnums:
            chosen = {params[int(n)] for n in region.argnums if int(n) < len(params)}
        else:
            fixed = {params[int(n)] for n in region.static if n.isdigit() and int(n) < len(params)}
            chosen = set(params) - fixed - set(region.static)
        return any(text.partition(".")[0].partition("[")[0] in chosen for text in lasting.deps)

    def regions_of(self, info: FunctionFacts) -> list[Region]:
        """The regions that a function runs in."""
        return self.regions.get((info.module, info.qualname), [])

    def feeder(self, info: FunctionFacts) -> Feeder | None:
        """What a function feeds as: a dataset's method, a collate function ...; None if it does not."""
        return self.feeders.get((info.module, info.qualname))

    def facts(self, kind: type[_Fact]) -> Iterator[tuple[FunctionFacts, _Fact]]:
        """All facts of one kind, in a fixed order."""
        for info in self.functions.values():
            for fact in info.facts:
                if type(fact) is kind:
                    yield info, fact

    def evidence(self, kind: str) -> Iterator[tuple[FunctionFacts, Evidence]]:
        """What the module ``kind`` of `statelint.evidence` saw, in a fixed order."""
        if self._evidence is None:
            self._evidence = {}
            for info, fact in self.facts(Evidence):
                self._evidence.setdefault(fact.kind, []).append((info, fact))
        yield from self._evidence.get(kind, ())

    def family(self, owner: Key) -> Iterable[Key]:
        """A class, its ancestors and its descendants in the project."""
        yield owner
        cls = self.classes.get(owner)
        yield from cls.project_bases if cls is not None else ()
        for key, other in self.classes.items():
            if owner in other.project_bases:
                yield key

    def path(self, module: str) -> str:
        """The file of a module."""
        return self.paths.get(module, module)


def _is_base(name: str, base: str) -> bool:
    short = base.rpartition(".")[2]
    return name == base or (name.partition(".")[0] == base.partition(".")[0] and name.rpartition(".")[2] == short)


def link(facts: Sequence[ModuleFacts], settings: Settings) -> Program:
    """The program that a run's modules make."""
    return Program(facts, settings)
