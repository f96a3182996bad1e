"""Which state a function's result is a view of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from statelint.effects.facts import StateRef
from statelint.effects.frame import Storage
from statelint.effects.value import SCALAR, FuncRef, Value

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer
    from statelint.ir.nodes import FunctionIR


def returned_state(analyzer: Analyzer, module: str, qualname: str) -> list[StateRef]:
    """The globals, attributes, class attributes and defaults that what a function returns may share storage with."""
    fn = analyzer.symbols.function(module, qualname)
    if fn is None or fn.kind != "function" or fn.free:
        return []
    summary = analyzer.summary_of(FuncRef(module, qualname))
    found: dict[StateRef, None] = {}
    for sid in _viewed(summary.result):
        state = _state(module, fn, summary.storages, sid)
        if state is not None:
            found[state] = None
    return sorted(found, key=repr)


def _viewed(value: Value) -> Iterator[int]:
    if value.kind & ~SCALAR:
        for sid, _ in value.views:
            yield sid
    for item in value.items or ():
        yield from _viewed(item)


def _state(module: str, fn: FunctionIR, storages: list[Storage], sid: int) -> StateRef | None:
    chain = [storages[sid]]
    while chain[-1].kind == "field":
        chain.append(storages[chain[-1].base])
    root = chain[-1]
    first = str(chain[-2].key) if len(chain) > 1 else ""
    if root.kind == "global":
        owner, name = root.key[0], root.key[1]  # type: ignore[index]
        return StateRef("global", (owner, ""), name, name)
    if root.kind == "class" and first:
        return StateRef("class", root.key[0], first, first)  # type: ignore[index]
    if root.kind == "default":
        return StateRef("default", (module, fn.qualname), str(root.key), str(root.key))
    if root.kind == "param" and first and fn.class_qualname and fn.params and fn.params[0].name == root.key:
        return StateRef("attribute", (module, fn.class_qualname), first, f"{root.key}.{first}")
    return None
