"""Custom derivative rules that take arrays past the rule: as ``nondiff_argnums``, or captured from the function
around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body
from statelint.ir import nodes as ir
from statelint.resolve.bindings import walk

KIND = "custom_rule"
NAMES = frozenset(("custom_vjp", "custom_jvp"))
_RULES = ("jax.custom_vjp", "jax.custom_jvp")
_ARRAYS = ("Array", "ndarray", "ArrayLike", "PyTree", "Tensor", "Float[", "Scalar", "PyTreeDef")
_STATIC = ("Callable", "int", "bool", "str", "float", "tuple", "Tuple", "Sequence", "Optional[int]", "type")
_ARRAY_ATTRIBUTES = frozenset(("T", "at", "dtype", "ndim", "shape", "astype", "reshape", "sum", "mean"))


def observe(body: Body) -> Iterator[Evidence]:
    """``custom_vjp(f, nondiff_argnums=...)`` as a call, a decorator or through ``partial``; rules that close over
    arrays.
    """
    for call in body.calls:
        names = [*call.names]
        first = 0
        if "functools.partial" in names and call.args:
            ref = body.value(call.args[0]).refs
            if not any(getattr(r, "name", "") in _RULES for r in ref):
                continue
        elif not any(name in _RULES for name in names):
            continue
        else:
            first = call.args[0] if call.args else -1
        numbers = call.keyword("nondiff_argnums")
        for fn in _functions(body, call.dst, first):
            if numbers >= 0:
                yield from _arrays(body, fn, [*_numbers(body, numbers)], call.at)
            yield from _captured(body, fn, call.at)


def _functions(body: Body, dst: int, first: int) -> Iterator[ir.FunctionIR]:
    """The functions that the rule is for: an argument, or what the made decorator is applied to."""
    values = [body.value(first)] if first > 0 else []
    for user in body.uses.get(dst, ()):
        if isinstance(user.instr, ir.Call) and user.instr.func == dst:
            values += [body.value(reg) for reg in user.instr.args]
    for value in values:
        for key in body.analyzer.functions_behind(value):
            fn = body.analyzer.symbols.function(*key)
            if fn is not None:
                yield fn


def _numbers(body: Body, reg: int) -> Iterable[int]:
    value = body.value(reg)
    for part in value.items if value.items is not None else (value,):
        if isinstance(part.const, int) and not isinstance(part.const, bool):
            yield part.const


def _arrays(body: Body, fn: ir.FunctionIR, numbers: list[int], at: ir.Span) -> Iterator[Evidence]:
    for number in numbers:
        if 0 <= number < len(fn.params):
            param = fn.params[number]
            sure = _is_array(fn, param)
            if sure is not None:
                details = (("what", "nondiff"), ("function", fn.name))
                yield Evidence(at, KIND, param.name, 0 if sure else 1, details)
                return


def _is_array(fn: ir.FunctionIR, param: ir.Param) -> bool | None:
    """True if it is annotated as an array, False if it is used as one, None if nothing says so."""
    text = param.annotation
    if text:
        if any(word in text for word in _ARRAYS):
            return True
        if any(word in text for word in _STATIC):
            return None
    registers = {i.dst for i in walk(fn.body) if isinstance(i, ir.Load) and i.name == param.name}
    for instr in walk(fn.body):
        if isinstance(instr, ir.GetAttr) and instr.obj in registers and instr.name in _ARRAY_ATTRIBUTES:
            return False
        if isinstance(instr, ir.CallMethod) and instr.obj in registers and instr.name in _ARRAY_ATTRIBUTES:
            return False
        if isinstance(instr, ir.Binary) and instr.op == "@" and {instr.left, instr.right} & registers:
            return False
    return None


def _captured(body: Body, fn: ir.FunctionIR, at: ir.Span) -> Iterator[Evidence]:
    """Arrays among the parameters of this function that the rule's function captures."""
    for name in fn.free:
        param = next((p for p in body.fn.params if p.name == name), None)
        if param is not None and _used_as_array(fn, name):
            read = next(i for i in walk(fn.body) if isinstance(i, ir.Load) and i.name == name)
            details = (("what", "captured"), ("function", fn.name))
            yield Evidence(read.at, KIND, name, 1, details)
            return


def _used_as_array(fn: ir.FunctionIR, name: str) -> bool:
    registers = {i.dst for i in walk(fn.body) if isinstance(i, ir.Load) and i.name == name}
    return any(
        (isinstance(i, ir.Binary) and {i.left, i.right} & registers)
        or (isinstance(i, ir.GetAttr) and i.obj in registers and i.name in _ARRAY_ATTRIBUTES)
        for i in walk(fn.body)
    )
