"""SL906: a value of one trace goes into a cache that outlives it."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain, why_region
from statelint.checks.hidden.attribute_state import lifted
from statelint.effects.facts import FunctionFacts, StateWrite
from statelint.effects.program import Program, Region
from statelint.effects.value import JAX
from statelint.findings import Draft

CODE = "SL906"
_STAGED = frozenset(("jit", "pmap", "scan", "loop", "cond", "checkpoint", "shard_map"))
"""Region kinds in which every array operation is traced, also one on constants."""
_HELP = (
    "Compute it outside of the compiled code and pass it in, or compute it anew: what is constant there is computed "
    "once by the compiler."
)


def check(program: Program) -> Iterable[Draft]:
    """Memoised arrays and lazily stored ones in staged regions; descriptors and closures that keep what they
    computed."""
    for info, fact in program.evidence("memo_of_arrays"):
        what = fact.detail("what")
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        if what in ("memo", "object"):
            region = _staged(program, info)
            if region is None:
                continue
            where = (
                f"`{fact.detail('memo')}` keeps the result of `{info.name}`"
                if what == "memo"
                else f"`{fact.subject}` keeps an array"
            )
            message = (
                f"{where}, which is a traced value when the first call is in a trace: the next use raises "
                f"`UnexpectedTracerError`; {why_region(program, info, region)}"
            )
            yield draft(program, CODE, info, fact.at, message, _HELP, max(doubt, region.doubt), region_chain(region))
        elif what == "descriptor":
            message = (
                f"The descriptor stores on `{fact.subject}` whatever it computed first: under `jit` or `vmap` that "
                "is a tracer, and the next access raises `UnexpectedTracerError`"
            )
            help = (
                "Store the value only where nothing is being traced (`jax.core.trace_ctx`, "
                "`jax.ensure_compile_time_eval`), or compute it each time."
            )
            yield draft(program, CODE, info, fact.at, message, help, doubt)
        elif what == "closure":
            message = (
                f"`{fact.detail('memo')}` keeps a function that closes over arrays computed at the first call of "
                f"`{info.name}`: if that call is in a trace, every later one meets its tracers"
            )
            yield draft(
                program,
                CODE,
                info,
                fact.at,
                message,
                "Do not memoise it, or compute the arrays outside of the traced code.",
                doubt,
            )
    yield from _stored(program)


def _stored(program: Program) -> Iterable[Draft]:
    for info, fact in program.facts(StateWrite):
        if fact.traced or fact.kind != JAX or fact.state.root not in ("attribute", "global") or lifted(program, fact):
            continue
        region = _staged(program, info)
        if region is None or region.root[1].endswith("__init__") or program.lasting(region.root, info, fact) is None:
            continue
        name = fact.state.text
        message = (
            f"`{name}` keeps an array that is made while tracing, and so is a tracer: the next use raises "
            f"`UnexpectedTracerError`; {why_region(program, info, region)}"
        )
        yield draft(program, CODE, info, fact.at, message, _HELP, max(fact.doubt, region.doubt), region_chain(region))


def _staged(program: Program, info: FunctionFacts) -> Region | None:
    for region in program.regions_of(info):
        if region.kind in _STAGED and region.framework == "jax":
            return region
    return None
