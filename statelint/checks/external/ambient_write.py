"""SL807: a layer, dataset or optimizer sets a process-wide mode or seed, and leaves it set."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL807"


def check(program: Program) -> Iterable[Draft]:
    """Global modes and seeds that methods of library-like classes set."""
    for info, found in program.evidence("ambient"):
        name = found.detail("name")
        if found.detail("what") == "seed":
            message = (
                f"Constructing `{info.owner}` seeds the global generator (`{name}`): what other code draws afterwards "
                "is decided here"
            )
            help = "Make a generator of its own (`torch.Generator().manual_seed(seed)`, `np.random.default_rng(seed)`)."
        else:
            message = (
                f"`{info.name}` sets a mode of the whole process (`{name}`) and leaves it set: other code computes "
                "otherwise from here on"
            )
            help = (
                "Pass `dtype=`, `device=` where values are made, use the context manager, or put the old value back "
                "in `finally`."
            )
        yield draft(program, CODE, info, found.at, message, help, found.doubt)
