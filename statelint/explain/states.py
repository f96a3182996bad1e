"""s and s': the state that a function and its callees read and write, by the path that the function knows it by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from statelint.effects import facts as records
from statelint.effects.facts import AnyFact, FunctionFacts, Key, StateRef
from statelint.effects.inspect import Inspection
from statelint.effects.labels import Labels
from statelint.explain.classes import CONSTRUCTORS, Classifier, is_code, type_text
from statelint.explain.construction import constructed
from statelint.explain.merge import Gathered
from statelint.explain.reach import Reached, own_local, same_receiver, state_text
from statelint.explain.records import CONSTANT, HIDDEN, Member
from statelint.explain.session import Session


class States:
    """Gathers the members of s and s' of one function. ``differentiable`` are the paths that a gradient reaches."""

    def __init__(
        self,
        session: Session,
        inspection: Inspection,
        info: FunctionFacts,
        reached: list[Reached],
        differentiable: set[str],
    ) -> None:
        self.session = session
        self.inspection = inspection
        self.frame = inspection.frame
        self.key: Key = self.frame.key
        self.info = info
        self.reached = reached
        self.differentiable = differentiable
        self.labels = Labels(self.frame)
        self.classes = Classifier(session)
        self.building = self.frame.fn.name in CONSTRUCTORS
        self.written = self._written_paths()
        self.reads = Gathered()
        self.writes = Gathered()

    def gather(self) -> tuple[list[Member], list[Member]]:
        """The members of s and of s'."""
        for each in self.reached:
            for fact in facts_of(self.inspection, each):
                if isinstance(fact, records.StateRead):
                    self._read(each, fact)
                elif isinstance(fact, records.StateWrite):
                    self._write(each, fact)
                elif isinstance(fact, records.Seed):
                    place = self.session.place(each.info.module, fact.at)
                    name = f"{fact.generator} generator"
                    self.writes.add(name, HIDDEN, "generator", f"seeded by {fact.what}", place, each.via)
                elif isinstance(fact, records.ArgumentWrite) and not each.via and not self._is_built(fact.param):
                    place = self.session.place(each.info.module, fact.at)
                    why = f"the argument is changed in place by `{fact.op}`"
                    self.writes.add(fact.text or fact.param, HIDDEN, type_text(fact.kind), why, place, ())
        self._arguments_of_callees()
        self._statistics()
        for name, state, kind, at in constructed(self.inspection):
            class_, described, why = self.classes.state(state, kind, False)
            self.writes.add(name, class_, described, why, self.session.place(self.key[0], at), ())
        return self.reads.members(), self.writes.members()

    def _written_paths(self) -> dict[str, list[str]]:
        """The access paths of what was written by anybody and existed before, by the last name in them."""
        found: dict[str, list[str]] = defaultdict(list)
        state = self.inspection.state
        for (sid, key), _ in state.fields.items() if state is not None else ():
            if isinstance(key, str) and self.frame.outside(sid):
                found[key].append(self.labels.member(sid, key))
        return found

    def _read(self, each: Reached, fact: records.StateRead) -> None:
        if self._is_local(each, fact.state) or is_code(fact.kind):
            return
        if (
            each.via
            and fact.state.root == "attribute"
            and not same_receiver(self.session.program, self.info, fact.state)
        ):
            return  # what of it matters here was read through this function's own path to the object
        name = state_text(self.session.program, self.info, fact.state)
        class_, described, why = self.classes.state(fact.state, fact.kind, name in self.differentiable)
        self.reads.add(name, class_, described, why, self.session.place(each.info.module, fact.at), each.via)

    def _write(self, each: Reached, fact: records.StateWrite) -> None:
        state = fact.state
        built = state.root == "attribute" and each.info.name in CONSTRUCTORS
        if self._is_local(each, state) or is_code(fact.kind) or built:
            return
        names = [state_text(self.session.program, self.info, state)]
        if each.via and state.root == "attribute":
            # An object that was made here is nobody else's; one that was there before has a path.
            inner = state.text.rpartition(".")[2]
            names = self.written.get(inner) or self.written.get(state.name) or []
        _, described, why = self.classes.state(state, fact.kind, False)
        class_ = CONSTANT if why == "a buffer" else HIDDEN
        for name in names:
            place = self.session.place(each.info.module, fact.at)
            self.writes.add(name, class_, described, write_text(fact), place, each.via)

    def _arguments_of_callees(self) -> None:
        for sid, _, entry in self.frame.array_writes:
            root = self.frame.root(sid)
            if root.kind == "param" and not self._is_built(str(root.key)) and entry.chain:
                place = self.session.place(entry.key[0], entry.at)
                why = f"overwritten in place by `{entry.op}`"
                self.writes.add(self.labels.name(sid), HIDDEN, "not known", why, place, (entry.key[1],))

    def _statistics(self) -> None:
        """Buffers that a library's layer updates when it is called in training mode."""
        for member in self.reads.members():
            model = self.session.analyzer.models.class_(member.type) if "." in member.type else None
            for buffer in model.training_writes if model is not None else ():
                why = "a buffer, updated in training mode"
                self.writes.add(f"{member.name}.{buffer}", CONSTANT, "tensor", why, member.places[0], member.via)

    def _is_local(self, each: Reached, state: StateRef) -> bool:
        return (self.building and state.root == "attribute") or own_local(self.key, state)

    def _is_built(self, param: str) -> bool:
        return self.building and self.frame.is_receiver(param)


def facts_of(inspection: Inspection, each: Reached) -> Iterable[AnyFact]:
    """The facts of a reached function: of this run for the function itself, of all runs for its callees."""
    if not each.via:
        return _sorted(inspection.frame.facts)
    return each.info.facts


def _sorted(facts: Iterable[AnyFact]) -> Iterator[AnyFact]:
    yield from sorted(facts, key=lambda fact: (fact.at, repr(fact)))


def write_text(fact: records.StateWrite) -> str:
    """How state is written, in a few words."""
    words = {
        "rebind": "assigned",
        "augmented": "updated in place",
        "item": "an element is set",
        "call": f"changed by `{fact.op}`",
        "array": f"overwritten by `{fact.op}`",
    }
    text = words.get(fact.how, fact.how)
    sources = [each for each in fact.deps if each != fact.state.text]
    if sources:
        text += f" from {', '.join(sources[:3])}{' ...' if len(sources) > 3 else ''}"
    if fact.no_grad:
        return f"{text}, outside the graph"
    return f"{text}, attached to the graph" if fact.graph else text
