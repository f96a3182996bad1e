"""SL107: an array or container that the caller owns is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from statelint.checks.drafting import draft
from statelint.checks.saved.custom_functions import in_custom_function
from statelint.effects.arguments import HANDED_ON
from statelint.effects.facts import ArgumentWrite, Evidence, FunctionFacts, Key, Link, Reused, Span
from statelint.effects.feeding import BUFFER, COLLATE, ENVIRONMENT, METRIC, SAMPLER, TRANSFORM, Feeder
from statelint.effects.program import Program, Region
from statelint.effects.value import ARRAY, DICT, LIST, NDARRAY, NUMBER, SET, TENSOR, TEXT, TUPLE, UNKNOWN
from statelint.findings import Draft

CODE = "SL107"
YIELDS_TO = ("SL201", "SL202", "SL203", "SL206")
_OUTPUTS = frozenset(
    """out output outputs buf buffer dst dest target accumulator acc cache state states ctx context memo result results
    self cls stats history log logs kwargs options params memory registry grad grads model module optimizer info infos
    metrics past_key_values inference_params tensordict td""".split()  # noqa: SIM905
)
_SAID = ("in-place", "in place", "inplace", "modifies", "modify", "mutates", "overwrit", "updates the", "fills")


class Write(msgspec.Struct, frozen=True):
    """A write to an argument: ``taken``: elements were taken out; ``contents``: it is a container's; ``plain``: `name
    += v` of unknown types; ``old``: what is put in depends on what was there, so that a second call does it again.
    """

    at: Span
    param: str
    text: str
    op: str
    doubt: int
    taken: bool
    contents: bool
    old: bool
    number: bool
    array: bool
    plain: bool = False
    copy: str = ""


def check(program: Program) -> Iterable[Draft]:
    """Writes through parameters: in differentiated and feeding code, and where a caller uses the argument
    afterwards."""
    for info in program.functions.values():
        writes = list(_writes(info))
        if not writes or _said(info) or in_custom_function(program, info) or not info.returns:
            continue
        links = _Links(program, info)
        perhaps = {f.at for f in info.facts if isinstance(f, Evidence) and f.kind == "perhaps_copy"}
        for write in writes:
            if _output(write.param) or "." in write.text or write.at in perhaps:
                continue
            found = _observable(program, info, links, write)
            if found is None:
                continue
            doubt, steps = found
            message = f"`{write.text}` belongs to the caller and is changed by `{write.op}`"
            copied = write.text.partition("[")[0]
            way = f"{copied} = dict({copied})" if write.contents and not write.taken else f"{copied} = {copied}.copy()"
            way = f"{copied} = {copied}.clone()" if _torch(program, info) and not write.contents else way
            help = f"Work on a copy (`{way}`), or compute out of place."
            hint = {"copy": write.copy}
            yield draft(program, CODE, info, write.at, message, help, write.doubt + doubt, steps, hint)


class _Links:
    """What is known of a function's callers: who uses an argument afterwards, who passes its own."""

    def __init__(self, program: Program, info: FunctionFacts) -> None:
        self.reused: dict[tuple[Span, str], Link] = {}
        self.handed: dict[Span, list[tuple[Key, Link]]] = {}
        self.returned: set[str] = set()
        for fact in info.facts:
            if isinstance(fact, Reused):
                self.reused.setdefault((fact.at, fact.param), fact.call)
            elif isinstance(fact, Evidence) and fact.kind == HANDED_ON:
                module, _, qualname = fact.detail("caller").partition(":")
                self.handed.setdefault(fact.at, []).append(((module, qualname), fact.steps[0]))
            elif isinstance(fact, Evidence) and fact.kind == "returned_view" and fact.detail("root") == "param":
                self.returned.add(fact.detail("name"))


def _writes(info: FunctionFacts) -> Iterator[Write]:
    for fact in info.facts:
        if isinstance(fact, ArgumentWrite) and fact.how != "passed" and not fact.no_grad:
            if "inplace" in " ".join(fact.guards).replace("_", "").lower():
                continue
            unknown = not fact.kind & (ARRAY | LIST | DICT | SET)
            contents = not fact.kind & ARRAY and (fact.how == "call" or (fact.how == "item" and fact.doubt == 0))
            taken = fact.how == "call" and fact.op.partition("(")[0].rpartition(".")[2].startswith(
                ("pop", "clear", "remove")
            )
            old = fact.how in ("augmented", "array") or any(
                d == fact.text or d.startswith(f"{fact.text}[") for d in fact.deps
            )
            number = (
                unknown
                and fact.how == "augmented"
                and "[" not in fact.op
                and not fact.value & ~(NUMBER | TUPLE | TEXT)
                and fact.value > 0
            )
            doubt = max(fact.doubt - 1, 0) if unknown else fact.doubt
            array = bool(fact.kind & ARRAY) and not fact.kind & UNKNOWN
            plain = unknown and fact.how == "augmented" and "[" not in fact.op and not fact.value & ARRAY
            copy = ".clone()" if fact.kind == TENSOR else ".copy()" if fact.kind in (NDARRAY, LIST, DICT, SET) else ""
            yield Write(
                fact.at, fact.param, fact.text, fact.op, doubt, taken, contents, old, number, array, plain, copy
            )
        elif isinstance(fact, Evidence) and fact.kind == "argument_contents":
            yield Write(
                fact.at, fact.detail("param"), fact.subject, fact.detail("op"), 0, True, True, True, False, False
            )


def declared(info: FunctionFacts, param: str) -> bool:
    """Whether a function's name or documentation, or the parameter's name, says that the argument is changed."""
    return _said(info) or _output(param)


def _output(param: str) -> bool:
    return param in _OUTPUTS or param.startswith("out")


def _said(info: FunctionFacts) -> bool:
    """The name or the documentation says that an argument is changed."""
    if info.name.endswith("_") and not info.name.endswith("__"):
        return True
    text = info.docstring.lower()
    return any(word in text for word in _SAID)


def _observable(
    program: Program, info: FunctionFacts, links: _Links, write: Write
) -> tuple[int, tuple[Link, ...]] | None:
    """With how much doubt somebody else sees the change, and the steps that show it; None if nobody is known to."""
    key = (info.module, info.qualname)
    regions = [r for r in program.regions_of(info) if r.kind != "taped"]
    feeder = program.feeder(info)
    if write.contents and not write.taken and not write.old:
        return None  # a key is added or set: what such dictionaries are handed round for
    reused = links.reused.get((write.at, write.param))
    if reused is not None and (regions or feeder is not None or (write.param in links.returned and not write.contents)):
        return int(write.number), (reused,)
    doubt = 1 + int(write.number)
    if not write.contents and any(r.traced for r in regions):
        return None  # tracers cannot be changed in place: the name is bound anew
    if any(r.root == key for r in regions) and reused is None:
        return doubt, ()  # whoever differentiates the region from outside holds the argument
    if feeder is not None and not regions:
        if write.plain and feeder.role in (BUFFER, ENVIRONMENT, SAMPLER, METRIC):
            doubt += 1  # `index += n`: as often a number
        return (doubt, ()) if _seen(feeder, info, write) else None
    handed = links.handed.get(write.at, [])
    for caller, call in handed:
        start = program.functions.get(caller)
        if start is not None and any(r.root == caller for r in program.regions_of(start) if r.kind != "taped"):
            return doubt, (call,)
        fed = program.feeder(start) if start is not None else None
        if fed is not None and start is not None and _seen(fed, start, write):
            return doubt, (call,)
    return (doubt, ()) if regions and _root_with(program, regions, write.param) is not None else None


def _seen(feeder: Feeder, info: FunctionFacts, write: Write) -> bool:
    """Whether others see a write in feeding code: dictionaries of samples are handed from transform to transform."""
    if not feeder.public:
        return False
    if write.contents:
        return feeder.role == COLLATE or (feeder.role not in (TRANSFORM, ENVIRONMENT) and info.name == "__getitem__")
    return True


def _root_with(program: Program, regions: list[Region], param: str) -> Region | None:
    """A region whose own parameter has the name under which the argument comes here."""
    for region in regions:
        start = program.functions.get(region.root)
        if start is not None and param in start.params and region.kind != "forward":
            return region
    return None


def _torch(program: Program, info: FunctionFacts) -> bool:
    return any(r.framework == "torch" for r in program.regions_of(info))
