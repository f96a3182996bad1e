"""What a constructor leaves in the object that it builds."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Span, StateRef
from statelint.effects.inspect import Inspection
from statelint.explain.classes import CONSTRUCTORS, is_code
from statelint.ir.nodes import CallMethod, Const, Instr, SetAttr
from statelint.resolve.bindings import walk


def constructed(inspection: Inspection) -> Iterator[tuple[str, StateRef, int, Span]]:
    """Each attribute of the object at the end of its constructor: its path, itself, its kind, and where it is set."""
    frame, state = inspection.frame, inspection.state
    fn = frame.fn
    if state is None or fn.name not in CONSTRUCTORS or frame.owner is None or not fn.params:
        return
    receiver = fn.params[0].name
    if not frame.is_receiver(receiver):
        return
    places = _places(fn.body)
    for key, value in sorted(state.fields.of(frame.storage("param", 0, receiver)).items(), key=str):
        if isinstance(key, str) and not key.startswith("[") and not is_code(value.kind):
            path = f"{receiver}.{key}"
            yield path, StateRef("attribute", frame.owner, key, path), value.kind, places.get(key, fn.name_at)


def _places(body: tuple[Instr, ...]) -> dict[str, Span]:
    found: dict[str, Span] = {}
    constants: dict[int, object] = {}
    for instr in walk(body):
        if isinstance(instr, Const):
            constants[instr.dst] = instr.value
        elif isinstance(instr, SetAttr):
            found.setdefault(instr.name, instr.at)
        elif isinstance(instr, CallMethod) and instr.name.startswith(("register_", "add_")) and instr.args:
            name = constants.get(instr.args[0])
            if isinstance(name, str):
                found.setdefault(name, instr.at)
    return found
