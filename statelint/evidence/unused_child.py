"""``rng, child = split(rng)`` where ``child`` is never read, while ``rng`` is handed to a call and carried on as
well."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Link, Span
from statelint.evidence.body import Body, Site
from statelint.ir import nodes as ir

KIND = "unused_child"
NAMES = frozenset(("split",))


def observe(body: Body) -> Iterator[Evidence]:
    """Splits of a key into two names of which one is read nowhere."""
    loads = _loads(body)
    for call in body.calls:
        if call.method != "split" or not ({"jax.random.split", "?.split"} & {*call.names}):
            continue
        if "jax.random.split" not in call.names:
            continue
        names = []
        for part in body.unpacked(call.dst):
            stored = body.stored_as(part)
            names.append(stored[0][0] if len(stored) == 1 else "")
        if len(names) != 2 or not all(names) or any(n.startswith("_") or "." in n for n in names):
            continue
        unused = [n for n in names if not any(at > call.site.order for at, _ in loads.get(n, ()))]
        if len(unused) != 1 or loads.get(unused[0]):
            continue
        carried = names[0] if unused[0] == names[1] else names[1]
        use = _use(body, carried, call.site)
        if use is not None:
            step = Link(body.module, call.at, f"`{unused[0]}` is made here and never used")
            yield Evidence(use, KIND, carried, 1, (("child", unused[0]),), (step,))


def _loads(body: Body) -> dict[str, list[tuple[int, ir.Load]]]:
    found: dict[str, list[tuple[int, ir.Load]]] = {}
    for site in body.of(ir.Load):
        assert isinstance(site.instr, ir.Load)
        found.setdefault(site.instr.name, []).append((site.order, site.instr))
    for name in body.fn.cells:
        # A nested function may read it.
        found.setdefault(name, []).append((1 << 30, ir.Load(body.fn.at, -1, name, "cell")))
    return found


def _use(body: Body, name: str, split: Site) -> Span | None:
    """Where the other key is handed to a call, if it is also carried on: returned, stored, or split again."""
    used: Span | None = None
    carried = False
    for site in body.of(ir.Load):
        load = site.instr
        assert isinstance(load, ir.Load)
        if load.name != name or site.order < split.order:
            continue
        for user in body.uses.get(load.dst, ()):
            instr = user.instr
            if isinstance(instr, (ir.Call, ir.CallMethod)):
                call = body.call_of[instr.dst]
                if "jax.random.split" in call.names or "jax.random.fold_in" in call.names or call.classes:
                    carried = True
                elif used is None:
                    used = load.at
            elif isinstance(instr, (ir.Return, ir.Build, ir.BuildDict, ir.SetAttr, ir.SetItem)):
                carried = True
    return used if carried else None
