"""One-shot iterators: made once, consumed more than once.

Detail ``form``: *name* (consumed twice in this function: the steps say where), *made* (kept as ``attribute``),
*consumed* (the ``attribute`` is run through here). ``what`` is the text of the iterator.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.changes import apart
from statelint.ir import nodes as ir

KIND = "iterator_reused"
NAMES = None
_LAZY = frozenset(
    (
        "zip",
        "map",
        "filter",
        "itertools.chain",
        "itertools.islice",
        "itertools.product",
        "itertools.chain.from_iterable",
    )
)
_METHODS = frozenset(
    ("parameters", "named_parameters", "buffers", "named_buffers", "modules", "named_modules", "children")
)
_CONSUMERS = frozenset(
    """list tuple set dict sum max min sorted any all torch.nn.utils.clip_grad_norm_ torch.nn.utils.clip_grad_value_
    torch.nn.utils.parameters_to_vector torch.autograd.grad frozenset numpy.fromiter torch.stack torch.cat""".split()  # noqa: SIM905
)


def observe(body: Body) -> Iterator[Evidence]:
    """Names and attributes bound to a one-shot iterator."""
    for reg, site in list(body.producer.items()):
        what = _one_shot(body, reg, site)
        if not what:
            continue
        for path, stored in body.stored_as(reg):
            if path.startswith("self.") and path.count(".") == 1:
                details = (("form", "made"), ("attribute", path[5:]), ("what", what))
                yield Evidence(stored.at, KIND, path, 0, details)
            elif (
                "." not in path
                and isinstance(stored.instr, ir.Store)
                and (stored.instr.scope == "local" or body.fn.kind == "module")
            ):
                yield from _twice(body, path, stored, what)
    for site, path in _consumptions(body):
        if path.startswith("self.") and path.count(".") == 1:
            yield Evidence(site.at, KIND, path, 0, (("form", "consumed"), ("attribute", path[5:])))


def _one_shot(body: Body, reg: int, site: Site) -> str:
    instr = site.instr
    if isinstance(instr, ir.Build) and instr.kind == "generator":
        return "the generator"
    if not isinstance(instr, (ir.Call, ir.CallMethod)):
        return ""
    call = body.call_of.get(reg)
    if call is None:
        return ""
    if isinstance(instr, ir.CallMethod) and instr.name in _METHODS:
        own = [body.analyzer.symbols.function(*key) for key in call.functions]
        if (call.functions and not all(fn is not None and fn.is_generator for fn in own)) or call.args:
            return ""
        return body.text(reg)
    if call.functions and all(
        fn is not None and fn.is_generator and "contextmanager" not in " ".join(fn.decorators)
        for fn in (body.analyzer.symbols.function(*key) for key in call.functions)
    ):
        return body.text(reg)
    return body.text(reg) if call.names and set(call.names) <= _LAZY else ""


def _consumptions(body: Body) -> Iterator[tuple[Site, str]]:
    """Places that run through all of what a name or attribute holds."""
    for site in body.sites:
        instr = site.instr
        if isinstance(instr, ir.For):
            path = body.path(instr.iterable)
            if path and not _breaks(instr.body):
                yield site, path
            call = body.call_of.get(instr.iterable)
            if call is not None and not {"zip", "enumerate"}.isdisjoint(call.names) and not _breaks(instr.body):
                for reg in call.args:
                    if body.path(reg):
                        yield call.site, body.path(reg)
    for call in body.calls:
        if _consumes(call):
            for reg in call.args[:1]:
                if body.path(reg):
                    yield call.site, body.path(reg)


def _consumes(call: CallSite) -> bool:
    if not _CONSUMERS.isdisjoint(call.names):
        return True
    return any(name.startswith("torch.optim.") and name.count(".") == 2 for name in call.names) or call.method in (
        "extend",
        "clip_grad_norm_",
    )


def _breaks(block: ir.Block) -> bool:
    """Whether a loop may stop before the end (its own break, or a return)."""
    for instr in block:
        if isinstance(instr, (ir.Break, ir.Return)):
            return True
        if isinstance(instr, ir.If) and (_breaks(instr.then) or _breaks(instr.orelse)):
            return True
        if isinstance(instr, ir.With) and _breaks(instr.body):
            return True
        if isinstance(instr, ir.Try) and _breaks(instr.body):
            return True
    return False


def _twice(body: Body, name: str, stored: Site, what: str) -> Iterator[Evidence]:
    bound = [s for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == name]
    if len(bound) != 1:
        return
    used = [site for site, path in _consumptions(body) if path == name and site.order > stored.order]
    used.sort(key=lambda site: site.order)
    if not used:
        return
    first = used[0]
    details = (("form", "name"), ("what", what))
    if len(first.loops) > len(stored.loops):
        step = Link(body.module, first.at, f"each turn of the loop runs through `{name}`: only the first sees elements")
        yield Evidence(stored.at, KIND, name, 0, details, (step,))
        return
    for second in used[1:]:
        if not apart(first, second) and second.at != first.at and not _ends(body, first):
            steps = (
                Link(body.module, first.at, f"`{name}` is used up here"),
                Link(body.module, second.at, f"`{name}` is empty here"),
            )
            yield Evidence(stored.at, KIND, name, 0, details, steps)
            return


def _ends(body: Body, site: Site) -> bool:
    """Whether the branch of a place leaves the function."""
    return bool(site.guards) and any(
        isinstance(other.instr, (ir.Return, ir.Raise))
        and other.guards[: len(site.guards)] == site.guards
        and other.order > site.order
        for other in body.of(ir.Return, ir.Raise)
    )
