"""SL302: internal memory is handed out and written again, or a stored sample is changed by each access."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.arguments import PASSED_STATE
from statelint.effects.facts import Evidence, FunctionFacts, Link, StateWrite
from statelint.effects.feeding import BUFFER, DATASET, ENVIRONMENT, SAMPLER
from statelint.effects.program import Program
from statelint.effects.value import ARRAY, UNKNOWN
from statelint.findings import Draft

CODE = "SL302"
_SAID = ("view", "reference", "in place", "in-place", "not a copy", "overwrit", "live")
_HANDING = (BUFFER, ENVIRONMENT, DATASET, SAMPLER)


def check(program: Program) -> Iterable[Draft]:
    """Returned buffers, buffers that a generator yields, samples changed where they are stored."""
    for info, fact in program.evidence("returned_view"):
        if (
            fact.detail("root") != "attribute"
            or not info.owner
            or any(word in info.docstring.lower() for word in _SAID)
        ):
            continue
        if info.name.startswith("_") and info.name not in ("__getitem__", "__call__", "__next__", "__iter__"):
            continue
        found = _overwritten(program, info, fact)
        if found is not None:
            doubt, step = found
            message = (
                f"`{fact.subject}` is handed out by `{info.name}` without a copy, and is overwritten later: what the "
                "caller keeps changes"
            )
            help = f"Return a copy: `{fact.subject}.copy()` (tensors: `.clone()`)."
            hint = {"stored": fact.subject, "copy": fact.detail("copy")}
            yield draft(program, CODE, info, fact.at, message, help, doubt, (step,), hint)
    for info, fact in program.evidence("alias_stored"):
        if fact.detail("form") == "loop" and fact.detail("target") == "yield":
            message = (
                f"The same `{fact.subject}` is yielded in each turn, and `{fact.detail('change')}` overwrites it: "
                "what the consumer keeps changes"
            )
            help = f"Yield a copy: `{fact.subject}.copy()`."
            hint = {"stored": fact.subject, "copy": fact.detail("copy")}
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps, hint)
    for info in program.functions.values():
        feeder = program.feeder(info)
        if feeder is not None and feeder.role == DATASET and info.name == "__getitem__":
            yield from _samples(program, info)


def _overwritten(program: Program, info: FunctionFacts, fact: Evidence) -> tuple[int, Link] | None:
    """A write into the returned memory by this or another method, and the doubt that the caller sees it."""
    name = fact.detail("name")
    feeder = program.feeder(info)
    handing = feeder is not None and feeder.role in _HANDING
    if fact.detail("known") == "container":
        return None
    best: tuple[int, Link] | None = None
    for owner in program.family((info.module, info.owner)):
        for writer, write in program.writes.get(("attribute", owner, name), ()):
            if writer.name in ("__init__", "reset_parameters", "__setstate__", "load_state_dict") or not _same(
                fact, write
            ):
                continue
            known = bool(write.kind & ARRAY) and not write.kind & UNKNOWN
            own = writer is info
            if not own and ("property" in info.decorators or info.name.startswith("set")):
                continue
            if not known or not (own or handing):
                continue
            step = Link(writer.module, write.at, f"`{write.op}` overwrites it in `{writer.name}`")
            if best is None or own:
                part = bool(fact.detail("part")) and not handing
                best = ((0 if own and handing else 2 if part else 1) + fact.doubt, step)
    for passed in info.facts:
        if (
            isinstance(passed, Evidence)
            and passed.kind == PASSED_STATE
            and passed.detail("name") == name
            and passed.detail("array")
        ):
            best = best or (1, Link(info.module, passed.at, f"`{passed.detail('op')}` overwrites it"))
    return best


def _same(fact: Evidence, write: StateWrite) -> bool:
    """Whether a write is into the elements of what is returned."""
    if write.how not in ("array", "item", "augmented"):
        return False
    text, returned = write.state.text, fact.subject
    return text == returned or text.startswith(f"{returned}[") or returned.startswith(f"{text}[")


def _samples(program: Program, info: FunctionFacts) -> Iterable[Draft]:
    handed = {f.detail("name") for f in info.facts if isinstance(f, Evidence) and f.kind == "returned_view"}
    lines: set[int] = set()
    for write in info.facts:
        if not isinstance(write, StateWrite) or write.state.root != "attribute" or write.state.name not in handed:
            continue
        text = write.state.text
        inner = "[" in text or bool(write.kind & ARRAY)
        again = write.how in ("augmented", "array") or (write.how == "item" and write.op.endswith("augmented"))
        if not inner or not again or write.at[0] in lines:
            continue
        lines.add(write.at[0])
        op = write.op.removesuffix(" augmented")
        message = f"`{op}` changes the sample where it is stored (`{text}`): each access changes it again"
        help = "Copy the sample before it is changed, or compute out of place."
        yield draft(program, CODE, info, write.at, message, help, min(write.doubt, 1))
