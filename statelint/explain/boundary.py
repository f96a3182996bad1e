"""The boundary of one function: ``(y, s') = F(x, s)``, gathered from its run and the facts of all that it calls."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects import facts as records
from statelint.effects.facts import Key
from statelint.effects.hazards import history
from statelint.effects.inspect import Inspection, inspect_function, named_values
from statelint.effects.labels import Labels
from statelint.effects.state import State
from statelint.effects.value import ABSENT, NONE, SCALAR, LibRef, Value
from statelint.effects.writes import effective, kind_of
from statelint.explain.classes import input_class, type_text
from statelint.explain.merge import Gathered
from statelint.explain.reach import reached
from statelint.explain.records import CONSTANT, DIFFERENTIABLE, EXTERNAL, HIDDEN, Boundary, Class, Member, Saved
from statelint.explain.session import Place, Session
from statelint.explain.states import States, facts_of
from statelint.ir.nodes import Call, CallMethod, Return
from statelint.resolve.bindings import walk

_TAPELESS = frozenset(("jax", "autograd", "tensorflow"))
"""Frameworks that keep no saves at run time: a gradient flows wherever an array's value does."""

_MOST_OPENED = 64
"""How many objects of a result are looked into."""
_EFFECTS = {"print": "prints", "log": "logs", "io": "writes outside", "ambient": "changes what holds process-wide"}


def explain(session: Session, module: str, qualname: str) -> Boundary | None:
    """The boundary of a function; None if there is no such function."""
    session.know([module])
    inspection = inspect_function(session.analyzer, module, qualname)
    return None if inspection is None else _Explanation(session, inspection).boundary()


class _Explanation:
    def __init__(self, session: Session, inspection: Inspection) -> None:
        self.session = session
        self.inspection = inspection
        self.frame = inspection.frame
        self.key: Key = self.frame.key
        self.labels = Labels(self.frame)
        self.reached = reached(session, self.key)
        self.program = session.program
        found = self.program.functions.get(self.key)
        self.info = found if found is not None else self.reached[0].info
        self.deps, self.grad = self._result_bits()
        self.differentiable = self._differentiable_paths()

    def boundary(self) -> Boundary:
        """All members."""
        fn = self.frame.fn
        s, s_prime = States(self.session, self.inspection, self.info, self.reached, self.differentiable).gather()
        x = self._inputs()
        y = self._outputs()
        members = {member.name: member.class_ for member in (*x, *s)}
        return Boundary(
            function=fn.qualname,
            module=self.key[0],
            place=self.session.place(self.key[0], fn.name_at if fn.kind == "function" else fn.at),
            signature=f"{fn.qualname}({', '.join(_parameter(p.kind, p.name) for p in fn.params)})",
            formula=_formula(bool(x), bool(s), any(m.type != "none" for m in y), bool(s_prime)),
            regions=self._regions(),
            x=tuple(x),
            s=tuple(s),
            y=tuple(y),
            s_prime=tuple(s_prime),
            draws=tuple(self._draws()),
            externals=tuple(self._externals()),
            saved=tuple(self._saved(members)),
            complete=not self.frame.over_budget,
        )

    # what flows where -------------------------------------------------------------------------------------------

    def _result_bits(self) -> tuple[int, int]:
        deps = grad = 0
        for state, value in self._results():
            _, more_grad, more = effective(state, value)
            deps |= more
            grad |= more_grad
        at_exit = self.inspection.state
        for value in self._consumed():
            grad |= effective(at_exit, value)[1] if at_exit is not None else value.grad
        return deps, grad

    def _consumed(self) -> Iterator[Value]:
        """What backward passes of this function begin at."""
        regs = self.frame.regs
        for instr in walk(self.frame.fn.body) if self.frame.backward else ():
            if isinstance(instr, CallMethod) and instr.name == "backward":
                yield regs[instr.obj]
                yield from (regs[arg] for arg in instr.args)
            elif isinstance(instr, Call) and any(
                isinstance(ref, LibRef) and ref.name.rpartition(".")[2] in ("backward", "grad")
                for ref in regs[instr.func].refs
            ):
                yield from (regs[arg] for arg in instr.args)

    def _results(self) -> Iterator[tuple[State, Value]]:
        """All that is returned, with what is held in it."""
        for value, state in self.frame.returns:
            waiting = [value]
            opened: set[int] = set()
            while waiting:
                each = waiting.pop()
                yield state, each
                waiting.extend(each.items or ())
                for sid, _ in each.views:
                    if sid not in opened and len(opened) < _MOST_OPENED:
                        opened.add(sid)
                        waiting.extend(state.fields.of(sid).values())

    def _differentiable_paths(self) -> set[str]:
        bits = self.grad
        if self.session.analyzer.dialects(self.key[0]) & _TAPELESS:
            bits |= self.deps
        return {self.labels.name(sid) for sid in self.frame.origin_sids(bits)}

    def _tracked(self) -> set[str]:
        """The origins whose need for a gradient decides what is saved."""
        bits = 0
        for record in self.frame.saves:
            bits |= record.grad
        return {self.labels.name(sid) for sid in self.frame.origin_sids(bits)}

    # x and y ----------------------------------------------------------------------------------------------------

    def _inputs(self) -> list[Member]:
        frame = self.frame
        members = []
        tracked = self._tracked()
        for param in frame.fn.params:
            if frame.is_receiver(param.name):
                continue
            value = self._entry(param.name, param.annotation)
            kind = kind_of(frame, value)
            below = (param.name + ".", param.name + "[")
            flows = any(path == param.name or path.startswith(below) for path in self.differentiable)
            class_, why = input_class(kind, flows, param.name in tracked)
            at = self.session.place(self.key[0], param.at)
            name = _parameter(param.kind, param.name)
            members.append(Member(name=name, class_=class_, type=type_text(kind, value), why=why, places=(at,)))
        return members

    def _entry(self, name: str, annotation: str) -> Value:
        frame = self.frame
        sid = frame.storage("param", 0, name)
        views = frozenset(((sid, ()),))
        fallback = Value(1 << 20, views)
        analyzer = self.session.analyzer
        value = analyzer.annotated(self.key[0], annotation, fallback) if annotation else fallback
        if value is fallback:
            default = analyzer.default_of(self.key[0], frame.fn, name)
            if default is not None and default.kind and not default.kind & ~SCALAR and default.kind != NONE:
                return Value(default.kind)
        return value

    def _outputs(self) -> list[Member]:
        fn = self.frame.fn
        if fn.is_generator:
            return [Member(name="yields", class_=CONSTANT, type="iterator", why="a generator", places=self._here())]
        found: dict[str, Member] = {}
        for value, _state in self.frame.returns:
            items = value.items if value.items is not None and len(value.items) <= 8 else (value,)
            for index, item in enumerate(items):
                name = f"y[{index}]" if len(items) > 1 else "y"
                member = self._output(name, item)
                known = found.get(name)
                found[name] = member if known is None else _joined(known, member)
        if not found:
            return [Member(name="y", class_=CONSTANT, type="none", why="no path returns", places=self._here())]
        return list(found.values())

    def _output(self, name: str, value: Value) -> Member:
        frame = self.frame
        kind = kind_of(frame, value)
        flows = value.grad or (
            value.deps and kind & ~SCALAR and self.session.analyzer.dialects(self.key[0]) & _TAPELESS
        )
        class_: Class = DIFFERENTIABLE if flows and kind & ~SCALAR else CONSTANT
        sources = self.labels.origins(value.deps)
        shown = ", ".join(sources[:4]) + (" ..." if len(sources) > 4 else "")
        why = f"from {shown}" if sources else "depends on nothing outside"
        outside = sorted({self.labels.name(sid) for sid, _ in value.views if frame.outside(sid)} - {""})
        if outside and kind & ~SCALAR:
            why += f"; shares storage with {', '.join(outside[:3])}"
        if kind == NONE and value.const is not ABSENT:
            return Member(name=name, class_=CONSTANT, type="none", why="returns nothing", places=self._here())
        return Member(name=name, class_=class_, type=type_text(kind, value), why=why, places=self._here())

    def _here(self) -> tuple[Place, ...]:
        """Where the function returns; where it begins if nowhere."""
        returns = [instr.at for instr in walk(self.frame.fn.body) if isinstance(instr, Return)]
        return tuple(self.session.place(self.key[0], at) for at in returns or [self.frame.fn.name_at])

    # draws, the outside, saves ----------------------------------------------------------------------------------

    def _draws(self) -> list[Member]:
        found = Gathered()
        for each in self.reached:
            for fact in facts_of(self.inspection, each):
                if isinstance(fact, records.Draw):
                    place = self.session.place(each.info.module, fact.at)
                    why = (
                        f"the {fact.generator} generator is hidden"
                        if fact.generator != "global"
                        else "a global generator"
                    )
                    found.add(fact.what, HIDDEN, "random", why, place, each.via)
        state = self.inspection.state
        for sid, events in state.consumed.items() if state is not None else ():
            for event in sorted(events):
                record = self.frame.consumptions[event]
                place = self.session.place(record.link.module, record.link.at)
                name = self.frame.name_of(state, sid) or self.labels.name(sid) if state is not None else ""
                found.add(record.op, CONSTANT, "random", f"explicit: consumes key `{name}`", place, ())
        return found.members()

    def _externals(self) -> list[Member]:
        found = Gathered()
        for each in self.reached:
            for fact in facts_of(self.inspection, each):
                if isinstance(fact, (records.External, records.Effect)):
                    place = self.session.place(each.info.module, fact.at)
                    reads = isinstance(fact, records.External)
                    why = f"reads the {fact.category}" if reads else _EFFECTS.get(fact.category, fact.category)
                    found.add(fact.what, EXTERNAL, fact.category, why, place, each.via)
        return found.members()

    def _saved(self, members: dict[str, Class]) -> list[Saved]:
        frame, state = self.frame, self.inspection.state
        if state is None:
            return []
        bits = frame.consumed_history
        for value, at_exit in frame.returns:
            bits |= history(at_exit, value)
        found: dict[tuple[object, ...], Saved] = {}
        for index, record in enumerate(frame.saves):
            if not bits >> index & 1 or record.what == "kept" or index in frame.old_saves:
                continue
            places = tuple(dict.fromkeys(self.session.place(link.module, link.at) for link in reversed(record.chain)))
            path = frame.path(record.sid)
            name = record.name or path or frame.name_of(state, record.sid) or self._expression(record.sid)
            overwritten: tuple[Place, ...] = ()
            if state.clobbered >> index & 1 or frame.clobbers.get(index):
                entries = frame.clobbers.get(index, {})
                overwritten = tuple(sorted({self.session.place(e.key[0], e.at) for e in entries if not e.apart}))
            saved = Saved(
                name=name,
                class_=members.get(path) or self._activation(record.sid),
                by=record.op,
                what=record.what,
                needed_by=() if record.grad & 1 else tuple(self.labels.origins(record.grad)),
                places=places,
                overwritten=overwritten,
            )
            found.setdefault((saved.name, saved.by, saved.what, saved.places), saved)
        return sorted(found.values(), key=lambda each: (each.places, each.name, each.what))

    def _expression(self, sid: int) -> str:
        """The source of what allocates a storage without a name."""
        record = self.frame.storages[sid]
        return self.session.text(self.key[0], record.key[0]) if record.kind in ("new", "old") else ""  # type: ignore[index]

    def _activation(self, sid: int) -> Class:
        state = self.inspection.state
        held = named_values(self.inspection, state) if state is not None else ()
        viewing = [value for _, value in held if any(s == sid for s, _ in value.views)]
        if viewing and state is not None and not any(effective(state, value)[1] for value in viewing):
            return CONSTANT
        return DIFFERENTIABLE

    def _regions(self) -> tuple[str, ...]:
        found = []
        for region in self.program.regions_of(self.info):
            root = "" if region.root == self.key else f", through `{region.root[1]}`"
            if region.kind == "forward":
                why = f"a {region.via} method"
            elif region.kind == "taped":
                why = "it runs a backward pass"
            else:
                why = f"{region.kind} by {region.via}"
            found.append(why + root)
        return tuple(dict.fromkeys(found))


def _parameter(kind: str, name: str) -> str:
    return {"vararg": f"*{name}", "kwarg": f"**{name}"}.get(kind, name)


def _joined(a: Member, b: Member) -> Member:
    if a.type == "none":
        a, b = b, a
    class_ = DIFFERENTIABLE if DIFFERENTIABLE in (a.class_, b.class_) else a.class_
    described = a.type if a.type == b.type else f"{a.type} or {b.type}"
    why = a.why if b.type == "none" or a.why == b.why else f"{a.why}, or {b.why}"
    return Member(name=a.name, class_=class_, type=described, why=why, places=a.places)


def _formula(x: bool, s: bool, y: bool, s_prime: bool) -> str:
    left = "(y, s')" if y and s_prime else "y" if y else "s'" if s_prime else "()"
    right = ", ".join(name for name, there in (("x", x), ("s", s)) if there)
    return f"{left} = F({right})"
