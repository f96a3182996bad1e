"""SL305: one mutable object stands in several places of a container."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Evidence, FunctionFacts, Link, StateWrite
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL305"
_STATELESS = (
    "ReLU",
    "Dropout",
    "GELU",
    "SiLU",
    "Tanh",
    "Sigmoid",
    "Pool",
    "Identity",
    "Flatten",
    "Softmax",
    "Loss",
    "Upsample",
)


def check(program: Program) -> Iterable[Draft]:
    """Layers in several places, which share their parameters with no write at all; other objects if one is changed."""
    for info, fact in program.evidence("repeated_reference"):
        if fact.detail("layer"):
            if any(word in fact.subject for word in _STATELESS):
                continue
            into = fact.detail("into").rpartition(".")[2]
            where = f"`{into}`" if into in ("ModuleList", "Sequential", "ModuleDict") else "the container"
            message = f"All entries of {where} are the same layer `{fact.subject}`: they share one set of parameters"
            help = "Make one for each place with a comprehension: `[make() for _ in range(n)]`."
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt, hint={"layer": fact.subject})
            continue
        step = fact.steps[0] if fact.steps else _changed(program, info, fact)
        if step is None:
            continue
        what = fact.detail("what")
        message = f"All places hold one and the same {what} `{fact.subject}`: a change of one entry changes all"
        help = f"Make a new {what} for each place with a comprehension: `[{fact.subject} for _ in range(n)]`."
        yield draft(program, CODE, info, fact.at, message, help, fact.doubt, (step,))


def _changed(program: Program, info: FunctionFacts, fact: Evidence) -> Link | None:
    """A method of the class that changes an element of the attribute in place."""
    name = fact.detail("attribute")
    if not name or not info.owner:
        return None
    for owner in program.family((info.module, info.owner)):
        for writer, write in program.writes.get(("attribute", owner, name), ()):
            assert isinstance(write, StateWrite)
            inner = write.state.text.startswith(f"self.{name}[")
            if (
                inner
                and write.how in ("call", "item", "array", "augmented")
                and "augmented" not in write.op.split()[-1:]
            ):
                return Link(writer.module, write.at, f"`{write.op}` changes it in all places")
    return None
