"""Finds the model files, and answers what a library's function, method, class or attribute does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import msgspec

from statelint.models import cache, rows
from statelint.models.errors import ModelError
from statelint.models.record import ClassModel, FunctionModel
from statelint.models.rows import ModelFile

TYPE_CLASSES: Mapping[str, tuple[str, ...]] = {
    "tensor": ("torch.Tensor",),
    "ndarray": ("numpy.ndarray",),
    "jax": ("jax.Array",),
    "tf": ("tensorflow.Tensor",),
    "key": ("jax.Array",),
    "scalar": ("numpy.generic",),
    "generator": ("torch.Generator", "numpy.random.Generator", "random.Random"),
    "optimizer": ("torch.optim.Optimizer",),
    "module": ("torch.nn.Module",),
    "dtype": ("torch.dtype", "numpy.dtype"),
    **{
        word: (f"builtins.{word}",) for word in ["list", "dict", "set", "tuple", "str", "bytes", "int", "float", "bool"]
    },
}
"""The classes in which the methods of a type's short word are looked up."""

_ROOT = re.compile(r'"([A-Za-z_]\w*)\.')
_Record = TypeVar("_Record", FunctionModel, ClassModel)


class _Library(msgspec.Struct):
    """All rows of one library; the records are decoded when they are asked for."""

    functions: dict[str, msgspec.Raw] = {}
    classes: dict[str, msgspec.Raw] = {}
    names: dict[str, str] = {}
    aliases: dict[str, str] = {}
    unmodelled: dict[str, str] = {}


def shipped_models() -> Path:
    """Return the folder of our own models: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "rules" / "models"
    return installed if installed.is_dir() else package.parent / "rules" / "models"


def load_models(extra: Sequence[Path] = ()) -> Models:
    """Return the models: ours, and over them those of ``extra``, files or folders, the later over the earlier."""
    return Models(_files(shipped_models()), [file for path in extra for file in _files(path)])


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = (Path(base) / name for base, _, names in os.walk(path) for name in names if name.endswith(".toml"))
        return sorted(found)
    return [path]


class Models:
    """What is known of libraries. Reads a library's rows when the first of its names is asked for."""

    def __init__(self, ours: Sequence[Path], theirs: Sequence[Path] = ()) -> None:
        self._sources = [*ours, *theirs]
        self._cache = cache.Cache(cache.fingerprint(self._sources, [Path(rows.__file__)]))
        self._parsed: dict[Path, ModelFile] = {}
        self._libraries: dict[str, _Library] = {}
        self._functions: dict[str, FunctionModel | None] = {}
        self._classes: dict[str, ClassModel | None] = {}
        self._methods: dict[tuple[str, str], FunctionModel | None] = {}
        self._roots = self._read_roots(theirs)

    def function(self, dotted: str) -> FunctionModel | None:
        """Return the model of a function, or of a method by its class's dotted name and its own."""
        if dotted not in self._functions:
            owner, _, name = dotted.rpartition(".")
            self._functions[dotted] = self._find(dotted, "functions", FunctionModel) or (
                self._inherited(owner, name) if owner and self.class_(owner) else None
            )
        return self._functions[dotted]

    def method(self, type_name: str, method: str) -> FunctionModel | None:
        """Return the model of a method of a type: a short word (``tensor``) or a class's dotted name."""
        key = (type_name, method)
        if key not in self._methods:
            owners = TYPE_CLASSES.get(type_name, (type_name,))
            found = (self._inherited(owner, method) for owner in owners)
            self._methods[key] = next((model for model in found if model), None)
        return self._methods[key]

    def class_(self, dotted: str) -> ClassModel | None:
        """Return the model of a class; what its row leaves out comes from its bases."""
        if dotted not in self._classes:
            self._classes[dotted] = None  # a class among its own bases
            model = self._find(dotted, "classes", ClassModel)
            self._classes[dotted] = self._complete(model) if model else None
        return self._classes[dotted]

    def attribute(self, type_name: str, name: str) -> str | None:
        """Return the type of an instance's attribute."""
        for owner in TYPE_CLASSES.get(type_name, (type_name,)):
            model = self.class_(owner)
            if model and name in model.attributes:
                return model.attributes[name]
        return None

    def is_subclass(self, dotted: str, base: str) -> bool:
        """Tell whether a class is ``base`` or, as far as the models know, derived from it."""
        wanted = self._canonical(base)
        return any(self._canonical(name) == wanted for name in self._ancestry(dotted))

    def ancestry(self, dotted: str) -> tuple[str, ...]:
        """A class and what it derives from as far as the models know, nearest first."""
        return tuple(self._ancestry(dotted))

    def knows(self, root: str) -> bool:
        """Tell whether there are models for the library whose import name is ``root``."""
        return root in self._roots

    def reason(self, dotted: str) -> str | None:
        """Return why a name has no model, where that is stated."""
        name = _qualified(dotted)
        reasons = self._library(_root(name)).unmodelled
        return reasons.get(name) or next((why for pattern, why in reasons.items() if fnmatchcase(name, pattern)), None)

    def names(self, root: str) -> Iterable[str]:
        """Return all names of a library that have a row."""
        library = self._library(root)
        return sorted({*library.functions, *library.classes, *library.names})

    def _complete(self, model: ClassModel) -> ClassModel:
        changes: dict[str, object] = {}
        for base in model.bases:
            parent = self.class_(base)
            if parent is None:
                continue
            for field in ("kind", "call", "init", "parameters", "buffers", "training_writes"):
                inherited = getattr(parent, field)
                if inherited and not getattr(model, field):
                    changes.setdefault(field, inherited)
            known = changes.get("attributes", model.attributes)
            if isinstance(known, dict):
                changes["attributes"] = {**parent.attributes, **known}
        return msgspec.structs.replace(model, **changes)

    def _ancestry(self, dotted: str) -> list[str]:
        seen, queue = [], [dotted]
        while queue:
            name = queue.pop(0)
            if name not in seen:
                seen.append(name)
                model = self.class_(name)
                queue.extend(model.bases if model else ())
        return seen

    def _inherited(self, owner: str, method: str) -> FunctionModel | None:
        for name in self._ancestry(owner):
            for place in dict.fromkeys((name, self._canonical(name))):
                if model := self._find(f"{place}.{method}", "functions", FunctionModel):
                    return model
        return None

    def _canonical(self, dotted: str) -> str:
        model = self.class_(dotted)
        return model.name if model else dotted

    def _find(self, dotted: str, table: str, record: type[_Record]) -> _Record | None:
        name = _qualified(dotted)
        library = self._library(_root(name))
        for candidate in _places(name, library.aliases):
            raw = self._raw(candidate, table)
            if raw is not None:
                return msgspec.msgpack.decode(raw, type=record)
        return None

    def _raw(self, name: str, table: str) -> msgspec.Raw | None:
        library = self._library(_root(name))
        own: dict[str, msgspec.Raw] = getattr(library, table)
        if name in own:
            return own[name]
        if name in library.names:
            canonical = library.names[name]
            held: dict[str, msgspec.Raw] = getattr(self._library(_root(canonical)), table)
            return held.get(canonical)
        return None

    def _library(self, root: str) -> _Library:
        if root not in self._libraries:
            self._libraries[root] = self._read_library(root) if root in self._roots else _Library()
        return self._libraries[root]

    def _read_roots(self, theirs: Sequence[Path]) -> dict[str, list[int]]:
        """Return which sources may speak of which library; a user's file is read whole, for its mistakes."""
        if (kept := self._cache.read("roots")) is not None:
            try:
                return msgspec.msgpack.decode(kept, type=dict[str, list[int]])
            except msgspec.MsgspecError:
                pass
        for path in theirs:
            self._parse(path)
        found: dict[str, list[int]] = {}
        for index, path in enumerate(self._sources):
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ModelError(f"{path}: cannot be read: {error}") from error
            for root in sorted(set(_ROOT.findall(text))):
                found.setdefault(root, []).append(index)
        self._cache.write("roots", found)
        self._cache.prune()
        return found

    def _read_library(self, root: str) -> _Library:
        if (kept := self._cache.read(root)) is not None:
            try:
                return msgspec.msgpack.decode(kept, type=_Library)
            except msgspec.MsgspecError:
                pass
        merged = ModelFile({}, {}, {}, {}, {})
        for index in self._roots[root]:
            file = self._parse(self._sources[index])
            for name in (*file.functions, *file.classes):
                merged.names.pop(name, None)
            for into, table in zip(_tables(merged), _tables(file), strict=True):
                into.update((name, value) for name, value in table.items() if _root(name) == root)
        return msgspec.msgpack.decode(self._cache.write(root, merged), type=_Library)

    def _parse(self, path: Path) -> ModelFile:
        if path not in self._parsed:
            self._parsed[path] = rows.read_file(path)
        return self._parsed[path]


def _tables(file: ModelFile) -> tuple[dict[str, object], ...]:
    return tuple(getattr(file, field) for field in ModelFile.__struct_fields__)


def _qualified(dotted: str) -> str:
    return dotted if "." in dotted else f"builtins.{dotted}"


def _root(dotted: str) -> str:
    return dotted.partition(".")[0] if "." in dotted else "builtins"


def _places(dotted: str, aliases: Mapping[str, str]) -> Iterable[str]:
    """Yield ``dotted`` and, where an alias says that its module is public elsewhere, its public name."""
    yield dotted
    for internal, public in aliases.items():
        head, star, _ = internal.partition(".*")
        if dotted.startswith(f"{head}."):
            rest = dotted[len(head) + 1 :]
            if star:
                rest = rest.partition(".")[2]
            if rest:
                yield f"{public}.{rest}" if public else rest
