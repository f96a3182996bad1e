"""Numba types for scalars that record themselves from compiled code.

A value in flight is a *pending* entry: its number and its derivative with respect to at most two entries that are
already on the record. Operations combine pendings; a pending is written to the record only where it would need a third
parent, or where it becomes a variable that a loop or branch carries, or a result. So a chain of operations with one or
two active operands costs one entry. How many parents a value has is known from its type alone.
"""
# mypy: allow-untyped-calls, allow-untyped-decorators, allow-subclassing-any

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.typeconv.castgraph import Conversion
from numba.extending import (
    NativeValue,
    box,
    lower_cast,
    models,
    register_model,
    typeof_impl,
    unbox,
)

from statelint.tape.entries import BASE, CAPACITY, ENTRY, FLAG, POSITION, RAW, START

I32, I64, F64 = ir.IntType(32), ir.IntType(64), ir.DoubleType()
LIMIT = (1 << 31) - 1


class Leaf:
    """A scalar on the record, as Python sees it: ``value``, ``index``, and the address of the record's header."""

    __slots__ = ("header", "index", "value")

    def __init__(self, value: float, index: int, header: int) -> None:
        self.value, self.index, self.header = value, index, header


class Pending(types.Type):
    """A recorded number: ``parents`` is 0 for one on the record itself, else its number of parents there."""

    def __init__(self, parents: int) -> None:
        self.parents = parents
        super().__init__(name=f"Pending({parents})")

    def unify(self, typingctx: Any, other: Any) -> Any:
        """Meeting types: what a variable becomes that holds both."""
        if isinstance(other, Pending):
            return PENDING[0 if 2 in (self.parents, other.parents) else 1]
        if isinstance(other, (types.Float, types.Integer)):
            return PENDING[0 if self.parents == 2 else self.parents]
        return None

    def can_convert_from(self, typingctx: Any, other: Any) -> Any:
        """Numbers and other pendings convert."""
        if isinstance(other, (types.Float, types.Integer)):
            return Conversion.promote
        if isinstance(other, Pending) and (self.parents == 0 or (self.parents == 1 and other.parents == 0)):
            return Conversion.promote
        return None

    def can_convert_to(self, typingctx: Any, other: Any) -> Any:
        """Never to a plain number: that would drop the derivative."""
        if isinstance(other, Pending) and (other.parents == 0 or (other.parents == 1 and self.parents == 0)):
            return Conversion.promote
        return None


PENDING = (Pending(0), Pending(1), Pending(2))


@register_model(Pending)
class PendingModel(models.StructModel):
    """value, then index (and partial) of each parent."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        members = [("value", types.float64), ("i0", types.uint32)]
        if fe_type.parents >= 1:
            members.append(("d0", types.float64))
        if fe_type.parents == 2:
            members += [("i1", types.uint32), ("d1", types.float64)]
        super().__init__(dmm, fe_type, members)


typeof_impl.register(Leaf)(lambda value, c: PENDING[0])


class Parts:
    """A number taken apart while code is generated: its value and its (index, partial) pairs; partial None is one."""

    def __init__(self, value: Any, parents: list[tuple[Any, Any]]) -> None:
        self.value, self.parents = value, parents

    def scaled(self, builder: Any, factor: Any) -> list[tuple[Any, Any]]:
        """Parents of ``factor * self``."""
        return [(i, factor if d is None else builder.fmul(factor, d)) for i, d in self.parents]


def take_apart(context: Any, builder: Any, ty: Any, value: Any) -> Parts:
    """Parts of a pending, or of a plain number (which has no parents)."""
    if not isinstance(ty, Pending):
        return Parts(context.cast(builder, value, ty, types.float64), [])
    s = cgutils.create_struct_proxy(ty)(context, builder, value=value)
    parents = [(s.i0, s.d0 if ty.parents else None)]
    if ty.parents == 2:
        parents.append((s.i1, s.d1))
    return Parts(s.value, parents)


def put_together(context: Any, builder: Any, ty: Any, parts: Parts) -> Any:
    """A value of the pending type ``ty`` with as many parents as it has room for, or written to the record."""
    s = cgutils.create_struct_proxy(ty)(context, builder)
    s.value = parts.value
    if ty.parents == 0:
        s.i0 = recorded(context, builder, parts)
        return s._getvalue()
    one, none = F64(1.0), (I32(0), F64(0.0))
    given = [(i, one if d is None else d) for i, d in parts.parents]
    given += [none] * (ty.parents - len(given))
    s.i0, s.d0 = given[0]
    if ty.parents == 2:
        s.i1, s.d1 = given[1]
    return s._getvalue()


def recorded(context: Any, builder: Any, parts: Parts) -> Any:
    """Index of a number on the record; writes an entry unless it is there already or has no parents."""
    if not parts.parents:
        return I32(0)
    if len(parts.parents) == 1 and parts.parents[0][1] is None:
        return parts.parents[0][0]
    (i0, d0), (i1, d1) = [*parts.parents, (I32(0), F64(0.0))][:2]
    return write_entry(builder, i0, F64(1.0) if d0 is None else d0, i1, F64(1.0) if d1 is None else d1)


def header_pointer(builder: Any) -> Any:
    """The module's variable that holds the address of the record in use."""
    module = builder.module
    try:
        return module.get_global("statelint_tape_header")
    except KeyError:
        variable = ir.GlobalVariable(module, I64, "statelint_tape_header")
        variable.linkage = "linkonce_odr"
        variable.initializer = I64(0)
        return variable


def _field(builder: Any, header: Any, place: int) -> Any:
    return builder.inttoptr(builder.add(header, I64(8 * place)), I64.as_pointer())


def write_entry(builder: Any, i0: Any, d0: Any, i1: Any, d1: Any) -> Any:
    """Append an entry; returns its index."""
    header = builder.load(header_pointer(builder))
    place = _field(builder, header, POSITION)
    position = builder.load(place)
    full = builder.icmp_unsigned(">=", position, builder.load(_field(builder, header, CAPACITY)))
    with cgutils.if_unlikely(builder, full):
        builder.call(_grow_function(builder.module), [header])
    position = builder.load(place)
    address = builder.add(builder.load(_field(builder, header, BASE)), builder.mul(position, I64(ENTRY.itemsize)))
    for offset, value in ((0, i0), (4, i1), (8, d0), (16, d1)):
        builder.store(value, builder.inttoptr(builder.add(address, I64(offset)), value.type.as_pointer()))
    builder.store(builder.add(position, I64(1)), place)
    return builder.trunc(position, I32)


def _grow_function(module: Any) -> Any:
    """``void grow(i64 header)``: doubles the block; on failure flags the record and starts over in the old room."""
    name = "statelint_tape_grow"
    try:
        return module.get_global(name)
    except KeyError:
        pass
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64]), name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    (header,) = function.args
    at = {p: _field(builder, header, p) for p in (BASE, POSITION, CAPACITY, RAW, FLAG, START)}
    start = builder.load(at[START])
    count = builder.mul(builder.sub(builder.load(at[CAPACITY]), start), I64(2))
    capacity = builder.add(start, count)
    bytes_type = ir.IntType(8).as_pointer()
    realloc = cgutils.get_or_insert_function(module, ir.FunctionType(bytes_type, [bytes_type, I64]), "realloc")

    def fail(flag: int) -> None:
        builder.store(I64(flag), at[FLAG])
        builder.store(start, at[POSITION])
        builder.ret_void()

    with builder.if_then(builder.icmp_unsigned(">", capacity, I64(LIMIT)), likely=False):
        fail(1)
    old = builder.inttoptr(builder.load(at[RAW]), bytes_type)
    fresh = builder.ptrtoint(builder.call(realloc, [old, builder.mul(count, I64(ENTRY.itemsize))]), I64)
    with builder.if_then(builder.icmp_unsigned("==", fresh, I64(0)), likely=False):
        fail(2)
    builder.store(fresh, at[RAW])
    builder.store(builder.sub(fresh, builder.mul(start, I64(ENTRY.itemsize))), at[BASE])
    builder.store(capacity, at[CAPACITY])
    builder.ret_void()
    return function


@lower_cast(Pending, Pending)
def _cast_pending(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return put_together(context, builder, toty, take_apart(context, builder, fromty, value))


@lower_cast(types.Float, Pending)
@lower_cast(types.Integer, Pending)
def _cast_number(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return put_together(context, builder, toty, take_apart(context, builder, fromty, value))


@unbox(Pending)
def _unbox_leaf(typ: Any, obj: Any, c: Any) -> Any:
    s = cgutils.create_struct_proxy(typ)(c.context, c.builder)
    for name, ty in (("value", types.float64), ("index", types.uint32), ("header", types.int64)):
        part = c.pyapi.object_getattr_string(obj, name)
        native = c.unbox(ty, part).value
        c.pyapi.decref(part)
        if name == "value":
            s.value = native
        elif name == "index":
            s.i0 = native
        else:
            c.builder.store(native, header_pointer(c.builder))
    return NativeValue(s._getvalue(), is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@box(Pending)
def _box_pending(typ: Any, value: Any, c: Any) -> Any:
    parts = take_apart(c.context, c.builder, typ, value)
    index = recorded(c.context, c.builder, parts)
    number = c.pyapi.float_from_double(parts.value)
    place = c.pyapi.from_native_value(types.uint32, index)
    zero = c.pyapi.long_from_longlong(I64(0))
    cls = c.pyapi.unserialize(c.pyapi.serialize_object(Leaf))
    out = c.pyapi.call_function_objargs(cls, (number, place, zero))
    for part in (number, place, zero, cls):
        c.pyapi.decref(part)
    return out
