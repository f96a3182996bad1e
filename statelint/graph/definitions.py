"""Where a piece of state is defined."""

from __future__ import annotations

from statelint.effects.facts import Key
from statelint.explain import Session
from statelint.ir.nodes import FunctionIR, SetAttr, Store
from statelint.resolve.bindings import walk


def definition(session: Session, root: str, owner: Key, name: str) -> tuple[str, int]:
    """The path and the line where state is first assigned; ``("", 0)`` where that is not known."""
    module, qualname = owner
    ir = session.ir(module)
    file = session.file(module)
    if ir is None or file is None:
        return "", 0
    line = 0
    if root == "global":
        line = _stored(ir.body, name)
    elif root == "class":
        line = _stored(ir.functions.get(f"{qualname}.<body>"), name)
    elif root == "free":
        line = _stored(ir.functions.get(qualname), name)
    elif root == "default":
        fn = ir.functions.get(qualname)
        line = (
            next((p.at[0] for p in fn.params if p.name == name.rpartition(":")[2]), fn.at[0]) if fn is not None else 0
        )
    elif root == "attribute":
        cls = ir.classes.get(qualname)
        methods = cls.methods if cls is not None else {}
        ordered = sorted(methods, key=lambda method: (method not in ("__init__", "setup", "build"), method))
        line = next((found for m in ordered if (found := _set(ir.functions.get(methods[m]), name))), 0)
        if not line and cls is not None:
            line = _stored(ir.functions.get(f"{qualname}.<body>"), name) or cls.at[0]
    return file.path, line


def _stored(fn: FunctionIR | None, name: str) -> int:
    for instr in walk(fn.body) if fn is not None else ():
        if isinstance(instr, Store) and instr.name == name:
            return instr.at[0]
    return 0


def _set(fn: FunctionIR | None, name: str) -> int:
    for instr in walk(fn.body) if fn is not None else ():
        if isinstance(instr, SetAttr) and instr.name == name:
            return instr.at[0]
    return 0
