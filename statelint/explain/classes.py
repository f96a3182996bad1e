"""The class of a piece of state: a parameter, a buffer, a constant, or something hidden that changes."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Key, StateRef
from statelint.effects.frame import Shape
from statelint.effects.value import (
    ARRAY,
    CLASS,
    CONTAINER,
    FUNCTION,
    KEY,
    LEAF,
    MODULE,
    OBJECT,
    SCALAR,
    UNKNOWN,
    InstRef,
    LibInst,
    Value,
    kind_text,
)
from statelint.explain.records import CONSTANT, DIFFERENTIABLE, HIDDEN, Class
from statelint.explain.session import Session
from statelint.ir.nodes import CallMethod, Const
from statelint.resolve.bindings import walk

CONSTRUCTORS = frozenset(
    ("__init__", "__new__", "setup", "build", "__post_init__", "__setstate__", "reset_parameters", "__init_subclass__")
)
_SILENT = FUNCTION | CLASS | MODULE


def is_code(kind: int) -> bool:
    """Whether something is a function, class or module: no state of the computation."""
    return bool(kind) and not kind & ~_SILENT


def type_text(kind: int, value: Value | None = None) -> str:
    """What a value is, in a word or two."""
    for ref in value.refs if value is not None else ():
        if isinstance(ref, (InstRef, LibInst)):
            return ref.qualname if isinstance(ref, InstRef) else ref.name
    text = kind_text(kind)
    return "not known" if kind in (0, UNKNOWN) else text.removesuffix("|unknown").replace("|", " or ")


class Classifier:
    """Classes of state, from what the classes of the project declare and from who writes what."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._buffers: dict[Key, frozenset[str]] = {}

    def state(self, state: StateRef, kind: int, differentiable: bool) -> tuple[Class, str, str]:
        """The class, the type and the reason for them of a piece of state that is read or written."""
        if state.root == "attribute":
            state = self._innermost(state)
            declared = self._declared(state)
            if declared is not None:
                return declared
        writers = self.writers(state)
        known = self._value(state)
        described = type_text(kind, known if known is not None and known.kind & OBJECT else None)
        if writers:
            return HIDDEN, described, f"written by {_some(writers)}"
        if differentiable and kind & (ARRAY | UNKNOWN | CONTAINER | OBJECT):
            return DIFFERENTIABLE, described, "a gradient reaches it"
        if state.root == "default":
            return CONSTANT, described, "a default argument: one object for all calls"
        if state.root == "free":
            return CONSTANT, described, "captured, not changed after"
        if state.root == "attribute":
            return CONSTANT, described, "set by the constructor alone" if known is not None else "no method writes it"
        return CONSTANT, described, "nobody writes it after import"

    def _innermost(self, state: StateRef) -> StateRef:
        """``self.meter.total`` as the attribute ``total`` of the meter's class, as far as the classes are known."""
        names = state.text.split(".")[1:]
        while len(names) > 1 and names[0] == state.name:
            value = self._value(state)
            owner = next((ref for ref in value.refs if isinstance(ref, InstRef)), None) if value is not None else None
            if owner is None:
                break
            names = names[1:]
            state = StateRef("attribute", (owner.module, owner.qualname), names[0], ".".join(("self", *names)))
        return state

    def writers(self, state: StateRef) -> list[str]:
        """The functions that write a piece of state after its construction, sorted."""
        program = self.session.program
        root, owner, name = program.place(state)
        owners = list(program.family(owner)) if root == "attribute" else [owner]
        found = set()
        for each in owners:
            for info, _ in program.writes.get((root, each, name), ()):
                if not (root == "attribute" and info.name in CONSTRUCTORS) and info.qualname != "<module>":
                    found.add(info.qualname)
        return sorted(found)

    def _declared(self, state: StateRef) -> tuple[Class, str, str] | None:
        value = self._value(state)
        for owner in self.session.program.family(state.owner):
            if state.name in self.buffers(owner):
                return CONSTANT, "tensor", "a buffer"
        if value is None:
            return None
        analyzer = self.session.analyzer
        for ref in value.refs:
            if isinstance(ref, InstRef) and analyzer.is_layer(ref.module, ref.qualname):
                return DIFFERENTIABLE, ref.qualname, "a layer: its parameters"
            if isinstance(ref, LibInst):
                model = analyzer.models.class_(ref.name)
                if ref.name.endswith(".Parameter"):
                    return DIFFERENTIABLE, "parameter", "a parameter"
                if model is not None and (model.kind in ("layer", "container") or model.parameters):
                    return DIFFERENTIABLE, ref.name, "a layer: its parameters" if model.parameters else "a layer"
        if value.mark & LEAF:
            return DIFFERENTIABLE, "parameter", "a parameter"
        return None

    def _value(self, state: StateRef) -> Value | None:
        shape: Shape | None = None
        if state.root == "attribute":
            shape = self.session.analyzer.class_shape(*state.owner).children.get(state.name)
        elif state.root == "global":
            shape = self.session.analyzer.module_env(state.owner[0]).get(state.name)
        return shape.value if shape is not None else None

    def buffers(self, owner: Key) -> frozenset[str]:
        """The names that a class registers as buffers."""
        found = self._buffers.get(owner)
        if found is None:
            found = self._buffers[owner] = frozenset(self._registered(owner))
        return found

    def _registered(self, owner: Key) -> Iterator[str]:
        ir = self.session.ir(owner[0])
        cls = ir.classes.get(owner[1]) if ir is not None else None
        if ir is None or cls is None:
            return
        for qualname in cls.methods.values():
            fn = ir.functions.get(qualname)
            constants: dict[int, object] = {}
            for instr in walk(fn.body) if fn is not None else ():
                if isinstance(instr, Const):
                    constants[instr.dst] = instr.value
                elif isinstance(instr, CallMethod) and instr.name == "register_buffer":
                    named = instr.args[0] if instr.args else dict(instr.keywords).get("name", -1)
                    name = constants.get(named)
                    if isinstance(name, str):
                        yield name


def input_class(kind: int, reached: bool, saved: bool) -> tuple[Class, str]:
    """The class of a parameter, and why: whether a gradient flows back to it from the result or a backward pass."""
    if kind and not kind & ~SCALAR:
        return CONSTANT, "no array"
    if kind & KEY and not kind & UNKNOWN:
        return CONSTANT, "a random key"
    if is_code(kind):
        return CONSTANT, "a function"
    if reached:
        return DIFFERENTIABLE, "a gradient flows to it"
    if saved:
        return DIFFERENTIABLE, "backward passes reach it"
    return CONSTANT, "no gradient flows to it"


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
