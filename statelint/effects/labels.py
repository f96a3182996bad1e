"""Stable, readable names for what the tables of a run number."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.effects.facts import Span
from statelint.effects.frame import Frame
from statelint.effects.value import BoundRef, LibInst, LibRef, ModRef, PartialRef, Ref, WrapRef
from statelint.storage import Index, Linear, Region, Slice

_KIND_ORDER = ("param", "default", "free", "global", "class", "external", "lib", "frame", "new", "old")


def place(at: Span) -> str:
    """``line:column``."""
    return f"{at[0]}:{at[1]}"


def region_text(region: Region) -> str:
    """``[:3, i1]``; nothing for a whole storage."""
    if not region:
        return ""
    return "[" + ", ".join(_selector_text(selector) for selector in region) + "]"


def _selector_text(selector: Index | Slice | None) -> str:
    if selector is None:
        return "?"
    if isinstance(selector, Index):
        return linear_text(selector.at)
    lower = "" if selector.lower is None else linear_text(selector.lower)
    upper = "" if selector.upper is None else linear_text(selector.upper)
    return f"{lower}:{upper}" + ("" if selector.exact else "~")


def linear_text(number: Linear) -> str:
    """``i1+2``; ``i1'`` is the same number in an earlier turn."""
    if not number.symbol:
        return str(number.offset)
    name = f"i{abs(number.symbol)}" + ("'" if number.symbol < 0 else "")
    return name if not number.offset else f"{name}{number.offset:+d}"


class Labels:
    """Names for the storages, origins, saves and constants of one run of one function."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._names: dict[int, str] = {}
        taken: dict[str, int] = {}
        for sid, record in enumerate(frame.storages):
            if record.kind in ("new", "old"):
                at = record.key[0]  # type: ignore[index]
                text = f"@{place(at)}" + ("~" if record.kind == "old" else "")
                taken[text] = taken.get(text, 0) + 1
                self._names[sid] = text if taken[text] == 1 else f"{text}#{taken[text]}"

    def name(self, sid: int) -> str:
        """The access path of a storage, or the place that allocates it."""
        known = self._names.get(sid)
        if known is None:
            known = self._names[sid] = self._name(sid)
        return known

    def _name(self, sid: int) -> str:
        record = self.frame.storages[sid]
        if record.kind == "field":
            return self.member(record.base, record.key)
        if record.kind == "frame":
            return "<cells>"
        if record.kind == "free":
            return "<enclosing>"
        if record.kind == "lib":
            return "<globals>"
        return self.frame.path(sid)

    def member(self, sid: int, key: object) -> str:
        """The access path of an attribute, an element or a captured variable."""
        if self.frame.storages[sid].kind in ("free", "frame", "lib"):
            return str(key)
        base = self.name(sid)
        if isinstance(key, str):
            return f"{base}{key}" if key.startswith("[") else f"{base}.{key}"
        return f"{base}[{key!r}]"

    def kind(self, sid: int) -> str:
        """The storage's kind: *param*, *global*, *attribute*, *element*, *captured*, *new* ..."""
        record = self.frame.storages[sid]
        if record.kind != "field":
            return "earlier" if record.kind == "old" else record.kind
        if self.frame.storages[record.base].kind in ("free", "frame"):
            return "captured"
        return "element" if isinstance(record.key, str) and record.key.startswith("[") else "attribute"

    def sorted(self, sids: Iterable[int]) -> list[int]:
        """Storages by kind of root, then by name, allocations by place."""
        return sorted(sids, key=self._order)

    def _order(self, sid: int) -> tuple[int, Span, str]:
        root = self.frame.root(sid)
        known = root.kind in _KIND_ORDER
        at = root.key[0] if root.kind in ("new", "old") else (0, 0, 0, 0)  # type: ignore[index]
        return _KIND_ORDER.index(root.kind) if known else len(_KIND_ORDER), at, self.name(sid)

    def origins(self, bits: int) -> list[str]:
        """The access paths behind a set of origin bits, sorted."""
        return sorted({self.name(sid) for sid in self.frame.origin_sids(bits)})

    def saves(self, bits: int) -> list[str]:
        """``s0``, ``s3`` ... for a set of save bits."""
        return [f"s{index}" for index in range(bits.bit_length()) if bits >> index & 1]

    def constant(self, value: object) -> str:
        """A constant as Python writes it; a number that is not known as its symbol; a slice as in an index."""
        if isinstance(value, Linear):
            return linear_text(value)
        if isinstance(value, tuple) and len(value) == 4 and value[0] == "slice":
            return _selector_text(Slice(*value[1:]))
        return repr(value)

    def ref(self, ref: Ref) -> str:
        """What a callable or an instance is: ``pkg.m.f``, ``instance pkg.m.C``, ``torch.relu``, ``grad of f``."""
        if isinstance(ref, LibRef):
            return ref.name
        if isinstance(ref, LibInst):
            return f"instance {ref.name}"
        if isinstance(ref, ModRef):
            return ref.module
        if isinstance(ref, BoundRef):
            owners = "|".join(self.ref(each) for each in ref.receiver.refs)
            return f"method {ref.name}" + (f" of {owners}" if owners else "")
        if isinstance(ref, PartialRef):
            return "partial of " + "|".join(self.ref(each) for each in ref.func.refs)
        if isinstance(ref, WrapRef):
            return f"{ref.kind or 'wrapper'} of " + "|".join(self.ref(each) for each in ref.func.refs)
        kind = {"InstRef": "instance ", "ClassRef": "class "}.get(type(ref).__name__, "")
        return f"{kind}{ref.module}.{ref.qualname}"
