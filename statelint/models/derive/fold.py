"""From what experiments showed to a row: names for operands, conditions, one result for all samples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from statelint.models.derive.observation import Alias, Observation, Target
from statelint.models.derive.operands import Path
from statelint.models.record import Param

_FLAGS = ("inplace", "training", "use_input_stats", "return_indices", "log_target", "log_input", "hard")
"""Boolean arguments that may become conditions; any other correlation with a flag is a sample's accident."""


class Row(msgspec.Struct):
    """A row's fields as text, in the order in which they are written."""

    params: str = ""
    result: str = ""
    type: str = ""
    saves: str | None = None
    mutates: str = ""
    grad: str = ""
    draws: str = ""
    key: str = ""
    provenance: str = ""

    def fields(self) -> dict[str, str]:
        """Return the fields that say something."""
        found = {name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name)}
        if self.saves is not None:
            found["saves"] = self.saves
        if "provenance" in found:
            found["from"] = found.pop("provenance")
        return found


class Names:
    """Names of a call's operands, from a parameter list."""

    def __init__(self, params: Sequence[Param]) -> None:
        self.params = params
        self.plain = [param.name for param in params if param.kind == "normal"]
        self.rest = next((param.name for param in params if param.kind == "vararg"), "")
        self.known = {param.name for param in params}

    def of(self, path: Path) -> str:
        """Return the access path of an operand, such as ``input`` or ``tensors[*]``."""
        head, *inner = path
        if isinstance(head, str):
            name, nested = head, bool(inner)
        elif head < len(self.plain):
            name, nested = self.plain[head], bool(inner)
        else:
            name, nested = self.rest or f"_{head}", True
        return f"{name}[*]" if nested else name

    def default(self, flag: str) -> bool | None:
        """Return a flag's default, if it is a constant one."""
        return next((param.default == "True" for param in self.params if param.name == flag and param.default), None)


def target_name(target: Target, names: Names) -> str:
    """Return how a row speaks of something saved."""
    kind, path = target
    if kind == "operand":
        return names.of(path)
    return "result" + "".join(f"[{step}]" for step in path if isinstance(step, int))


def fold(observations: Sequence[Observation], params: Sequence[Param], *, counted: bool = True) -> Row:
    """Make one row of what all calls of one function showed. ``counted``: the library counts versions, so that a value
    whose overwriting raises nothing is an exception worth a word."""
    names = Names(params)
    notes: list[str] = []
    row = Row()
    result = _result(observations, names, notes)
    plain = result.startswith("fresh:")
    row.result, row.type = ("", result.removeprefix("fresh:")) if plain and ";" not in result else (result, "")
    row.mutates = _mutates(observations, names)
    if any(seen.draws for seen in observations):
        row.draws = "torch unless generator" if "generator" in names.known else "torch"
    if any(seen.differentiable for seen in observations):
        decisive = re.search(r" (given|when) (\w+); ", result)
        given = decisive[2] if decisive and decisive[1] == "given" else ""
        row.saves = _saves(observations, names, notes, given, counted)
    else:
        row.saves = ""
        if not row.mutates and any(word in result for word in ("tensor", "view", "same", "maybe")):
            row.grad = "no"
    row.provenance = "; ".join(["derived", *notes])
    return row


def _result(observations: Sequence[Observation], names: Names, notes: list[str]) -> str:
    solid = [seen for seen in observations if not _is_empty(seen.alias)] or observations
    texts = Counter(_alias(seen.alias, names) for seen in solid)
    if len(texts) == 1:
        return next(iter(texts))
    if all(text.startswith(("tuple(", "list(")) for text in texts):
        parts = {part for seen in solid for part in (_alias(item, names) for item in seen.alias.items)}
        if len(parts) == 1:
            return f"list({parts.pop()})"
    sources = {text.partition(" ")[2] for text in texts if text.startswith(("view ", "same "))}
    if len(sources) == 1 and all(text.startswith(("view ", "same ", "fresh")) for text in texts):
        same = all(text.startswith(("same ", "fresh")) for text in texts)
        if same and names.default("inplace") is not None:
            return "fresh:tensor"  # what `mutates ... when inplace` says already
        mode = "maybe" if any(text.startswith("fresh") for text in texts) else "view"
        return f"{mode} {sources.pop()}"
    if split := _split_result(solid, names):
        return split
    common = texts.most_common(1)[0][0]
    notes.append(f"result also {', '.join(sorted(text for text in texts if text != common))}")
    return common


def _is_empty(alias: Alias) -> bool:
    return alias.type == "empty" or any(_is_empty(item) for item in alias.items)


def _split_result(observations: Sequence[Observation], names: Names) -> str:
    """Return ``A given x; B`` or ``A when flag; B`` if one argument decides which of two results it is."""
    for param in names.params:
        states = [_given(seen, param.name, names) for seen in observations]
        flags = [_flag(seen, param.name, names) for seen in observations]
        for word, hits in (("when", [flag is True for flag in flags]), ("given", states)):
            on = {_alias(seen.alias, names) for seen, hit in zip(observations, hits, strict=True) if hit}
            off = {_alias(seen.alias, names) for seen, hit in zip(observations, hits, strict=True) if not hit}
            if len(on) == len(off) == 1:
                return f"{on.pop()} {word} {param.name}; {off.pop()}"
    return ""


def _given(seen: Observation, name: str, names: Names) -> bool:
    return name in seen.keywords or name in names.plain[: seen.positional]


def _alias(alias: Alias, names: Names) -> str:
    if alias.mode in ("same", "view"):
        return f"{alias.mode} {names.of(alias.of)}"
    if alias.mode in ("tuple", "list", "dict"):
        parts = [_alias(item, names) for item in alias.items]
        if not any(_has_array(item) for item in alias.items):
            return f"fresh:{alias.mode}"
        if alias.mode != "tuple":
            return f"{alias.mode}({parts[0] if len(set(parts)) == 1 else 'fresh'})"
        if len(set(parts)) == 1 and (parts[0].startswith("view") or len(parts) > 4):
            return f"list({parts[0]})"
        return f"tuple({', '.join(parts)})"
    if alias.mode == "none":
        return "none"
    return f"fresh:{_TYPES.get(alias.type, 'unknown')}" if alias.type else "fresh"


def alias_text(alias: Alias) -> str:
    """Return the text of a result that shares nothing with the operands."""
    return _alias(alias, Names(()))


def _has_array(alias: Alias) -> bool:
    return alias.mode in ("same", "view") or alias.type in _ARRAYS or any(_has_array(item) for item in alias.items)


_ARRAYS = frozenset(("tensor", "empty", "ndarray", "jax"))
_TYPES: Mapping[str, str] = {
    **{
        word: word
        for word in ("tensor", "ndarray", "jax", "int", "float", "bool", "str", "dtype", "list", "tuple", "dict")
    },
    **{"empty": "tensor", "complex": "scalar", "generic": "scalar", "Size": "tuple"},
}


def _flag(seen: Observation, flag: str, names: Names) -> bool | None:
    for path, value in seen.flags.items():
        if names.of(path) == flag:
            return value
    return names.default(flag)


def _split_by_flag(observations: Sequence[Observation], hits: Sequence[bool], names: Names) -> str:
    """Return ``when flag`` or ``when not flag`` if that separates the hits from observations that could have hit."""
    for flag in _FLAGS:
        if flag not in names.known:
            continue
        states = [_flag(seen, flag, names) for seen in observations]
        on = [hit for hit, state in zip(hits, states, strict=True) if state]
        off = [hit for hit, state in zip(hits, states, strict=True) if state is False]
        if on and off and any(on) != any(off):
            return f" when {flag}" if any(on) else f" when not {flag}"
    return ""


def _split_by_presence(observations: Sequence[Observation], hits: Sequence[bool], name: str, names: Names) -> str:
    given = [_given(seen, name, names) for seen in observations]
    on = any(hit for hit, state in zip(hits, given, strict=True) if state)
    off = any(hit for hit, state in zip(hits, given, strict=True) if not state)
    return "" if on == off else f" given {name}" if on else f" given not {name}"


def _mutates(observations: Sequence[Observation], names: Names) -> str:
    parts = []
    for name in _ordered({names.of(path) for seen in observations for path in seen.mutated}, names):
        hits = [any(names.of(path) == name for path in seen.mutated) for seen in observations]
        hidden = any(names.of(path) == name for seen in observations for path in seen.hidden)
        parts.append(name + (" hidden" if hidden else "") + _split_by_flag(observations, hits, names))
    return ", ".join(parts)


def _ordered(found: set[str], names: Names) -> list[str]:
    order = {param.name: index for index, param in enumerate(names.params)}
    return sorted(found, key=lambda name: (order.get(name.partition("[")[0], len(order)), name))


def _saves(observations: Sequence[Observation], names: Names, notes: list[str], decisive: str, counted: bool) -> str:
    relevant = [seen for seen in observations if seen.differentiable]
    able = {names.of(path) for seen in relevant for path in seen.differentiable}
    targets = {target_name(item.target, names) for seen in relevant for item in seen.saved if item.needed}
    parts: list[str] = []
    for target in _ordered(targets, names):
        items = [[item for item in seen.saved if target_name(item.target, names) == target] for seen in relevant]
        hits = [any(item.needed for item in found) for found in items]
        wanted = {
            names.of(path)
            for found in items
            for item in found
            if item.needed and len(item.wanted) == 1
            for path in item.wanted
        }
        suffix = _split_by_flag(relevant, hits, names)
        if decisive and not suffix:
            suffix = _split_by_presence(relevant, hits, decisive, names)
        effects = Counter(item.effect for found in items for item in found if item.needed)
        silent = effects["changes"] > effects["raises"]
        kept = f"{target} hidden" if silent and counted else target
        if wanted and wanted != able:
            parts.extend(f"{kept} if {name}{suffix}" for name in _ordered(wanted, names))
        else:
            parts.append(kept + _needs_array(relevant, hits, target, names) + suffix)
        if silent:
            notes.append(f"overwriting {target} raises nothing, the gradient is wrong")
    ignored = {target_name(item.target, names) for seen in relevant for item in seen.saved if not item.needed} - targets
    notes.extend(f"{target} is kept but never read" for target in _ordered(ignored, names))
    return ", ".join(parts)


def _needs_array(observations: Sequence[Observation], hits: Sequence[bool], target: str, names: Names) -> str:
    """Return `` array x`` if the target is saved exactly where the optional operand ``x`` is an array."""
    if all(hits):
        return ""
    for name in ("exponent", "other"):
        if name == target or name not in names.known:
            continue
        present = [_has(seen, name, names) for seen in observations]
        if present == list(hits):
            return f" array {name}"
    return ""


def _has(seen: Observation, name: str, names: Names) -> bool:
    return any(names.of(path) == name for path in seen.differentiable)
