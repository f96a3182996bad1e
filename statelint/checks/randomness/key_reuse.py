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
        key = fact.key if fact.key.replace(".", "_").isidentifier() else "key"
        split = fact.split or "jax.random.split"
        if fact.loop:
            message = f"{name} is consumed again in each turn of the loop: every turn draws the same numbers"
            folded = f"{split.removesuffix('split')}fold_in({key}, i)" if split.endswith("split") else "fold_in(key, i)"
            help = (
                f"Split in the loop and draw from the new key (`{key}, subkey = {split}({key})`), split before it and "
                f"take one key a turn (`keys = {split}({key}, n)`), or fold in the turn (`{folded}`)."
            )
        else:
            message = f"{name} is used again after {spoken(fact.first_op)} consumed it: the draws are not independent"
            help = f"Split it first and use each part once: `{key}, subkey = {split}({key})`."
        # The draws of a test are chosen, not sampled: the same key twice is how it compares two ways to one result.
        doubt = fact.doubt + (2 if program.in_test(info) else 0)
        hint = {}
        if fact.key.isidentifier() and fact.first.module == info.module:
            first = fact.at if fact.loop else fact.first.at
            hint = {"key": fact.key, "insert_line": str(first[0]), "fresh": "subkey", "split": fact.split}
            hint["loop"] = "yes" if fact.loop else ""
            if fact.argument is not None:
                hint["use_span"] = ",".join(map(str, fact.argument))
        yield draft(program, CODE, info, fact.at, message, help, doubt, (fact.first,), hint)
