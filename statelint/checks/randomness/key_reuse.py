"""SL602: one JAX key is consumed twice."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, spoken
from statelint.effects.facts import KeyReuse
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL602"


def check(program: Program) -> Iterable[Draft]:
    """Second consumptions of a key on a path."""
    for info, fact in program.facts(KeyReuse):
        name = f"`{fact.key}`" if fact.key else "A random key"
        if fact.loop:
            message = f"{name} is consumed again in each turn of the loop: every turn draws the same numbers"
            help = (
                f"Split before the loop (`keys = jax.random.split({fact.key or 'key'}, n)`) or in it (`key, sub = "
                "jax.random.split(key)`), or fold in the turn: `jax.random.fold_in(key, i)`."
            )
        else:
            message = f"{name} is used again after {spoken(fact.first_op)} consumed it: the draws are not independent"
            help = (
                f"Split it first and use each part once: `{fact.key or 'key'}, sub = "
                f"jax.random.split({fact.key or 'key'})`."
            )
        # The draws of a test are chosen, not sampled: the same key twice is how it compares two ways to one result.
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        hint = {}
        if fact.key.isidentifier() and not fact.loop and fact.first.module == info.module:
            hint = {"key": fact.key, "insert_line": str(fact.first.at[0]), "fresh": "subkey", "split": fact.split}
            if fact.argument is not None:
                hint["use_span"] = ",".join(map(str, fact.argument))
        yield draft(program, CODE, info, fact.at, message, help, doubt, (fact.first,), hint)
