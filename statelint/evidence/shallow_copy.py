"""A copy that shares what is changed afterwards.

Detail ``form``: *state_dict* (kept while training goes on), *model* (``best = model``), *container* (``dict(d)``, then
a change of an element that both hold), *vars* (the object's own dictionary is changed), *tensor* (``copy.copy(t)``,
then a write). ``copy`` is the text of the copy, ``change`` the text of the change. With form *kept* or *loaded* the
``attribute`` is named that keeps a state dictionary, or that is loaded from: the check joins the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link
from statelint.effects.value import NDARRAY, TENSOR
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.changes import Change, apart, changes, name_of, storages, through
from statelint.ir import nodes as ir

KIND = "shallow_copy"
NAMES = frozenset(
    ("state_dict", "load_state_dict", "dict", "copy", "list", "vars", "__dict__", "OrderedDict", "deque", "step")
)
_TRAINING = frozenset(
    ("step", "backward", "train_step", "training_step", "train_epoch", "train_one_epoch", "fit", "train_on_batch")
)
_COPIES = frozenset(
    ("dict", "copy.copy", "collections.OrderedDict", "list", "collections.deque", "builtins.dict", "builtins.list")
)


def observe(body: Body) -> Iterator[Evidence]:
    """All forms."""
    if "state_dict" in body.names:
        yield from _state_dicts(body)
    if "load_state_dict" in body.names:
        yield from _loads(body)
    if "step" in body.names:
        yield from _models(body)
    if not body.names.isdisjoint(("dict", "copy", "list", "vars", "__dict__", "OrderedDict", "deque")):
        found = changes(body)
        yield from _containers(body, found)
        yield from _own_dictionaries(body, found)


# state dictionaries ---------------------------------------------------------------------------------------------------


def _state_dicts(body: Body) -> Iterator[Evidence]:
    details: tuple[tuple[str, str], ...]
    for call in body.calls:
        if call.method != "state_dict" or call.receiver < 0 or call.functions:
            continue
        model = body.path(call.receiver)
        for result in _wrappings(body, call.dst):
            for path, stored in body.stored_as(result):
                at = call.site.at
                trained = [s for s in _training(body) if _shares_loop(s, stored)]
                if path.startswith("self.") and path.count(".") == 1:
                    details = (
                        ("form", "kept"),
                        ("attribute", path[5:]),
                        ("model", model),
                        ("loop", "yes" if trained else ""),
                    )
                    steps = tuple(_trained(body, s) for s in trained[:1])
                    yield Evidence(at, KIND, path, 0, details, steps)
                    continue
                later = _consumers(body, path, stored)
                if trained:
                    used = [k for k in later if len(_common(k, stored)) < len(stored.loops)]
                    step = trained[0]
                else:
                    used = [k for k in later if _loads_into(body, k, model)]
                    between = [s for s in _training(body) if used and stored.order < s.order < used[-1].order]
                    if not between:
                        continue
                    step = between[0]
                if used and "." not in path:
                    use = Link(body.module, used[-1].at, f"`{path}` is used here as what it was")
                    details = (("form", "state_dict"), ("copy", f"{model}.state_dict()"))
                    yield Evidence(at, KIND, path, 0, details, (_trained(body, step), use))


def _wrappings(body: Body, reg: int) -> Iterator[int]:
    """The register of a state dictionary, and those of its shallow copies."""
    yield reg
    for site in body.uses.get(reg, ()):
        instr = site.instr
        if isinstance(instr, ir.Call) and reg in instr.args:
            call = body.call_of.get(instr.dst)
            if call is not None and not _COPIES.isdisjoint(call.names):
                yield instr.dst
        elif isinstance(instr, ir.CallMethod) and instr.obj == reg and instr.name == "copy":
            yield instr.dst
        elif isinstance(instr, ir.CallMethod) and instr.obj == reg and instr.name == "items":
            yield from _comprehended(body, instr.dst)


def _comprehended(body: Body, items: int) -> Iterator[int]:
    """``{k: v for k, v in state.items()}``: a dictionary of the same tensors."""
    for site in body.of(ir.Append):
        instr = site.instr
        assert isinstance(instr, ir.Append)
        if site.loops and isinstance(site.loops[-1], ir.For) and site.loops[-1].iterable == items and instr.key >= 0:
            made = body.producer.get(instr.value)
            if made is not None and isinstance(made.instr, ir.Load):
                yield instr.target


def _training(body: Body) -> Iterator[Site]:
    for call in body.calls:
        names = (call.method, *(key[1].rpartition(".")[2] for key in call.functions))
        if call.method in _TRAINING or any("train" in n and n not in ("train", "training") for n in names):
            yield call.site


def _trained(body: Body, site: Site) -> Link:
    return Link(body.module, site.at, "training goes on here and changes the same tensors")


def _shares_loop(a: Site, b: Site) -> bool:
    return bool(_common(a, b))


def _common(a: Site, b: Site) -> tuple[object, ...]:
    """The loops around both."""
    found = []
    for mine, other in zip(a.loops, b.loops, strict=False):
        if mine is not other:
            break
        found.append(mine)
    return tuple(found)


def _consumers(body: Body, name: str, stored: Site) -> list[Site]:
    """Places after a store that hand a name to ``load_state_dict``, save it or return it."""
    found = []
    for site in body.sites:
        if site.order <= stored.order:
            continue
        instr = site.instr
        if isinstance(instr, (ir.CallMethod, ir.Call)):
            called = instr.name if isinstance(instr, ir.CallMethod) else body.text(instr.func)
            if called.rpartition(".")[2] in ("load_state_dict", "save", "load_params", "set_weights") and any(
                body.path(reg) == name for reg in instr.args
            ):
                found.append(site)
        elif isinstance(instr, ir.Return) and body.path(instr.src) == name:
            found.append(site)
    return found


def _loads_into(body: Body, site: Site, model: str) -> bool:
    instr = site.instr
    return isinstance(instr, ir.CallMethod) and instr.name == "load_state_dict" and body.path(instr.obj) == model


def _loads(body: Body) -> Iterator[Evidence]:
    for site in body.of(ir.CallMethod):
        instr = site.instr
        assert isinstance(instr, ir.CallMethod)
        if instr.name == "load_state_dict" and instr.args:
            path = body.path(instr.args[0])
            if path.startswith("self.") and path.count(".") == 1:
                details = (("form", "loaded"), ("attribute", path[5:]), ("model", body.path(instr.obj)))
                yield Evidence(site.at, KIND, path, 0, details)


def _models(body: Body) -> Iterator[Evidence]:
    """``best_model = model`` in a training loop."""
    for site in body.of(ir.Store):
        instr = site.instr
        assert isinstance(instr, ir.Store)
        if not instr.name.startswith("best_") or not site.loops or not site.guards:
            continue
        source = body.path(instr.src)
        word = instr.name[5:]
        if (
            not source
            or source.rpartition(".")[2] == instr.name
            or word not in ("model", "net", "network", "agent", "policy")
        ):
            continue
        trained = [s for s in _training(body) if _shares_loop(s, site)]
        used = [
            s for s in body.of(ir.Load)
            if isinstance(s.instr, ir.Load) and s.instr.name == instr.name and s.order > site.order
            and len(s.loops) < len(site.loops)
        ]  # fmt: skip
        rebound = [s for s in body.of(ir.Store) if isinstance(s.instr, ir.Store) and s.instr.name == source and s.loops]
        if trained and used and not rebound:
            use = Link(body.module, used[0].at, f"`{instr.name}` is used here as what it was")
            details = (("form", "model"), ("copy", source))
            yield Evidence(site.at, KIND, instr.name, 0, details, (_trained(body, trained[0]), use))


# containers -----------------------------------------------------------------------------------------------------------


def _containers(body: Body, found: list[Change]) -> Iterator[Evidence]:
    for call in body.calls:
        source = _copied(call)
        if source < 0:
            continue
        if kind_of(body.frame, body.value(source)) & (TENSOR | NDARRAY):
            yield from _tensors(body, call, source, found)
            continue
        origin = body.path(source) or body.text(source)
        elements = storages(body, source) | storages(body, call.dst)
        for change in found:
            if change.site.order < call.site.order or apart(change.site, call.site) or change.reg in (source, call.dst):
                continue
            chain = through(body, change.reg)
            if not chain or body.path(chain[-1]) == origin or not _deep(body, change, call):
                continue
            if not any(_element_of(body, sid, elements) for sid in storages(body, change.reg)):
                continue
            if not _outlives(body, source, call):
                continue
            link = Link(body.module, change.site.at, f"`{change.op}` changes what both hold")
            details = (("form", "container"), ("copy", origin), ("change", change.op))
            yield Evidence(call.site.at, KIND, origin, 0, details, (link,))
            break


def _copied(call: CallSite) -> int:
    """The register of what a call copies shallowly; -1 if it does not."""
    if call.receiver >= 0:
        known = any(name.startswith(("numpy.", "torch.", "jax.", "pandas.")) for name in call.names)
        return call.receiver if call.method == "copy" and not call.args and not call.functions and not known else -1
    if not _COPIES.isdisjoint(call.names) and len(call.args) == 1:
        return call.args[0]
    return -1


def _element_of(body: Body, sid: int, owners: frozenset[int]) -> bool:
    record = body.frame.storages[sid]
    return record.kind == "field" and record.base in owners


def _deep(body: Body, change: Change, call: CallSite) -> bool:
    """Whether the change is one of a container, where nobody knows what was copied: arrays copy whole."""
    if call.receiver < 0:
        return True
    instr = change.site.instr
    if change.how == "call":
        return isinstance(instr, ir.CallMethod) and not instr.name.endswith("_")
    index = body.value(instr.index).const if isinstance(instr, (ir.SetItem, ir.DelItem)) else None
    made = body.producer.get(change.reg)
    outer = body.value(made.instr.index).const if made is not None and isinstance(made.instr, ir.GetItem) else None
    return isinstance(index, str) and isinstance(outer, str)


def _outlives(body: Body, source: int, call: CallSite) -> bool:
    """Whether what was copied is somebody else's, or is used again."""
    if any(body.frame.outside(sid) for sid in storages(body, source)):
        return True
    name = name_of(body, source)
    return bool(name) and any(
        isinstance(s.instr, ir.Load) and s.instr.name == name and (s.order > call.site.order or _common(s, call.site))
        for s in body.of(ir.Load)
        if s.instr is not _maker(body, source)
    )


def _maker(body: Body, reg: int) -> object:
    made = body.producer.get(reg)
    return made.instr if made is not None else None


def _tensors(body: Body, call: CallSite, source: int, found: list[Change]) -> Iterator[Evidence]:
    if "copy.copy" not in call.names or not kind_of(body.frame, body.value(source)) & TENSOR:
        return
    for change in found:
        written = name_of(body, change.reg)
        after = change.site.order > call.site.order
        if after and written and written in {name for name, _ in body.stored_as(call.dst)}:
            link = Link(body.module, change.site.at, f"`{change.op}` writes into the memory of both")
            details = (("form", "tensor"), ("copy", body.text(source)), ("change", change.op))
            yield Evidence(call.site.at, KIND, body.text(source), 0, details, (link,))
            return


def _own_dictionaries(body: Body, found: list[Change]) -> Iterator[Evidence]:
    """``items = vars(obj)``, then entries deleted."""
    for change in found:
        if change.how not in ("del", "call"):
            continue
        name = name_of(body, change.reg)
        instr = change.site.instr
        if change.how == "call" and not (
            isinstance(instr, ir.CallMethod) and instr.name in ("pop", "popitem", "clear")
        ):
            continue
        for site in body.of(ir.Store):
            assert isinstance(site.instr, ir.Store)
            if site.instr.name != name or not name or site.order > change.site.order:
                continue
            made = body.producer.get(site.instr.src)
            call = body.call_of.get(site.instr.src)
            own = isinstance(made.instr, ir.GetAttr) and made.instr.name == "__dict__" if made is not None else False
            if own or (call is not None and "vars" in call.names):
                details = (("form", "vars"), ("copy", body.text(site.instr.src)), ("change", change.op))
                yield Evidence(change.site.at, KIND, name, 0, details, (Link(body.module, site.at, "not a copy"),))
                break
