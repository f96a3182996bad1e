"""SL108: gradients pile up, for nothing clears them between one step and the next."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Calls, Key, SpentGradient
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL108"


def check(program: Program) -> Iterable[Draft]:
    """Backward passes that add to gradients which a step has used."""
    handling = {(info.module, info.qualname) for info, _ in program.evidence("gradient_access")}
    for info, fact in program.facts(SpentGradient):
        key = (info.module, info.qualname)
        if key in handling or (fact.calls and _cleared_elsewhere(program, key, handling)):
            continue
        optimizer = fact.step.removesuffix(".step()")
        target = f"of `{fact.target}`" if fact.target else "that it fills"
        message = (
            f"The gradients {target} are never cleared: this backward pass adds to those that `{fact.step}` used before"
        )
        help = f"Call `{optimizer}.zero_grad()` before the backward pass, or after the step."
        yield draft(
            program, CODE, info, fact.at, message, help, fact.doubt + fact.calls, (fact.used,), {"optimizer": optimizer}
        )


def _cleared_elsewhere(program: Program, key: Key, handling: set[Key]) -> bool:
    """Whether another method of the class, or a function that calls this one, clears gradients."""
    module, qualname = key
    owner = qualname.rpartition(".")[0]
    if any(m == module and owner and q.startswith(f"{owner}.") for m, q in handling):
        return True
    pending, seen = [key], {key}
    while pending:
        callee = pending.pop()
        for info, fact in program.facts(Calls):
            caller = (info.module, info.qualname)
            if fact.callee == callee and caller not in seen:
                if caller in handling:
                    return True
                seen.add(caller)
                pending.append(caller)
    return False
