"""The textual dump of what the analysis knows of one function: a line for each record, in a fixed order.

Storages are named by their access path (``x``, ``self.w``, ``CACHE``) or by the place that allocates them (``@4:8``;
``@4:8~`` are those of earlier turns of a loop). A region follows its storage: ``x[:3]``, ``x[i1]``. ``i1``, ``i2`` ...
stand for numbers that are not known, ``?`` for a part that is not, ``2:8~`` for some of these positions. Places are
``line:column``, columns from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from statelint.effects import facts as records
from statelint.effects.frame import Frame, SaveRecord, WriteRecord
from statelint.effects.inspect import Inspection, aliases, named_values
from statelint.effects.labels import Labels, place, region_text
from statelint.effects.state import State
from statelint.effects.value import ABSENT, DETACHED, LEAF, Value, View, kind_text
from statelint.ir.nodes import Instr
from statelint.ir.text import instruction_text
from statelint.resolve.bindings import walk


def dump(inspection: Inspection) -> list[str]:
    """All lines: the function, its storages, values, saves, writes and facts."""
    frame, state = inspection.frame, inspection.state
    labels = Labels(frame)
    lines = [function_line(frame)]
    if frame.over_budget:
        lines.append("over budget: what follows is incomplete")
    if state is None:
        lines.append("no exit: every path raises or never ends")
    else:
        lines += [storage_line(labels, sid) for sid in labels.sorted(_live(inspection, state))]
        lines += [value_line(labels, name, value) for name, value in sorted(named_values(inspection, state))]
        lines += _fields(labels, state)
        lines.append(result_line(labels, inspection.result))
        lines += [alias_line(*pair) for pair in aliases(inspection)]
        live = _live_saves(inspection, state)
        lines += [save_line(labels, index) for index in live]
        lines += [owed_line(labels, index, entry) for index in live for entry in _owed(frame, state, index)]
    lines += sorted({write_line(labels, *each) for each in frame.array_writes}, key=_by_place)
    lines += [consumed_line(labels, state, sid) for sid in labels.sorted(state.consumed)] if state is not None else []
    lines += [fact_line(fact) for fact in sorted(frame.facts, key=lambda f: (f.at, type(f).__name__, repr(f)))]
    for key, foreign in sorted(frame.foreign.items()):
        lines += [f"in {'.'.join(key)}: {fact_line(fact)}" for fact in sorted(foreign, key=repr)]
    return lines


def dump_steps(inspection: Inspection) -> list[str]:
    """Each instruction in source order with the value that it gave when it ran last."""
    frame = inspection.frame
    labels = Labels(frame)
    return [step_line(labels, instr) for instr in walk(frame.fn.body)]


# the function and its values ------------------------------------------------------------------------------------


def function_line(frame: Frame) -> str:
    """``function pkg.m.f(x, w)``."""
    return f"function {frame.module}.{frame.fn.qualname}({', '.join(p.name for p in frame.fn.params)})"


def storage_line(labels: Labels, sid: int) -> str:
    """``storage @4:8 new``."""
    return f"storage {labels.name(sid)} {labels.kind(sid)}"


def value_line(labels: Labels, name: str, value: Value) -> str:
    """``value a = ndarray x[:3] deps x``."""
    return f"value {name} = {value_text(labels, value)}"


def field_line(labels: Labels, sid: int, key: object, value: Value) -> str:
    """``field self.h = tensor @5:8``: what is in an attribute, element or captured variable at the exit."""
    return f"field {labels.member(sid, key)} = {value_text(labels, value)}"


def result_line(labels: Labels, value: Value) -> str:
    """``result = tensor @6:11 deps x``."""
    return f"result = {value_text(labels, value)}"


def alias_line(a: str, b: str) -> str:
    """``alias a ~ b``."""
    return f"alias {a} ~ {b}"


def value_text(labels: Labels, value: Value) -> str:
    """Kind, constant, views, elements, dependences, need for a gradient, saves, marks and doubt of a value."""
    words = [kind_text(value.kind)]
    if value.const is not ABSENT and value.const is not None:
        words.append(f"const {labels.constant(value.const)}")
    words += sorted(view_text(labels, view) for view in value.views)
    if value.items is not None:
        words.append("(" + "; ".join(value_text(labels, item) for item in value.items) + ")")
    words += [f"is {labels.ref(ref)}" for ref in value.refs]
    if value.deps:
        words.append(f"deps {_joined(labels.origins(value.deps))}")
    if value.grad & 1:
        words.append("grad certain")
    elif value.grad:
        words.append(f"grad if {_joined(labels.origins(value.grad))}")
    if value.hist:
        words.append(f"saves {_joined(labels.saves(value.hist))}")
    if value.mark & LEAF:
        words.append("leaf")
    if value.mark & DETACHED:
        words.append("detached")
    if value.doubt:
        words.append(f"doubt {value.doubt}")
    return " ".join(words)


def view_text(labels: Labels, view: View) -> str:
    """``@4:8[:3]``."""
    return labels.name(view[0]) + region_text(view[1])


# saves and writes -----------------------------------------------------------------------------------------------


def save_line(labels: Labels, index: int) -> str:
    """``save s0 5:8 torch.mul operand a x[:3] if w``."""
    record: SaveRecord = labels.frame.saves[index]
    condition = "" if record.grad & 1 else f" if {_joined(labels.origins(record.grad))}"
    where = place(record.chain[-1].at) if record.chain else "-"
    view = "" if record.what == "kept" else f" {view_text(labels, (record.sid, record.region))}"
    name = f" {record.name}" if record.name else ""
    via = f" via {place(record.chain[0].at)}" if len(record.chain) > 1 else ""
    return f"save s{index} {where} {record.op} {record.what}{name}{view}{condition}{via}{_doubt(record.doubt)}"


def owed_line(labels: Labels, index: int, entry: WriteRecord) -> str:
    """``owed s0 overwritten 6:4 a += ... (recorded)``: the save is no longer what it was."""
    apart = " elsewhere" if entry.apart else ""
    return f"owed s{index} overwritten{apart} {place(entry.at)} {entry.op} ({entry.mode}){_doubt(entry.doubt)}"


def write_line(labels: Labels, sid: int, region: Any, entry: WriteRecord) -> str:
    """``write 6:4 x[:3] by x[:3] += ... (hidden)``: elements of what existed before the call are overwritten."""
    via = f" via {place(entry.chain[0].at)}" if entry.chain else ""
    view = view_text(labels, (sid, region))
    return f"write {place(entry.at)} {view} by {entry.op} ({entry.mode}){via}{_doubt(entry.doubt)}"


def consumed_line(labels: Labels, state: State, sid: int) -> str:
    """``consumed key 5:8 jax.random.normal``."""
    events = (labels.frame.consumptions[event] for event in sorted(state.consumed[sid]))
    return f"consumed {labels.name(sid)} " + ", ".join(
        f"{place(e.link.at)} {e.op}{region_text(e.region)}" for e in events
    )


# facts ----------------------------------------------------------------------------------------------------------


def fact_line(fact: records.AnyFact) -> str:
    """The line of one fact."""
    return FACTS[type(fact)](fact)


def state_read_line(fact: records.StateRead) -> str:
    """``read 4:8 attribute self.w``."""
    return f"read {place(fact.at)} {_state(fact.state)} {kind_text(fact.kind)}"


def state_write_line(fact: records.StateWrite) -> str:
    """``rewrite 5:4 attribute self.h rebind of tensor deps x``."""
    words = [f"rewrite {place(fact.at)} {_state(fact.state)} {fact.how} {kind_text(fact.kind)}"]
    words += [f"deps {','.join(fact.deps)}"] if fact.deps else []
    named = ("no_grad", "reads_old", "traced", "graph", "constant")
    words += [name.replace("_", "-") for name in named if getattr(fact, name)]
    return " ".join(words) + _guards(fact.guards) + _doubt(fact.doubt)


def argument_write_line(fact: records.ArgumentWrite) -> str:
    """``argument 5:4 x array x.add_(...)``."""
    no_grad = " no-grad" if fact.no_grad else ""
    return (
        f"argument {place(fact.at)} {fact.text} {fact.how} {fact.op} {kind_text(fact.kind)}{no_grad}"
        f"{_guards(fact.guards)}{_doubt(fact.doubt)}"
    )


def draw_line(fact: records.Draw) -> str:
    """``draw 4:8 torch.randn from torch``."""
    return f"draw {place(fact.at)} {fact.what} from {fact.generator}{_guards(fact.guards)}"


def seed_line(fact: records.Seed) -> str:
    """``seed 4:8 torch.manual_seed of torch from constant``."""
    return f"seed {place(fact.at)} {fact.what} of {fact.generator} from {fact.source}{_guards(fact.guards)}"


def backward_line(fact: records.Backward) -> str:
    """``backward 9:4 torch in a loop``."""
    return f"backward {place(fact.at)} {fact.framework}{' in a loop' if fact.loops else ''}"


def external_line(fact: records.External) -> str:
    """``external 4:8 time.time (time)``."""
    return f"external {place(fact.at)} {fact.what} ({fact.category}){_guards(fact.guards)}"


def effect_line(fact: records.Effect) -> str:
    """``effect 4:8 print (print)``."""
    return f"effect {place(fact.at)} {fact.what} ({fact.category})"


def hazard_line(fact: records.Hazard) -> str:
    """``hazard 6:4 y saved by torch.exp (result), overwritten by y += ... (recorded), owed to exit``."""
    condition = f" if {','.join(fact.conditional)}" if fact.conditional else ""
    apart = " elsewhere" if fact.apart else ""
    return (
        f"hazard {place(fact.at)} {fact.saved or '-'} saved by {fact.saved_by} ({fact.saved_what}),"
        f" overwritten{apart} by {fact.op} ({fact.mode}), owed to {fact.consumer}{condition}{_doubt(fact.doubt)}"
    )


def foreign_gradient_line(fact: records.ForeignGradient) -> str:
    """``foreign gradient 9:8 into self.critic, used by self.critic_opt.step()``."""
    return f"foreign gradient {place(fact.at)} into {fact.target}, used by {fact.step}{_doubt(fact.doubt)}"


def spent_gradient_line(fact: records.SpentGradient) -> str:
    """``spent gradient 9:8 into model by the next turn, used by opt.step()``."""
    when = "call" if fact.calls else "turn"
    used = f"used by {fact.step}{_doubt(fact.doubt)}"
    return f"spent gradient {place(fact.at)} into {fact.target} by the next {when}, {used}"


def carried_line(fact: records.CarriedGraph) -> str:
    """``carried 9:8 h by the next call``."""
    return f"carried {place(fact.at)} {fact.carrier} by the next {'call' if fact.calls else 'turn'}{_doubt(fact.doubt)}"


def leaf_write_line(fact: records.LeafWrite) -> str:
    """``leaf 5:4 w by w += ...``."""
    return f"leaf {place(fact.at)} {fact.target} by {fact.op}{_doubt(fact.doubt)}"


def expanded_write_line(fact: records.ExpandedWrite) -> str:
    """``expanded 5:4 w by w += ...``."""
    return f"expanded {place(fact.at)} {fact.target} by {fact.op}{_doubt(fact.doubt)}"


def key_reuse_line(fact: records.KeyReuse) -> str:
    """``reuse 5:8 key by jax.random.normal after 4:8 jax.random.normal``."""
    loop = " in a loop" if fact.loop else ""
    return (
        f"reuse {place(fact.at)} {fact.key} by {fact.op} after {place(fact.first.at)} {fact.first_op}{loop}"
        f"{_doubt(fact.doubt)}"
    )


def key_use_line(fact: records.KeyUse) -> str:
    """``use 5:8 attribute self.key by jax.random.normal``."""
    flags = "".join(f" {name}" for name in ("literal", "fixed", "direct") if getattr(fact, name))
    return f"use {place(fact.at)} {fact.state.root} {fact.state.text} by {fact.op}{flags}{_doubt(fact.doubt)}"


def key_returned_line(fact: records.KeyReturned) -> str:
    """``used-up 4:8 key by jax.random.split is returned``."""
    return f"used-up {place(fact.at)} {fact.key} by {fact.op} is returned{_doubt(fact.doubt)}"


def cache_store_line(fact: records.CacheStore) -> str:
    """``cache 5:4 global CACHE under key, missing w``."""
    missing = f", missing {','.join(fact.missing)}" if fact.missing else ""
    flags = "".join(f" {name}" for name in ("traced", "graph") if getattr(fact, name))
    return f"cache {place(fact.at)} {_state(fact.state)} under {fact.key}{missing}{flags}{_doubt(fact.doubt)}"


def reused_line(fact: records.Reused) -> str:
    """``reused 5:4 v by pkg.m.g as x at 9:8``: an argument overwritten here is used afterwards by a caller."""
    return f"reused {place(fact.at)} {fact.param} by {'.'.join(fact.caller)} as {fact.name} at {place(fact.call.at)}"


def lasting_line(fact: records.Lasting) -> str:
    """``lasting 5:8 write 2:4 of pkg.m.g``: what a callee writes existed before this function."""
    return f"lasting {place(fact.at)} write {place(fact.write_at)} of {'.'.join(fact.writer)}"


def memo_line(fact: records.MemoFunction) -> str:
    """``memo 3:4 lru_cache``."""
    return f"memo {place(fact.at)} {fact.decorator}"


def retain_line(fact: records.Retain) -> str:
    """``retain 6:8 loss in total by add``."""
    loop = " in a loop" if fact.loop else ""
    return f"retain {place(fact.at)} {fact.value or '-'} in {fact.target} by {fact.how}{loop}{_doubt(fact.doubt)}"


def calls_line(fact: records.Calls) -> str:
    """``call 5:8 pkg.m.g``."""
    return f"call {place(fact.at)} {'.'.join(fact.callee)}"


def evidence_line(fact: records.Evidence) -> str:
    """``evidence 6:31 repeated_reference nn.Linear(...) what=object``."""
    details = "".join(f" {name}={text}" for name, text in fact.details if text)
    return f"evidence {place(fact.at)} {fact.kind} {fact.subject}{details}{_doubt(fact.doubt)}"


def root_line(fact: records.Root) -> str:
    """``root 9:8 grad pkg.m.f via jax.grad``."""
    static = f" static {','.join(fact.static)}" if fact.static else ""
    return f"root {place(fact.at)} {fact.kind} {'.'.join(fact.function)} via {fact.via}{static}"


FACTS: dict[type, Callable[[Any], str]] = {
    records.StateRead: state_read_line,
    records.StateWrite: state_write_line,
    records.ArgumentWrite: argument_write_line,
    records.Draw: draw_line,
    records.Seed: seed_line,
    records.Backward: backward_line,
    records.External: external_line,
    records.Effect: effect_line,
    records.Hazard: hazard_line,
    records.ForeignGradient: foreign_gradient_line,
    records.SpentGradient: spent_gradient_line,
    records.CarriedGraph: carried_line,
    records.LeafWrite: leaf_write_line,
    records.ExpandedWrite: expanded_write_line,
    records.KeyReuse: key_reuse_line,
    records.KeyUse: key_use_line,
    records.KeyReturned: key_returned_line,
    records.CacheStore: cache_store_line,
    records.Reused: reused_line,
    records.Lasting: lasting_line,
    records.MemoFunction: memo_line,
    records.Retain: retain_line,
    records.Calls: calls_line,
    records.Evidence: evidence_line,
    records.Root: root_line,
}


# instructions ---------------------------------------------------------------------------------------------------


def step_line(labels: Labels, instr: Instr) -> str:
    """``4:8 %3 = %1 * %2  ->  tensor @4:8``."""
    text = f"{place(instr.at)} {instruction_text(instr)}"
    targets = getattr(instr, "dsts", None) or ((instr.dst,) if hasattr(instr, "dst") else ())
    values = "; ".join(value_text(labels, labels.frame.regs[reg]) for reg in targets)
    return f"{text}  ->  {values}" if values else text


# parts ----------------------------------------------------------------------------------------------------------


def _fields(labels: Labels, state: State) -> Iterator[str]:
    frame = labels.frame
    shown = []
    for (sid, key), value in state.fields.items():
        if sid != frame.frame_sid:
            shown.append(field_line(labels, sid, key, value))
    yield from sorted(shown)


def _live(inspection: Inspection, state: State) -> set[int]:
    """The storages that the dump mentions."""
    frame = inspection.frame
    found: set[int] = set()

    def add(value: Value) -> None:
        found.update(sid for sid, _ in value.views)
        for item in value.items or ():
            add(item)

    add(inspection.result)
    for _, value in named_values(inspection, state):
        add(value)
    for (sid, _), value in state.fields.items():
        if sid != frame.frame_sid:
            found.add(sid)
            add(value)
    saves = (frame.saves[index] for index in _live_saves(inspection, state))
    found.update(record.sid for record in saves if record.what != "kept")
    found.update(sid for sid, _, _ in frame.array_writes)
    found.update(state.consumed)
    return found - {0, frame.frame_sid, frame.free_sid}


def _live_saves(inspection: Inspection, state: State) -> list[int]:
    """The saves that stand on a storage at the exit or that something there would read."""
    from statelint.effects.hazards import history

    bits = state.clobbered | history(state, inspection.result)
    for standing in state.saved.values():
        bits |= standing
    for _, value in named_values(inspection, state):
        bits |= history(state, value)
    return [index for index in range(len(inspection.frame.saves)) if bits >> index & 1]


def _owed(frame: Frame, state: State, index: int) -> Iterable[WriteRecord]:
    if state.clobbered >> index & 1:
        yield from sorted(frame.clobbers.get(index, ()), key=lambda entry: (entry.at, entry.op))


def _state(state: records.StateRef) -> str:
    return f"{state.root} {state.text or state.name}"


def _by_place(line: str) -> tuple[int, int, str]:
    number, _, column = line.split()[1].partition(":")
    return int(number), int(column), line


def _joined(texts: Iterable[str]) -> str:
    return ",".join(texts)


def _guards(guards: tuple[str, ...]) -> str:
    return f" under {' and '.join(guards)}" if guards else ""


def _doubt(doubt: int) -> str:
    return f" doubt {doubt}" if doubt else ""
