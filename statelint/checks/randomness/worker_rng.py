"""SL606: all workers of a loader draw the same from a copy of the dataset's generator."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Calls, FunctionFacts, Key
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL606"


def check(program: Program) -> Iterable[Draft]:
    """Draws of ``__getitem__`` from a generator that the constructor made, where a loader starts workers."""
    seen = list(program.evidence("own_generator"))
    loaders = [found for _, found in seen if found.detail("what") == "workers"]
    if not loaders or all(found.detail("seeded") for found in loaders):
        return
    for info, found in seen:
        if found.detail("what") != "draw" or not _fetches(program, info):
            continue
        attribute = found.subject.split(".")[1]
        owners = list(program.family((info.module, info.owner)))
        made = [writer for owner in owners for writer, _ in program.writes.get(("attribute", owner, attribute), ())]
        if any(writer.name != "__init__" for writer in made):
            continue  # made anew by an epoch, a worker or a first use
        message = (
            f"`{found.subject}` is copied to each worker process of a loader: all workers draw the same numbers, "
            "and the same again in each epoch"
        )
        help = (
            "Draw with `torch` or from a generator of the item (`np.random.default_rng((seed, epoch, index))`), "
            "or seed "
            "it in `worker_init_fn`."
        )
        yield draft(program, CODE, info, found.at, message, help, 1)


def _fetches(program: Program, info: FunctionFacts) -> bool:
    """Whether a method is `__getitem__`, or is called by it."""
    if info.name in ("__getitem__", "__getitems__"):
        return True
    key: Key = (info.module, info.qualname)
    for name in ("__getitem__", "__getitems__"):
        getter = program.functions.get((info.module, f"{info.owner}.{name}"))
        if getter is not None and any(isinstance(f, Calls) and f.callee == key for f in getter.facts):
            return True
    return False
