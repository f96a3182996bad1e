"""Training steps: which parameters an optimizer owns, what its step overwrites, and which graphs a backward pass has
freed.

All parameters of a module are one storage below it, the field ``%params``. An optimizer's step overwrites the saves
that stand on parameters in or below what it owns. Both that and the freeing of a graph are kept per path as *must*
facts (`statelint.effects.state`): a loop that detaches in the same branch in which it runs backward is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statelint.effects import fields, gradients
from statelint.effects.facts import CarriedGraph, Link, Span
from statelint.effects.frame import Frame, Pass, Shape, WriteRecord
from statelint.effects.state import State
from statelint.effects.value import (
    CERTAINLY,
    LEAF,
    OBJECT,
    TENSOR,
    InstRef,
    LibInst,
    Value,
    members_of,
)
from statelint.effects.writes import effective, save
from statelint.storage import ALL

PARAMETERS = "%params"
OWNS = "%owns"
"""The option of an optimizer's instance that holds the access paths of what it was given."""
NO_FORWARD = frozenset(
    (
        "add_module", "apply", "bfloat16", "buffers", "children", "cpu", "cuda", "double", "eval", "float", "half",
        "load_state_dict", "modules", "named_buffers", "named_children", "named_modules", "register_buffer",
        "requires_grad_",
        "share_memory", "state_dict", "to", "train", "zero_grad",
    )
)  # fmt: skip
"""Methods of a module of unknown class that compute nothing from its parameters."""
MAX_PARTS = 500
STEP = "step"
"""The mode of the writes that an optimizer's step makes."""


# who owns what ----------------------------------------------------------------------------------------------------


def ownership(frame: Frame, state: State, given: Value) -> tuple[object, ...]:
    """The storages of the modules and single parameters that an optimizer is given."""
    found: dict[int, None] = {}
    for sid in _parameters_in(frame, state, given, 0):
        record = frame.storages[sid]
        found[record.base if record.key == PARAMETERS else sid] = None
    return tuple(found)


def _parameters_in(frame: Frame, state: State, value: Value, depth: int) -> Iterator[int]:
    """The storages of parameters in a list, an iterator, a dictionary of groups ..."""
    if depth > 4:
        return
    for sid, _ in value.views:
        if value.mark & LEAF or frame.storages[sid].key == PARAMETERS:
            yield sid
        for key, held in state.fields.of(sid).items():
            if isinstance(key, str) and (key.startswith("[") or key == fields.SOURCES):
                yield from _parameters_in(frame, state, held, depth + 1)
    for item in value.items or ():
        yield from _parameters_in(frame, state, item, depth + 1)


def renamed(value: Value, paths: dict[int, str]) -> Value:
    """A value that outlives its function: what an optimizer owns is told by access path, no longer by storage."""
    if not any(isinstance(ref, LibInst) and any(k == OWNS for k, _ in ref.options) for ref in value.refs):
        return value
    refs = []
    for ref in value.refs:
        if isinstance(ref, LibInst):
            options = tuple((k, _paths(v, paths) if k == OWNS else v) for k, v in ref.options)
            ref = LibInst(ref.name, options)
        refs.append(ref)
    return Value(
        value.kind, value.views, value.const, tuple(refs), value.items, value.deps, value.grad, value.hist, value.doubt,
        value.mark,
    )  # fmt: skip


def _paths(owned: object, paths: dict[int, str]) -> tuple[str, ...]:
    assert isinstance(owned, tuple)
    return tuple(sorted({paths[sid] for sid in owned if sid in paths} | {p for p in owned if isinstance(p, str)}))


def owned(frame: Frame, state: State, optimizer: Value) -> list[int]:
    """The storages of the parameters that an optimizer owns, where that is known."""
    found: dict[int, None] = {}
    for sid, _ in optimizer.views:
        given = state.fields.get((sid, "params"))
        if given is not None:
            found.update(dict.fromkeys(_parameters_in(frame, state, given, 0)))
            continue
        for path in _owned_paths(optimizer):
            found.update(dict.fromkeys(_follow(frame, state, sid, path)))
    return list(found)


def _owned_paths(optimizer: Value) -> Iterator[str]:
    for ref in optimizer.refs:
        paths = dict(ref.options).get(OWNS) if isinstance(ref, LibInst) else None
        for path in paths if isinstance(paths, tuple) else ():
            if isinstance(path, str):
                yield path


def _follow(frame: Frame, state: State, optimizer: int, path: str) -> Iterator[int]:
    """The parameters at a path from the object, or from the module, that holds the optimizer (or the list that
    does)."""
    record = frame.storages[optimizer]
    while record.kind == "field" and str(record.key).startswith("["):
        record = frame.storages[record.base]
    if record.kind == "field":
        holders = [record.base]
    elif record.kind == "global":
        holders = [0]
    else:
        return
    for name in path.split("."):
        further = []
        for sid in holders:
            held = state.fields.get((sid, name))
            place = frame.field(sid, name) if sid else frame.storage("global", 0, (record.key[0], name))  # type: ignore[index]
            further += [s for s, _ in held.views] if held is not None and held.views else [place]
        holders = further
    for sid in holders:
        yield frame.field(sid, PARAMETERS)


def _name_owned(frame: Frame, state: State) -> None:
    """Give a storage to the parameters of all modules that optimizers of this method's class own, once."""
    if frame.owners_named or frame.owner is None or not frame.fn.params:
        return
    frame.owners_named = True
    receiver = state.env.get(frame.fn.params[0].name)
    if receiver is None or not any(isinstance(r, InstRef) for r in receiver.refs):
        return
    for name, child in frame.analyzer.class_shape(*frame.owner).children.items():
        for sid, _ in receiver.views:
            _name_owned_by(frame, state, child, frame.field(sid, name), 0)


def _name_owned_by(frame: Frame, state: State, shape: Shape, optimizer: int, depth: int) -> None:
    for path in _owned_paths(shape.value):
        for place in _follow(frame, state, optimizer, path):
            frame.owners.setdefault(place, {})[optimizer] = None
    for key, part in shape.children.items() if depth < 2 else ():
        if isinstance(key, str) and key.startswith("["):
            _name_owned_by(frame, state, part, frame.field(optimizer, key), depth + 1)


def concerned(frame: Frame, values: Iterable[Value]) -> bool:
    """Whether an optimizer, or a module that one owns, is among the arguments of a call that is not followed."""
    known = {frame.storages[place].base for place in frame.owners}
    for optimizers in frame.owners.values():
        known.update(optimizers)
    return any(sid in known for value in values for sid, _ in value.views)


# forward ----------------------------------------------------------------------------------------------------------


def forward(frame: Frame, state: State, module: Value, at: Span, method: str = "") -> int:
    """The save of a module's parameters by a call that is not followed, of it or of a method, if an optimizer is known
    to own them. A parameter that is called like a function may be a module.
    """
    if state.no_grad or not module.views or not module.kind & ~TENSOR or method in NO_FORWARD:
        return 0
    _name_owned(frame, state)
    bits = 0
    for sid, region in module.views:
        record = frame.storages[sid]
        if region or record.key == PARAMETERS:
            continue
        if ("field", sid, PARAMETERS) not in frame.sids and (method or record.kind != "param"):
            continue
        name = frame.name_of(state, sid)
        leaf = Value(TENSOR, frozenset(((frame.field(sid, PARAMETERS), ALL),)), grad=CERTAINLY, mark=LEAF, doubt=1)
        bits |= save(frame, state, leaf, at, "forward", "operand", name, CERTAINLY, 0)
    return bits


# step -------------------------------------------------------------------------------------------------------------


def step(frame: Frame, state: State, optimizer: Value, at: Span, text: str) -> None:
    """``optimizer.step()``: the saves of parameters that it owns are overwritten."""
    _name_owned(frame, state)
    places = owned(frame, state, optimizer)
    for owner, _ in optimizer.views:
        for place in places:
            frame.owners.setdefault(place, {})[owner] = None
            if place not in frame.labels:
                frame.labels[place] = frame.name_of(state, frame.storages[place].base)
    if len(optimizer.views) == 1:
        owner = next(iter(optimizer.views))[0]
        gradients.used(frame, state, owner, places, at, text, optimizer.doubt)
    for sid in places:
        target = frame.name_of(state, frame.storages[sid].base if frame.storages[sid].key == PARAMETERS else sid)
        record = WriteRecord(frame.key, at, text, target, STEP, optimizer.doubt, False, ())
        if frame.outside(sid):
            frame.array_write(sid, ALL, record)
        overwrite(frame, state, sid, record)


def overwrite(frame: Frame, state: State, sid: int, record: WriteRecord) -> None:
    """A step has written to a storage of parameters."""
    bits = state.saved.get(sid, 0)
    if frame.storages[sid].key == PARAMETERS:
        parts = _parts(state, frame.storages[sid].base)
        for other, saves in state.saved.items():
            if _within(frame, other, parts):
                bits |= saves
    for index in members_of(bits):
        if frame.saves[index].leaf:
            state.stepped |= 1 << index
            frame.clobbers.setdefault(index, {})[record] = None


def _parts(state: State, module: int) -> set[int]:
    """The storages of a module and of the objects that it holds."""
    found = {module}
    pending = [module]
    while pending and len(found) < MAX_PARTS:
        for held in state.fields.of(pending.pop()).values():
            for sid, _ in held.views:
                if sid not in found:
                    found.add(sid)
                    pending.append(sid)
    return found


def _within(frame: Frame, sid: int, parts: set[int]) -> bool:
    while sid not in parts:
        record = frame.storages[sid]
        if record.kind != "field":
            return False
        sid = record.base
    return True


# backward ---------------------------------------------------------------------------------------------------------


def backward(frame: Frame, state: State, value: Value, hist: int, at: Span, frees: bool) -> bool:
    """A backward pass: it fails on what a pass before has freed (then the answer is yes), and frees what it reads."""
    grad = effective(state, value)[1]
    for item in value.items or ():
        grad |= effective(state, item)[1]
    link = Link(frame.module, at, "this backward pass frees the graph")
    frame.passes[Pass(grad, hist, frees, link)] = None
    return reach(frame, state, grad, hist, at, frees, link)


def reach(frame: Frame, state: State, grad: int, hist: int, at: Span, frees: bool, link: Link) -> bool:
    """A backward pass, here or in a callee, reads ``hist`` of a value that needs a gradient because of ``grad``;
    whether a pass before has freed some of it.
    """
    hist &= ~frame.kept
    again = hist & state.freed
    carried = False
    for index in members_of(again):
        freed = frame.freed_at[index]
        if not _kept(frame.saves[index].grad, grad):
            continue
        if index in frame.old_saves or (freed.at == link.at and freed.module == link.module):
            _carried(frame, state, index, at, freed)
            carried = True
            break
    frame.backward_loops.update(frame.loops)
    if frees:
        state.freed |= hist
        frame.ever_freed |= hist
        for index in members_of(hist & ~again):
            frame.freed_at[index] = link
    return carried


def fill(frame: Frame, state: State, hist: int, at: Span) -> None:
    """``backward()`` adds to the gradients of what it reaches."""
    _name_owned(frame, state)
    if frame.owners:
        parts = {
            place: _parts(state, frame.storages[place].base if frame.storages[place].key == PARAMETERS else place)
            for place in frame.owners
        }
        gradients.filled(frame, state, hist, parts, at)


def _kept(condition: int, grad: int) -> bool:
    """Whether an operation surely saved something: what may make the differentiated value need a gradient, one of which
    does, made this operation need one.
    """
    return bool(condition & CERTAINLY) or not grad & ~condition


def _carried(frame: Frame, state: State, index: int, at: Span, freed: Link) -> None:
    record = frame.saves[index]
    name = _carrier(frame, state, 1 << index)
    frame.add(CarriedGraph(at, name, (*record.chain, freed), record.doubt, False))


def _carrier(frame: Frame, state: State, bit: int) -> str:
    """The name that brings a save from one step to the next: of those that hold it the one that reads least."""
    best = ""
    least = -1
    for name, value in state.env.items():
        hist = effective(state, value)[0]
        for item in value.items or ():
            hist |= effective(state, item)[0]
        if name[0] != "%" and hist & bit and (least < 0 or hist.bit_count() < least):
            best, least = name, hist.bit_count()
    for sid, table in state.fields.tables():
        for key, value in table.items():
            hist = effective(state, value)[0]
            path = frame.path(frame.field(sid, key)) if hist & bit and isinstance(key, str) else ""
            if path and (least < 0 or hist.bit_count() <= least):
                best, least = path, hist.bit_count()
    return best


def settle(frame: Frame, exit_state: State | None) -> None:
    """At the end of a function: gradients that the next call finds, and state that went into a backward pass and leaves
    with a graph that the pass has freed.
    """
    gradients.settle(frame, exit_state)
    if exit_state is None or not exit_state.freed:
        return
    for made in frame.passes:
        for sid in frame.origin_sids(made.grad):
            record = frame.storages[sid]
            if record.kind != "field" or frame.state_ref(sid) is None:
                continue
            held = exit_state.fields.get((record.base, record.key))
            for part in held.items or (held,) if held is not None else ():
                stale = effective(exit_state, part)[0] & exit_state.freed & made.hist & ~frame.kept
                certain = [i for i in members_of(stale) if _kept(frame.saves[i].grad, made.grad)]
                if certain and part.kind & ~OBJECT:
                    index = certain[0]
                    saved = frame.saves[index]
                    chain = (*saved.chain, frame.freed_at[index])
                    frame.add(CarriedGraph(made.link.at, frame.path(sid), chain, saved.doubt, True))
                    break
