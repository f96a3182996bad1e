"""Two rewrites of a kernel's code before types are inferred: variables settle, and ``x * x`` becomes a square.

A number that is assigned to a variable is likely to be used more than once. If it has two parents it is written to the
record at the assignment, so that later uses refer to one entry instead of repeating both parents.
"""
# mypy: allow-untyped-calls, allow-untyped-decorators, allow-subclassing-any

from __future__ import annotations

import operator
from typing import Any

from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typing.templates import signature
from numba.core.untyped_passes import IRProcessing
from numba.extending import intrinsic, overload

from statelint.tape.kernel_types import PENDING, Parts, Pending, put_together, take_apart


def settle(x: Any) -> Any:
    """``x``, on the record if it has two parents there."""
    return x


def square(x: Any) -> Any:
    """``x * x``."""
    return x * x


def _settled_intrinsic(typingctx: Any, x: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return put_together(context, builder, PENDING[0], take_apart(context, builder, x, args[0]))

    return signature(PENDING[0], x), codegen


def _squared_intrinsic(typingctx: Any, x: Any) -> Any:
    into = PENDING[max(x.parents, 1)]

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        parts = take_apart(context, builder, x, args[0])
        twice = builder.fadd(parts.value, parts.value)
        squared = Parts(builder.fmul(parts.value, parts.value), parts.scaled(builder, twice))
        return put_together(context, builder, into, squared)

    return signature(into, x), codegen


_settled: Any = intrinsic(_settled_intrinsic)
_squared: Any = intrinsic(_squared_intrinsic)


@overload(settle, strict=False)
def _overload_settle(x: Any) -> Any:
    if isinstance(x, Pending) and x.parents == 2:
        return lambda x: _settled(x)
    return lambda x: x


@overload(square, strict=False)
def _overload_square(x: Any) -> Any:
    if isinstance(x, Pending):
        return lambda x: _squared(x)
    return lambda x: x * x


@register_pass(mutates_CFG=False, analysis_only=False)
class SettleVariables(FunctionPass):
    """Wrap what is assigned to named variables in ``settle``; turn ``x * x`` into ``square(x)``."""

    _name = "statelint_settle_variables"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Rewrite every block."""
        for block in state.func_ir.blocks.values():
            block.body = _rewritten(block.body, block.scope)
        return True


def _rewritten(body: list[Any], scope: Any) -> list[Any]:
    out: list[Any] = []
    arithmetic: set[str] = set()
    for statement in body:
        if isinstance(statement, ir.Assign):
            value, target = statement.value, statement.target
            if isinstance(value, ir.Expr) and value.op in ("binop", "inplace_binop"):
                arithmetic.add(target.name)
                if value.fn is operator.mul and value.lhs.name == value.rhs.name:
                    statement = _call(out, scope, square, value.lhs, target, statement.loc)
                if not target.name.startswith("$"):
                    inner = scope.redefine("$unsettled", statement.loc)
                    out.append(ir.Assign(statement.value, inner, statement.loc))
                    statement = _call(out, scope, settle, inner, target, statement.loc)
            elif isinstance(value, ir.Var) and value.name in arithmetic and not target.name.startswith("$"):
                statement = _call(out, scope, settle, value, target, statement.loc)
        out.append(statement)
    return out


def _call(out: list[Any], scope: Any, function: Any, argument: Any, target: Any, loc: Any) -> Any:
    name = scope.redefine("$tape_function", loc)
    out.append(ir.Assign(ir.Global(function.__name__, function, loc), name, loc))
    return ir.Assign(ir.Expr.call(name, (argument,), (), loc), target, loc)


class KernelCompiler(CompilerBase):
    """Numba's compiler with the rewrites of this module."""

    def define_pipelines(self) -> Any:
        """The default pipeline, with the rewrites after the first clean-up."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.add_pass_after(SettleVariables, IRProcessing)
        manager.finalize()
        return [manager]
