"""Printing, logging and writing: what is handed over, and whether it may be an array."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.effects.state import State
from statelint.effects.value import ARRAY, SCALAR, UNKNOWN
from statelint.effects.writes import effective, kind_of
from statelint.evidence.body import Body, CallSite
from statelint.ir import nodes as ir

KIND = "effects"
NAMES = frozenset(
    (
        *("print", "pprint", "info", "debug", "warning", "warn", "error", "critical", "exception", "log", "write"),
        *("writelines", "dump", "save", "savez", "savetxt", "write_text", "write_bytes", "add_scalar", "add_histogram"),
        *("writerow", "to_csv", "tofile", "imwrite", "savefig", "log_metric", "log_metrics", "vlog", "log_first_n"),
    )
)
_MAKES_TEXT = ("format", "join", "str", "repr")


def observe(body: Body) -> Iterator[Evidence]:
    """Calls of functions with an effect. ``value`` is *array* if an array is handed over, *argument* if something of
    unknown type that depends on parameters is (``params``), else empty.
    """
    if not body.analyzer.dialects(body.module) & {"jax", "tensorflow"}:
        return
    for call in body.calls:
        effect = _effect(body, call)
        if effect:
            value, params = "", set()
            for reg in _parts(body, call):
                kind, names = _of(body, reg)
                value = "array" if "array" in (value, kind) else kind or value
                params |= names
            name = call.names[0].removeprefix("builtins.")
            details = (("effect", effect), ("value", value), ("params", " ".join(sorted(params))))
            yield Evidence(call.at, KIND, name, 0, details)


def _effect(body: Body, call: CallSite) -> str:
    models = body.analyzer.models
    found = {model.effect if (model := models.function(name)) else "" for name in call.names}
    return found.pop() if len(found) == 1 and found & {"print", "log", "io"} else ""


def _parts(body: Body, call: CallSite) -> list[int]:
    """What is handed over; of a text, what it was made of."""
    found: list[int] = []
    waiting = [*call.args, *(reg for _, reg in call.keywords)]
    while waiting and len(found) < 40:
        reg = waiting.pop()
        maker = body.producer.get(reg)
        instr = maker.instr if maker is not None else None
        if isinstance(instr, ir.BuildString):
            waiting.extend(instr.parts)
        elif isinstance(instr, ir.Binary) and instr.op == "%":
            waiting.extend((instr.left, instr.right))
        elif isinstance(instr, ir.Build):
            waiting.extend(instr.items)
        elif isinstance(instr, ir.CallMethod) and instr.name in _MAKES_TEXT:
            waiting.extend((*instr.args, *(r for _, r in instr.keywords)))
        elif isinstance(instr, ir.Call) and reg in body.call_of and body.call_of[reg].method in _MAKES_TEXT:
            waiting.extend(instr.args)
        else:
            found.append(reg)
    return found


def _of(body: Body, reg: int) -> tuple[str, set[str]]:
    value = body.value(reg)
    kind = kind_of(body.frame, value)
    if not kind & ~SCALAR or not kind & (ARRAY | UNKNOWN):
        return "", set()
    params = set()
    for sid in body.frame.origin_sids(effective(State(), value)[2]):
        root = body.frame.root(sid)
        if root.kind == "param" and not body.frame.is_receiver(str(root.key)):
            params.add(str(root.key))
    if not params:
        return "", set()
    return ("array" if not kind & ~(ARRAY | SCALAR) else "argument"), params
